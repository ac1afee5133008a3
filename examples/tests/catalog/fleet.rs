//! Nodes that warm the cache up: one at a time, whatever happens to it.

use crate::SOON;
use crate::database::{Database, Gate, on_each};
use crate::node::Node;
use crate::reads::fill;
use std::ops::RangeInclusive;
use testkit::redis::Value;
use testkit::{RedisServer, eventually_blocking};

/// What a warm-up loads, of the catalog that [`fill`] makes.
const WARMED: [&str; 13] = [
    "connections",
    "connection 1",
    "connection 2",
    "connection-named shop",
    "connection-named stock",
    "tables",
    "tables 1",
    "tables 2",
    "table 1 public users",
    "table 1 public orders",
    "table 2 public users",
    "table-names 1 public",
    "table-names 2 public",
];

/// Once, as far as a test can see.
const RARELY: [&str; 4] = ["--warmup-interval", "10m", "--log", "debug"];

/// What a node says each time when another one is warming up, or has just done so.
const ELSEWHERE: &str = "Elsewhere";

const LOST: &str = "the warm-up has lost its lock";

/// A catalog in which there is something to load, and nothing is cached.
fn prepare(database: &Database, redis: &RedisServer) {
    fill(&mut Node::start("filler", database, redis, &[]));
    redis.flush();
}

fn lock(redis: &RedisServer) -> Option<String> {
    redis.keys("rdb:warmup:*:~lock").pop()
}

#[track_caller]
fn is_released(redis: &RedisServer) {
    eventually_blocking(SOON, || lock(redis).is_none(), "the lock is released");
}

#[test]
fn a_node_warms_up_in_three_phases_and_the_others_find_everything_loaded() {
    on_each(|database| {
        let redis = RedisServer::start();
        prepare(database, &redis);
        let first = Node::start("first", database, &redis, &RARELY);
        for phase in ["connections: 4", "all tables: 3", "tables of each connection: 4"] {
            first.says(&format!("first warms up, {phase} loaded, 0 failed"));
        }
        // At the end, long before its five minutes are over.
        is_released(&redis);
        let mut second = Node::start("second", database, &redis, &RARELY);
        second.says(ELSEWHERE);
        for read in WARMED {
            assert_eq!(second.ask(read).from, "hit", "{read}");
        }
        assert_eq!(second.ask("stats").value["loads"], 0);
        assert!(!second.messages_say("second warms up"));
    });
}

#[test]
fn without_the_option_nobody_warms_up() {
    let (database, redis) = (Database::sqlite(), RedisServer::start());
    prepare(&database, &redis);
    let mut node = Node::start("node", &database, &redis, &["--log", "debug"]);
    node.ask("count");
    assert_eq!((redis.keys("*"), node.messages_say("warm")), (vec![], false));
}

#[test]
fn a_node_loads_anew_at_its_interval() {
    on_each(|database| {
        let redis = RedisServer::start();
        let often = ["--warmup-interval", "1s"];
        prepare(database, &redis);
        let mut node = Node::start("node", database, &redis, &often);
        node.has_warmed_up();
        // Behind the cache's back: only who loads anew sees it.
        database.execute("UPDATE connections SET kind = 'oracle' WHERE id = 1");
        let is_new = || node.ask("connection-named shop").value["kind"] == "oracle";
        eventually_blocking(SOON, is_new, "it is loaded anew");
    });
}

#[test]
fn when_the_node_that_warms_up_is_killed_between_two_runs_another_one_takes_over() {
    on_each(|database| {
        let redis = RedisServer::start();
        let often = ["--warmup-interval", "1s", "--lock-ttl", "1s"];
        prepare(database, &redis);
        let mut first = Node::start("first", database, &redis, &often);
        first.has_warmed_up();
        first.kill();
        redis.flush();
        let mut second = Node::start("second", database, &redis, &often);
        second.has_warmed_up();
        assert_eq!(second.ask("tables").from, "hit");
    });
}

/// What is left of a lock of five minutes that is extended all the time.
const NEARLY_FIVE_MINUTES: RangeInclusive<i64> = 190_000..=300_000;

#[test]
fn the_lock_stands_for_five_minutes_without_an_option() {
    let (database, redis) = (Database::postgres(), RedisServer::start());
    prepare(&database, &redis);
    let mut gate = Gate::shut(&database);
    let _node = Node::start("held", &database, &redis, &RARELY);
    gate.is_waited_at();
    let lock = lock(&redis).expect("it is held while the node loads");
    let Value::Int(left) = redis.command(&["PTTL", &lock]) else { panic!("PTTL is a number") };
    assert!(NEARLY_FIVE_MINUTES.contains(&left), "{left} ms");
}

#[test]
fn when_the_node_that_warms_up_is_killed_on_the_way_another_one_takes_over() {
    let (database, redis) = (Database::postgres(), RedisServer::start());
    prepare(&database, &redis);
    let mut gate = Gate::shut(&database);
    let options = [&RARELY[..], &["--lock-ttl", "2s"]].concat();
    let mut first = Node::start("held", &database, &redis, &options);
    gate.is_waited_at();
    let mut second = Node::start("second", &database, &redis, &options);
    // It tries whenever a lock's time has passed, and this one is extended.
    let tries = || second.count_messages(ELSEWHERE) > 2;
    eventually_blocking(SOON, tries, "the second node has tried and tried again");
    assert!(!second.messages_say("second warms up"));
    first.kill();
    second.has_warmed_up();
    for read in WARMED {
        assert_eq!(second.ask(read).from, "hit", "{read}");
    }
}

/// All entries, byte by byte.
fn entries(redis: &RedisServer) -> Vec<(String, Option<Vec<u8>>)> {
    let keys = redis.keys("rdb:*").into_iter().filter(|key| !key.contains(":warmup:"));
    keys.map(|key| (key.clone(), redis.get_raw(&key))).collect()
}

/// A process that stands still notices nothing: not that its lock is gone, nor that another node has run, nor that what it holds in its
/// hands is old by now.
#[test]
fn a_node_that_stood_still_while_it_warmed_up_stores_nothing_from_before() {
    let (database, redis) = (Database::postgres(), RedisServer::start());
    prepare(&database, &redis);
    let mut gate = Gate::shut(&database);
    let options = [&RARELY[..], &["--lock-ttl", "2s"]].concat();
    let mut stopped = Node::start("held", &database, &redis, &options);
    gate.is_waited_at();
    stopped.freeze();
    // The database answers; the answer waits in the node's socket.
    gate.open();
    is_released(&redis);
    let mut other = Node::start("other", &database, &redis, &options);
    other.has_warmed_up();
    other.ask("update-table-sync 1 777");
    other.ask("tables 1");
    let before = entries(&redis);
    stopped.thaw();
    stopped.says(LOST);
    let tables = stopped.ask("tables");
    assert_eq!((&*tables.from, tables.value[1]["rows"].as_i64()), ("hit", Some(777)));
    assert_eq!(entries(&redis), before);
    assert!(!stopped.messages_say("held warms up, all tables"));
}
