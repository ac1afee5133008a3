//! What each write makes stale is gone when it has returned, or stored anew, for all nodes; nothing else is.

use crate::database::{Database, Gate, on_each};
use crate::node::Node;
use crate::reads::{HOT, fill};
use serde_json::json;
use testkit::RedisServer;

/// A write, and those of the hot reads that have to be loaded after it. All others are hits: they are not concerned, or were stored anew
/// by the write.
const WRITES: [(&str, &[&str]); 6] = [
    ("add-connection new sqlite", &["connection 3"]),
    ("add-table 1 public new", &[]),
    ("update-table-sync 1 500", &["tables 1", "table 1 public users"]),
    ("clear-table 1 public orders", &[]),
    ("clear-connection 2", &["table 2 public users"]),
    (
        "delete-connection 1",
        &[
            "connection 1",
            "connection-named shop",
            "connection-named stock",
            "connection-named new",
            "tables 1",
            "table 1 public users",
            "table 1 public orders",
            "table 1 public new",
            "table-names 1 public",
        ],
    ),
];

fn warm(node: &mut Node) {
    for read in HOT {
        node.ask(read);
        assert_eq!(node.ask(read).from, "hit", "{read}");
    }
}

#[test]
fn after_each_write_every_read_of_another_node_is_true_and_no_more_is_loaded_than_must_be() {
    on_each(|database| {
        let redis = RedisServer::start();
        let mut writer = Node::start("writer", database, &redis, &[]);
        let mut reader = Node::start("reader", database, &redis, &[]);
        let mut oracle = Node::without_cache(database);
        fill(&mut writer);
        for (write, loaded) in WRITES {
            warm(&mut reader);
            let before = HOT.map(|read| oracle.ask(read).value);
            writer.ask(write);
            let after = HOT.map(|read| oracle.ask(read).value);
            assert_ne!(before, after, "{write} changes something");
            for (read, truth) in HOT.into_iter().zip(after) {
                let from = if loaded.contains(&read) { "miss" } else { "hit" };
                let answer = reader.ask(read);
                assert_eq!((&*answer.from, answer.value), (from, truth), "{read} after {write}");
            }
        }
    });
}

#[test]
fn a_write_that_fails_deletes_nothing() {
    on_each(|database| {
        let redis = RedisServer::start();
        let mut node = Node::start("one", database, &redis, &[]);
        fill(&mut node);
        warm(&mut node);
        for (write, expected) in [
            ("add-connection shop postgres", "`shop` is there already"),
            ("add-table 1 public users", "`users` is there already"),
            ("add-table 9 public users", "there is no connection 9"),
            ("update-table-sync 9 500", "there is no table 9"),
        ] {
            assert_eq!(node.try_ask(write), Err(expected.to_owned()), "{write}");
        }
        for read in HOT {
            assert_eq!(node.ask(read).from, "hit", "{read}");
        }
    });
}

/// The layer that this replaces knew the number of the table, and left the entry under its name as it was.
#[test]
fn a_sync_by_number_leaves_no_old_entry_under_the_name() {
    on_each(|database| {
        let redis = RedisServer::start();
        let mut one = Node::start("one", database, &redis, &[]);
        let mut other = Node::start("other", database, &redis, &[]);
        fill(&mut one);
        let read = "table 1 public users";
        for rows in [500, 600] {
            other.ask(read);
            one.ask(&format!("update-table-sync 1 {rows}"));
            assert_eq!(other.ask(read).value["rows"], rows);
        }
    });
}

#[test]
fn a_connection_that_is_deleted_is_gone_under_its_name() {
    on_each(|database| {
        let redis = RedisServer::start();
        let mut node = Node::start("one", database, &redis, &[]);
        fill(&mut node);
        assert_eq!(node.ask("connection-named shop").value["id"], 1);
        node.ask("delete-connection 1").is("done", true);
        node.ask("connection-named shop").is("miss", json!(null));
    });
}

/// The row is gone before the catalog hears of it, and with it what it was called.
#[test]
fn a_connection_that_somebody_else_has_deleted_is_gone_under_its_name_too() {
    on_each(|database| {
        let redis = RedisServer::start();
        let mut node = Node::start("one", database, &redis, &[]);
        fill(&mut node);
        let reads = ["connection-named shop", "connection 1", "table 1 public users"];
        for read in reads {
            node.ask(read);
        }
        database.execute("DELETE FROM tables WHERE connection_id = 1");
        database.execute("DELETE FROM connections WHERE id = 1");
        for read in reads {
            assert_ne!(node.ask(read).value, json!(null), "{read} is still cached");
        }
        node.ask("delete-connection 1").is("done", false);
        for read in reads {
            node.ask(read).is("miss", json!(null));
        }
    });
}

#[test]
fn of_two_writers_the_last_one_stays() {
    on_each(|database| {
        let redis = RedisServer::start();
        let mut one = Node::start("one", database, &redis, &[]);
        let mut other = Node::start("other", database, &redis, &[]);
        let mut oracle = Node::without_cache(database);
        fill(&mut one);
        for round in 0..20 {
            for rows in 1..=5 {
                one.send(&format!("update-table-sync 1 {}", 100 * round + rows));
                other.send(&format!("update-table-sync 1 {}", 100 * round + 50 + rows));
            }
            for _ in 1..=5 {
                one.receive().unwrap();
                other.receive().unwrap();
            }
            for read in ["tables", "tables 1", "table 1 public users"] {
                assert_eq!(one.ask(read).value, oracle.ask(read).value, "{read}");
            }
        }
    });
}

/// The first writer has written, and has read what it is to store; then the second one writes and stores, and then the first one goes on.
#[test]
fn a_writer_that_is_overtaken_does_not_store_what_it_has_read() {
    let (database, redis) = (Database::postgres(), RedisServer::start());
    let mut slow = Node::start("held", &database, &redis, &[]);
    let mut fast = Node::start("fast", &database, &redis, &[]);
    fill(&mut slow);
    let mut gate = Gate::shut(&database);
    slow.send("update-table-sync 1 100");
    gate.is_waited_at();
    fast.ask("update-table-sync 1 200");
    gate.open();
    slow.receive().expect("it has written");
    let tables = slow.ask("tables");
    assert_eq!((&*tables.from, tables.value[1]["rows"].as_i64()), ("hit", Some(200)));
    assert_eq!(slow.ask("stats").value["rejected_fills"], 1);
}
