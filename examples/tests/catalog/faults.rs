//! What happens to the cache is nobody's error: entries that are broken, and a Redis that is gone, starts anew or stands still.

use crate::SOON;
use crate::database::{Database, on_each};
use crate::node::Node;
use crate::reads::{HOT, fill};
use testkit::{RedisServer, eventually_blocking};

const READ: &str = "table 1 public users";
const KEY: &str = "rdb:*:table:1:public:users:*";

fn key(redis: &RedisServer) -> String {
    redis.keys(KEY).pop().expect("it is stored")
}

/// Puts something else in the place of an entry.
fn break_entry(redis: &RedisServer, how: usize) {
    let key = key(redis);
    let entry = redis.get_raw(&key).expect("it was listed");
    match how {
        0 => redis.set_raw(&key, b"not an entry"),
        1 => redis.set_raw(&key, &entry[..entry.len() - 3]),
        2 => redis.set_raw(&key, &entry.iter().rev().copied().collect::<Vec<_>>()),
        _ => {
            redis.command(&["DEL", &key]);
            redis.command(&["RPUSH", &key, "a list"]);
        }
    }
}

#[test]
fn a_corrupted_entry_is_a_logged_miss_and_is_replaced() {
    on_each(|database| {
        let redis = RedisServer::start();
        let mut node = Node::start("node", database, &redis, &["--log", "debug"]);
        fill(&mut node);
        let truth = node.ask(READ).value;
        for how in 0..4 {
            break_entry(&redis, how);
            node.ask(READ).is("miss", truth.clone());
            node.ask(READ).is("hit", truth.clone());
            assert_eq!(node.ask("stats").value["corrupt"], how + 1);
        }
        node.says("broken entry");
    });
}

#[test]
fn while_redis_is_gone_the_database_answers_and_writes_are_done() {
    on_each(|database| {
        let redis = RedisServer::start();
        let mut node = Node::start("node", database, &redis, &[]);
        let mut oracle = Node::without_cache(database);
        fill(&mut node);
        for read in HOT {
            node.ask(read);
        }
        redis.kill();
        for (round, read) in HOT.into_iter().enumerate() {
            node.ask(&format!("update-table-sync 1 {round}"));
            node.ask(read).is_from_the_database(&oracle.ask(read).value);
        }
        assert_ne!(node.ask("stats").value["errors"], 0);
        redis.restart();
        let is_back = || node.ask(READ).from == "hit";
        eventually_blocking(SOON, is_back, "the cache is used again");
        node.ask(READ).is("hit", oracle.ask(READ).value);
    });
}

/// It keeps what it had, and hears of the write when it goes on.
#[test]
fn a_redis_that_stood_still_has_no_old_entries_for_long() {
    let (database, redis) = (Database::sqlite(), RedisServer::start());
    let mut node = Node::start("node", &database, &redis, &["--budget", "100"]);
    fill(&mut node);
    node.ask(READ);
    redis.freeze();
    node.ask("update-table-sync 1 500");
    assert_eq!(node.ask(READ).value["rows"], 500);
    redis.thaw();
    let is_back = |node: &mut Node| {
        let answer = node.ask(READ);
        assert_eq!(answer.value["rows"], 500);
        answer.from == "hit"
    };
    eventually_blocking(SOON, || is_back(&mut node), "the cache is used again");
    let mut other = Node::start("other", &database, &redis, &[]);
    assert_eq!(other.ask(READ).value["rows"], 500);
}

#[test]
fn without_a_redis_a_node_says_so_and_works() {
    let database = Database::sqlite();
    let away = format!("redis://127.0.0.1:{}", testkit::free_port());
    let options = ["--warmup-interval", "1m"];
    let mut node = Node::on("node", &database.url("node"), &away, &options);
    node.says("Redis is away; functions run without the cache");
    let mut oracle = Node::without_cache(&database);
    fill(&mut node);
    for read in HOT.iter().chain(&HOT) {
        node.ask(read).is_from_the_database(&oracle.ask(read).value);
    }
    node.says("no warm-up: the store failed");
}
