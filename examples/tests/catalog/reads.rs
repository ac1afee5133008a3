//! What is cached, under which keys, and what is not.

use crate::database::{Database, on_each};
use crate::node::Node;
use serde_json::json;
use std::ops::RangeInclusive;
use std::time::{SystemTime, UNIX_EPOCH};
use testkit::RedisServer;
use testkit::redis::Value;

/// Two connections with three tables.
pub(crate) const FILL: [&str; 5] = [
    "add-connection shop postgres",
    "add-connection stock mysql",
    "add-table 1 public users",
    "add-table 1 public orders",
    "add-table 2 public users",
];

/// Every cached read, and those of what is not there.
pub(crate) const HOT: [&str; 16] = [
    "connections",
    "connection 1",
    "connection 2",
    "connection 3",
    "connection-named shop",
    "connection-named stock",
    "connection-named new",
    "tables",
    "tables 1",
    "tables 2",
    "tables 3",
    "table 1 public users",
    "table 1 public orders",
    "table 1 public new",
    "table 2 public users",
    "table-names 1 public",
];

/// What nobody caches.
const RARE: [&str; 9] = [
    "connections-of-kind mysql",
    "schemas 1",
    "table-by-id 1",
    "table-by-id 99",
    "search-tables user",
    "tables-to-sync 1",
    "largest-tables 5",
    "notes 1",
    "notes 99",
];

pub(crate) fn fill(node: &mut Node) {
    for write in FILL {
        node.ask(write);
    }
}

#[test]
fn each_hot_read_is_loaded_once_for_all_nodes() {
    on_each(|database| {
        let redis = RedisServer::start();
        let mut one = Node::start("one", database, &redis, &[]);
        let mut other = Node::start("other", database, &redis, &[]);
        let mut oracle = Node::without_cache(database);
        fill(&mut one);
        redis.flush();
        for read in HOT {
            let truth = oracle.ask(read).value;
            one.ask(read).is("miss", truth.clone());
            other.ask(read).is("hit", truth);
        }
        let expected = json!({"id": 1, "connection": 1, "schema": "public", "name": "users", "rows": null, "synced_at": null});
        other.ask("table 1 public users").is("hit", expected);
        other.ask("connection 3").is("hit", json!(null));
    });
}

#[test]
fn everything_else_passes_the_cache_by() {
    on_each(|database| {
        let redis = RedisServer::start();
        let mut node = Node::start("one", database, &redis, &[]);
        fill(&mut node);
        node.ask("add-note 1 not now").is("done", json!({"id": 1, "table": 1, "text": "not now"}));
        node.ask("update-table-sync 1 10");
        redis.flush();
        for read in RARE {
            assert_eq!(node.ask(read).from, "uncached", "{read}");
        }
        node.ask("count").is("done", json!([2, 3]));
        node.ask("delete-note 1").is("done", true);
        node.ask("notes 1").is("uncached", json!([]));
        assert_eq!(redis.keys("*"), [""; 0]);
    });
}

#[test]
fn what_is_rarely_asked_for_is_answered_all_the_same() {
    on_each(|database| {
        let mut node = Node::without_cache(database);
        fill(&mut node);
        node.ask("update-table-sync 3 10");
        let names = |node: &mut Node, read: &str| {
            let tables = node.ask(read).value;
            let tables = tables.as_array().expect("it is a list").iter();
            tables.map(|table| table["id"].as_i64().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(names(&mut node, "search-tables user"), [1, 3]);
        assert_eq!(names(&mut node, "search-tables %"), [0; 0]);
        assert_eq!(names(&mut node, "tables-to-sync 1"), [1, 2]);
        assert_eq!(names(&mut node, "largest-tables 5"), [3]);
        assert_eq!(names(&mut node, "connections-of-kind mysql"), [2]);
        node.ask("schemas 1").is("uncached", json!(["public"]));
    });
}

/// Names that would be the same, or each other's pattern, if any of their characters meant something in a key.
#[test]
fn names_with_any_character_have_entries_of_their_own() {
    let connections = ["a:b", "a", "*", "a*", "%", "a%3Ab", "~", "[a]", "?"];
    let tables = [("a:b", "c"), ("a", "b:c"), ("a", "*"), ("*", "b:c"), ("a", "b%3Ac"), ("a", "b")];
    on_each(|database| {
        let redis = RedisServer::start();
        let mut node = Node::start("one", database, &redis, &[]);
        for name in connections {
            node.ask(&format!("add-connection {name} kind"));
        }
        for (schema, name) in tables {
            node.ask(&format!("add-table 2 {schema} {name}"));
        }
        redis.flush();
        for from in ["miss", "hit"] {
            for name in connections {
                let connection = node.ask(&format!("connection-named {name}"));
                assert_eq!(
                    (&*connection.from, connection.value["name"].as_str()),
                    (from, Some(name))
                );
            }
            for (schema, name) in tables {
                let table = node.ask(&format!("table 2 {schema} {name}"));
                let found = (table.value["schema"].as_str(), table.value["name"].as_str());
                assert_eq!((&*table.from, found), (from, (Some(schema), Some(name))));
            }
        }
        // A write to one of them is no pattern for the others, whether it deletes by its name or by what it has found that to be.
        for (written, (schema, name)) in (1..).zip(tables) {
            node.ask(&format!("update-table-sync {written} {written}"));
            for (other, (schema, name)) in (1..).zip(tables) {
                let from = if other == written { "miss" } else { "hit" };
                let read = format!("table 2 {schema} {name}");
                assert_eq!(node.ask(&read).from, from, "{read} after table {written} was synced");
            }
            assert_eq!(node.ask(&format!("table 2 {schema} {name}")).value["rows"], written);
        }
        node.ask("clear-table 2 a *").is("done", true);
        node.ask("clear-table 2 * b:c").is("done", true);
        node.ask("table 2 a *").is("hit", json!(null));
        for (schema, name) in [("a:b", "c"), ("a", "b:c"), ("a", "b%3Ac"), ("a", "b")] {
            assert_eq!(
                node.ask(&format!("table 2 {schema} {name}")).from,
                "hit",
                "{schema} {name}"
            );
        }
    });
}

#[test]
fn two_catalogs_behind_one_redis_share_nothing() {
    let redis = RedisServer::start();
    let (first, second) = (Database::sqlite(), Database::sqlite());
    for (database, name) in [(&first, "shop"), (&second, "stock")] {
        let mut node = Node::start("one", database, &redis, &[]);
        node.ask(&format!("add-connection {name} postgres"));
        assert_eq!(node.ask("connection 1").value["name"], name);
        assert_eq!(node.ask("connection 1").from, "hit");
    }
}

fn milliseconds() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_millis()
}

fn milliseconds_left(redis: &RedisServer, key: &str) -> i64 {
    match redis.command(&["PTTL", key]) {
        Value::Int(left) => left,
        other => panic!("PTTL answered {other:?}"),
    }
}

/// What is left of half an hour, in a test that may have taken a minute.
const HALF_AN_HOUR: RangeInclusive<i64> = 1_740_000..=1_800_000;

#[test]
fn an_entry_says_when_it_was_cached_and_lives_for_half_an_hour() {
    let (database, redis) = (Database::sqlite(), RedisServer::start());
    let mut node = Node::start("one", &database, &redis, &[]);
    fill(&mut node);
    redis.flush();
    let before = milliseconds();
    node.ask("table 1 public users");
    let after = milliseconds();
    let [key] = &*redis.keys("rdb:*:table:1:public:users:*") else {
        panic!("one entry: {:?}", redis.keys("*"));
    };
    assert!(HALF_AN_HOUR.contains(&milliseconds_left(&redis, key)));
    let entry = String::from_utf8(redis.get_raw(key).expect("it was listed")).unwrap();
    let cached = entry.split(' ').nth(2).and_then(|field| field.parse().ok());
    assert!(cached.is_some_and(|cached| (before..=after).contains(&cached)), "{entry}");

    let listed = node.ask("entries").value;
    let age = listed[0]["age"].as_u64().map(u128::from);
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    assert!(age.is_some_and(|age| age <= milliseconds() - before + 1), "{listed}");
    assert_eq!(listed[0]["key"].as_str().map(|listed| format!("rdb:{listed}")).as_ref(), Some(key));
}
