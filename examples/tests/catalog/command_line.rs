//! What the program refuses, and how.

use crate::PROGRAM;
use crate::database::Database;
use crate::node::Node;
use crate::program::run;
use serde_json::json;

#[test]
fn bad_input_is_one_line_and_exit_code_2() {
    for (arguments, expected) in [
        (&["--tables", "0"][..], "0 is not in 1..=10000"),
        (&["--rounds", "-1"], "-1 is not in 1..=1000000"),
        (&["--reads", "many"], "'many'"),
        (&["--pause", "soon"], "`soon` is not a duration; write a number and `ms`"),
        (&["--ttl", "0"], "default_ttl"),
        (&["--budget", "0"], "0 is not in 1.."),
        (&["--log", "loud"], "'loud'"),
        (&["--prefix", "a b"], "prefix"),
        (&["--warmup-interval", "5m"], "--warmup-interval: the tour warms up once; add --serve"),
        (&["--cache", "x"], "unexpected argument '--cache'"),
        (&["--database", "shop.db"], "--database: it begins with `sqlite:` or `postgres:`"),
        (
            &["--database", "sqlite:/no/such/folder/x.db"],
            "--database: unable to open database file",
        ),
    ] {
        run(PROGRAM, arguments, &[]).is_refused("catalog: ", expected);
    }
}

#[test]
fn a_warm_up_that_comes_too_late_is_a_configuration_error() {
    for arguments in [
        &["--serve", "--warmup-interval", "30m"][..],
        &["--serve", "--warmup-interval", "2s", "--ttl", "1s"],
    ] {
        let refused = run(PROGRAM, arguments, &[]);
        refused.is_refused("catalog: --warmup-interval: ", "is not below the TTL of");
    }
    for (arguments, expected) in [
        (["--serve", "--warmup-interval", "0s"], "the warm-up's interval is zero"),
        (["--serve", "--warmup-interval=1m", "--lock-ttl=10ms"], "at least 300 ms"),
    ] {
        run(PROGRAM, &arguments, &[]).is_refused("catalog: --warmup-interval: ", expected);
    }
}

#[test]
fn no_password_is_shown() {
    let away = format!("postgres://u:hunter2@127.0.0.1:{}/catalog", testkit::free_port());
    for (arguments, expected) in [
        (&["--database", &away][..], "--database: "),
        (&["--database", "postgres://u:hunter2@127.0.0.1:port/x"], "--database: "),
        (&["--database", "mysql://u:hunter2@127.0.0.1/x"], "--database: it begins with"),
        (&["--redis", "redis://:hunter2@localhost:port"], "url: "),
        (&["--redis", "http://:hunter2@localhost"], "url: "),
    ] {
        let refused = run(PROGRAM, arguments, &[]);
        refused.is_refused("catalog: ", expected);
        assert!(!refused.stderr.contains("hunter2"), "{}", refused.stderr);
    }
    let variables = [("CATALOG_DATABASE", &*away), ("CACHE_URL", "redis://:hunter2@localhost")];
    let help = run(PROGRAM, &["--help"], &variables).succeeded();
    assert!(help.contains("CATALOG_DATABASE") && !help.contains("hunter2"), "{help}");
}

#[test]
fn help_names_the_options_and_the_variables() {
    let help = run(PROGRAM, &["--help"], &[]).succeeded();
    for word in [
        "--database",
        "--redis",
        "--prefix",
        "--ttl",
        "--node",
        "--warmup-interval",
        "--lock-ttl",
        "--serve",
        "--reads",
        "--pause",
        "--log",
        "CACHE_URL",
        "CACHE_PREFIX",
        "[default: rdb]",
        "[default: 30m]",
        "[default: 5m]",
    ] {
        assert!(help.contains(word), "{word} is not in\n{help}");
    }
}

#[test]
fn a_question_that_is_none_ends_nothing() {
    let database = Database::sqlite();
    let mut node = Node::on("node", &database.url("node"), "memory:", &[]);
    for question in ["", "sing", "connection", "connection x", "tables 1 2"] {
        assert!(node.try_ask(question).is_err(), "{question}");
    }
    let expected = "the following required arguments were not provided: <SCHEMA> <NAME>";
    assert_eq!(node.try_ask("table 1"), Err(expected.to_owned()));
    node.ask("connection 1").is("miss", json!(null));
}
