//! The tour: what it prints, wherever the catalog and the cache are.

use crate::PROGRAM;
use crate::database::{Database, on_each};
use crate::node::Node;
use crate::program::{Run, run, start};
use serde_json::json;
use std::io::{BufRead, BufReader};
use testkit::RedisServer;

/// Enough of everything for a test.
const SMALL: [&str; 6] = ["--tables", "3", "--rounds", "3", "--reads", "10"];

/// After how many reads it prints a line at its end.
const LINE: u32 = 100;

/// How many reads are timed.
const READS: usize = 8;

const ODD_NAMES: &str = "
odd names
  *: 7 rows (miss)
  a:b: 8 rows (miss)
  50%: 9 rows (miss)
  [a-z]: 10 rows (miss)
  cleared: *
  *: no such table (hit)
  a:b: 8 rows (hit)
  50%: 9 rows (hit)
  [a-z]: 10 rows (hit)
";

const WRITES: &str = "
writes
  table_0: never synced (hit)
  synced: table 1, by its number
  table_0: 1000 rows (miss)
  new: no such table (miss)
  added: new
  new: never synced (hit)
  cleared: new
  new: no such table (hit)
";

const WARM_UP: &str = "
warm-up
  connections: 4 loaded, 0 failed
  all tables: 9 loaded, 0 failed
  tables of each connection: 4 loaded, 0 failed
  17 loads in ";

fn tour(database: &Database, store: &str, more: &[&str]) -> Run {
    let url = database.url("tour");
    let arguments = [&["--database", &url], &SMALL[..], more].concat();
    run(PROGRAM, &arguments, &[("CACHE_URL", store)])
}

#[test]
fn it_shows_what_the_cache_does_on_each_database_and_each_store() {
    on_each(|database| {
        let redis = RedisServer::start();
        for (store, name) in [(&*redis.url(), "redis"), ("memory:", "memory")] {
            let output = tour(database, store, &[]).succeeded();
            assert!(output.contains(&format!(", store: {name}\n")), "{output}");
            assert_eq!(output.matches("  3/3 same rows").count(), READS, "{output}");
            assert!(output.contains("  10 reads: 10 hits, same rows, "), "{output}");
            assert!(output.contains(WARM_UP) && output.contains(", cached "), "{output}");
            assert!(!output.contains("DIFFERENT"), "{output}");
            if name == "redis" {
                // The first one on this database, so that the numbers are known.
                assert!(output.contains(ODD_NAMES) && output.contains(WRITES), "{output}");
            }
        }
        Node::without_cache(database).ask("count").is("done", json!([0, 0]));
    });
}

#[test]
fn it_needs_neither_a_database_nor_a_store() {
    for variables in [&[][..], &[("CACHE_URL", "")]] {
        let output = run(PROGRAM, &SMALL, variables).succeeded();
        assert!(output.contains(" in SQLite, store: memory\n"), "{output}");
        assert!(output.contains(ODD_NAMES) && output.contains(WRITES), "{output}");
    }
}

#[test]
fn without_a_cache_it_takes_the_same_way() {
    let away = format!("redis://127.0.0.1:{}", testkit::free_port());
    for store in ["off", &away] {
        let ended = tour(&Database::sqlite(), store, &[]);
        let warns = ended.stderr.contains("Redis is away; functions run without the cache");
        assert_eq!(warns, store == away, "{}", ended.stderr);
        let output = &ended.stdout;
        assert_eq!(output.contains("every read goes to the database"), store == away, "{output}");
        assert_eq!(output.matches("  0/3 same rows").count(), READS, "{output}");
        assert!(output.contains("  10 reads: 0 hits, same rows, "), "{output}");
        assert!(output.contains("table_0: 1000 rows") && !output.contains("(hit)"), "{output}");
        assert!(output.contains("\n0 hits, "), "it has come to its end: {output}");
    }
}

/// A line of the last part: how many reads there were, and how many hits.
fn counts(line: &str) -> Option<(u32, u32)> {
    let (reads, rest) = line.trim().split_once(" reads: ")?;
    assert!(rest.contains(" hits, same rows, "), "{line}");
    Some((reads.parse().ok()?, rest.split(' ').next()?.parse().ok()?))
}

#[test]
fn redis_may_be_restarted_in_the_middle() {
    on_each(|database| {
        let redis = RedisServer::start();
        // More reads than it will come to: the test ends it.
        let arguments =
            ["--database", &database.url("tour"), "--tables", "3", "--reads", "1000000"];
        let mut program = start(PROGRAM, &arguments, &[("CACHE_URL", &redis.url())]);
        let output = BufReader::new(program.stdout.take().expect("it is piped"));
        let mut lines = output.lines().map(|line| line.expect("it is UTF-8"));
        let mut counted = lines.by_ref().filter_map(|line| counts(&line));
        assert_eq!(counted.next(), Some((LINE, LINE)));
        redis.restart();
        let (reads, hits) = counted.by_ref().find(|(reads, hits)| reads > hits).unwrap();
        let again =
            counted.by_ref().find(|(now, of_them)| now - reads >= LINE && of_them - hits >= LINE);
        assert!(again.is_some(), "the entries of before are gone, and there are new ones");
        program.kill().expect("it runs");
        program.wait().expect("it was started");
    });
}
