//! The SQL result cache on real parts: what it prints, and what is then in the store.

mod program;

use program::{Run, run, start};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::ops::RangeInclusive;
use std::path::Path;
use testkit::RedisServer;
use testkit::redis::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_sql_cache");

/// Enough rows for every query to find some, few enough for a test.
const SMALL: [&str; 4] = ["--rows", "400", "--rounds", "3"];

/// How many reads the table of times shows.
const READS: usize = 11;

fn small(store: &str, more: &[&str]) -> Run {
    // No test here is about time: a machine that is busy must not make a call pass the cache by.
    run(PROGRAM, &[&SMALL, more].concat(), &[("CACHE_URL", store), ("CACHE_BUDGET_MS", "20000")])
}

/// The number in `  5 deleted: what`.
#[track_caller]
fn deleted(output: &str, what: &str) -> u64 {
    let end = format!(" deleted: {what}");
    let line = output.lines().find_map(|line| line.strip_suffix(&end));
    let line = line.unwrap_or_else(|| panic!("no line `{end}` in\n{output}"));
    line.trim().parse().expect("a number is in front")
}

/// The keys listed before or after the last write.
#[track_caller]
fn listed(output: &str, when: &str) -> Vec<String> {
    let heading = format!(" keys {when}");
    let mut lines = output.lines().skip_while(|line| !line.ends_with(&heading));
    let count = lines.next().and_then(|line| line.split(' ').next()?.parse().ok());
    let keys = lines.map_while(|line| line.strip_prefix("  sql:"));
    let keys: Vec<_> = keys.map(|line| ["sql:", line].concat()).collect();
    assert_eq!(count, Some(keys.len()), "{output}");
    keys.iter().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

fn belongs_to(key: &str, table: &str) -> bool {
    let parts: Vec<_> = key.split(':').collect();
    parts[1] == table || parts[2] == table
}

/// Runs `check` with the output of a run on each store.
fn on_both_stores(more: &[&str], check: impl Fn(&str)) {
    let server = RedisServer::start();
    for store in ["memory:", &server.url()] {
        check(&small(store, more).succeeded());
    }
}

#[test]
fn the_second_read_is_a_hit_and_has_the_same_rows() {
    on_both_stores(&[], |output| {
        assert_eq!(output.matches("  3/3 same rows").count(), READS, "{output}");
        assert!(output.contains("by function") && !output.contains("DIFFERENT"), "{output}");
        assert!(output.contains("columns in another order: 1 hit"), "{output}");
    });
}

#[test]
fn without_a_cache_there_are_no_hits_and_the_same_rows() {
    let output = small("off", &[]).succeeded();
    assert_eq!(output.matches("  0/3 same rows").count(), READS, "{output}");
    assert!(output.contains("hit rate: 0.0 %"), "{output}");
}

#[test]
fn errors_are_not_stored() {
    on_both_stores(&[], |output| {
        assert!(output.contains("  errors: 2 loads, 0 stored"), "{output}");
    });
}

#[test]
fn a_write_deletes_its_tables_keys_and_no_others() {
    for table in ["users", "orders"] {
        on_both_stores(&["--table", table], |output| {
            let before = listed(output, "before the update");
            let kept = |key: &&String| !belongs_to(key, table);
            let kept: Vec<_> = before.iter().filter(kept).cloned().collect();
            assert_eq!(listed(output, "after the update"), kept);
            let gone = before.len() - kept.len();
            assert!(gone > 0 && !kept.is_empty(), "{output}");
            assert_eq!(deleted(output, &format!("update of {table}")), gone as u64);
        });
    }
}

#[test]
fn a_failed_write_deletes_nothing() {
    on_both_stores(&[], |output| {
        let failure = "failed update (NOT NULL constraint failed: users.name)";
        assert_eq!(deleted(output, failure), 0);
        // All reads, and two more of the first rows.
        assert_eq!(listed(output, "before the update").len(), READS + 2);
    });
}

#[test]
fn invalidation_by_hand_says_how_many_keys_went() {
    on_both_stores(&[], |output| {
        assert_eq!(deleted(output, "everything under sql:*, before the start"), 0);
        assert_eq!(deleted(output, "sql:users:count:*"), 1);
        assert_eq!(deleted(output, "data of users"), 2);
        // Schema, metadata, the join with orders, two names.
        assert_eq!(deleted(output, "all of users"), 5);
        assert_eq!(deleted(output, "everything under sql:*"), READS as u64);
        assert_eq!(deleted(output, "rename user 1"), 7);
    });
}

#[test]
fn plain_values_are_set_read_listed_and_removed() {
    let expected = "plain values
  get visits:1: 41
  ttl visits:1: 30 s
  contains visits:1: true
  remove visits:1: true
  contains visits:1: false
  get_many: 2, none, 3
  ttl visits:2: none
  2 deleted: visits:*
";
    on_both_stores(&[], |output| assert!(output.contains(expected), "{output}"));
}

/// The TTL that a key of this category has when it is new, in seconds.
fn expected_ttl(category: &str, key: &str) -> i64 {
    match category {
        "schema" => 3600,
        "metadata" => 7200,
        "count" => 60,
        "name" if key.contains(":name:0:") => 30,
        "name" | "data" => 300,
        other => panic!("unknown category {other}"),
    }
}

fn milliseconds_left(server: &RedisServer, key: &str) -> i64 {
    match server.command(&["PTTL", key]) {
        Value::Int(left) => left,
        other => panic!("PTTL answered {other:?}"),
    }
}

/// What is left of a TTL after a run that may have taken half a minute.
fn bounds(seconds: i64) -> RangeInclusive<i64> {
    (seconds - 29) * 1000..=seconds * 1000
}

#[test]
fn each_category_lives_as_long_as_it_should() {
    let server = RedisServer::start();
    small(&server.url(), &["--table", "orders"]).succeeded();
    let keys = server.keys("*");
    assert_eq!(keys.len(), 7, "{keys:?}");
    let mut endless = 0;
    for key in keys {
        let category = key.split(':').nth(3).expect("cache:sql:users:<category>");
        let left = milliseconds_left(&server, &key);
        if category == "data" && left == -1 {
            endless += 1;
        } else {
            assert!(bounds(expected_ttl(category, &key)).contains(&left), "{key}: {left} ms");
        }
    }
    assert_eq!(endless, 1, "one entry was asked to stay");
}

#[test]
fn a_call_can_choose_its_own_ttl() {
    let server = RedisServer::start();
    small(&server.url(), &["--table", "users"]).succeeded();
    let data = server.keys("cache:sql:orders:data:*");
    let mut left: Vec<_> = data.iter().map(|key| milliseconds_left(&server, key)).collect();
    left.sort_unstable();
    assert!(bounds(300).contains(&left[0]) && bounds(900).contains(&left[1]), "{left:?}");
}

#[test]
fn only_keys_under_the_prefix_are_touched() {
    let server = RedisServer::start();
    let others =
        ["cache:sql:users:data:1", "shop2:sql:users:data:1", "shop:session:1", "sql:users:data:1"];
    for key in others {
        server.set_raw(key, b"another program's");
    }
    server.set_raw("shop:sql:users:data:1", b"left by an earlier run");
    let variables = [("CACHE_URL", &*server.url()), ("CACHE_PREFIX", "shop")];
    let output = run(PROGRAM, &SMALL, &variables).succeeded();
    assert_eq!(deleted(&output, "everything under sql:*, before the start"), 1);
    for key in others {
        assert_eq!(server.get_raw(key).as_deref(), Some(&b"another program's"[..]), "{key}");
    }
    let listed = listed(&output, "after the update");
    let mut expected: Vec<_> = listed.iter().map(|key| format!("shop:{key}")).collect();
    expected.extend(others.map(str::to_owned));
    expected.sort_unstable();
    assert_eq!(server.keys("*"), expected);
}

#[test]
fn with_redis_away_it_says_so_and_works() {
    let url = format!("redis://127.0.0.1:{}", testkit::free_port());
    let output = small(&url, &[]).succeeded();
    assert!(output.contains("the store is away"), "{output}");
    assert_eq!(output.matches("  0/3 same rows").count(), READS, "{output}");
    assert!(output.contains("health: away"), "{output}");
}

#[test]
fn redis_killed_in_the_middle_does_not_fail_the_run() {
    let server = RedisServer::start();
    let arguments = ["--rows", "400", "--rounds", "300"];
    let mut program = start(PROGRAM, &arguments, &[("CACHE_URL", &server.url())]);
    let mut output = BufReader::new(program.stdout.take().expect("it is piped"));
    let mut text = String::new();
    while !text.contains("users rows") {
        assert_ne!(output.read_line(&mut text).expect("it is UTF-8"), 0, "{text}");
    }
    assert!(text.contains("  300/300 same rows"), "{text}");
    server.kill();
    output.read_to_string(&mut text).expect("it is UTF-8");
    assert!(program.wait().expect("it ends").success(), "{text}");
    assert_eq!(text.matches(" same rows").count(), READS, "{text}");
    assert!(text.contains("  0/300 same rows") && text.contains("health: away"), "{text}");
}

#[test]
fn bad_input_is_one_line_and_exit_code_2() {
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let text = folder.path().join("notes.txt");
    fs::write(&text, "not a database, and longer than the header of one ".repeat(4)).unwrap();
    let text = text.to_str().expect("it is UTF-8");
    for (arguments, expected) in [
        (["--rows", "-5"], "-5 is not in 2..=10000000"),
        (["--rows", "0"], "0 is not in 2..=10000000"),
        (["--rows", "many"], "'many'"),
        (["--rounds", "0"], "0 is not in"),
        (["--row", "5"], "unexpected argument '--row'"),
        (["--table", "nope"], "there is no table `nope`; there is `orders`, `users`"),
        (["--table", "Users"], "there is no table `Users`"),
        (["--table", "sqlite_schema"], "there is no table `sqlite_schema`"),
        (["--table", "a\nb"], "there is no table `a\\nb`"),
        (["--database", "/no/such/folder/shop.db"], "there is no folder /no/such/folder"),
        (["--database", "/"], "--database /: "),
        (["--database", text], "file is not a database"),
    ] {
        run(PROGRAM, &arguments, &[]).is_refused("sql_cache: ", expected);
    }
    assert!(fs::read_to_string(text).unwrap().starts_with("not a database"));
}

#[test]
fn a_bad_url_is_refused_without_its_password() {
    let refused = small("redis://:hunter2@localhost:port", &[]);
    refused.is_refused("sql_cache: ", "CACHE_URL");
    assert!(!refused.stderr.contains("hunter2"), "{}", refused.stderr);
}

#[test]
fn names_cannot_carry_sql() {
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let path = folder.path().join("shop.db");
    let database = ["--database", path.to_str().expect("it is UTF-8")];
    small("memory:", &database).succeeded();
    let evil = "users\" SET name = 'x'; DROP TABLE orders; --";
    let arguments = [&database[..], &["--table", evil]].concat();
    small("memory:", &arguments).is_refused("sql_cache: ", "there is no table");
    small("memory:", &database).succeeded();
}

#[test]
fn a_database_is_kept_as_it_is() {
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let path = folder.path().join("shop.db");
    let database = ["--database", path.to_str().expect("it is UTF-8")];
    let first = small("memory:", &database).succeeded();
    assert!(first.starts_with("database: 400 rows in "), "{first}");
    let more = [&database[..], &["--rows", "900"]].concat();
    let second = run(PROGRAM, &more, &[]).succeeded();
    assert!(second.starts_with("database: 400 rows in "), "{second}");
}

#[tokio::test]
async fn another_programs_database_is_left_alone() {
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let path = folder.path().join("theirs.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    sqlx::query("CREATE TABLE users (id)").execute(&pool).await.unwrap();
    pool.close().await;
    refuse_database(&path);
}

fn refuse_database(path: &Path) {
    let before = fs::read(path).unwrap();
    let arguments = ["--database", path.to_str().expect("it is UTF-8")];
    run(PROGRAM, &arguments, &[]).is_refused("sql_cache: ", "belongs to another program");
    assert!(fs::read(path).unwrap() == before, "the file was written to");
}

#[test]
fn help_names_the_options_and_the_variables() {
    let help = run(PROGRAM, &["--help"], &[]).succeeded();
    for word in ["--rows", "--database", "--rounds", "--table", "CACHE_URL", "CACHE_PREFIX"] {
        assert!(help.contains(word), "{word} is not in\n{help}");
    }
}
