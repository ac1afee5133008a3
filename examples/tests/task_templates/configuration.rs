//! Files by environment, variables above them, and what is said of bad ones.

use crate::stage::{Stage, WELCOME, milliseconds_left};
use testkit::RedisServer;

#[test]
fn environments_are_read_above_the_defaults_and_variables_above_both() {
    let server = RedisServer::start();
    let keys_of = |stage: &Stage, arguments: &[&str]| {
        server.flush();
        let arguments = [arguments, &["worker", "emails"]].concat();
        let mut emails = stage.start(&arguments, "ready (templates: 2)");
        emails.ask(WELCOME);
        emails.ask("analytics emails");
        let keys = server.keys("*:task_template:*");
        let (prefix, _) = keys[0].split_once(":task_template:").expect("it matches");
        let [templates, analytics] = ["*:task_template:*", "*:analytics:*"]
            .map(|pattern| (milliseconds_left(&server, pattern) + 30_000) / 60_000);
        (prefix.to_owned(), templates, analytics)
    };
    let stage = Stage::on(&server.url());
    assert_eq!(keys_of(&stage, &[]), ("tasks".into(), 60, 1));
    let production = ["--environment", "production"];
    assert_eq!(keys_of(&stage, &production), ("tasks:production".into(), 360, 1));
    let stage = stage.with("TASKS__CACHE__PREFIX", "mine");
    let stage = stage.with("TASKS__CACHE__TTLS__ANALYTICS", "2h");
    assert_eq!(keys_of(&stage, &production), ("mine".into(), 360, 120));
    let config = ["--config", &stage.config()];
    stage.file(
        "default.toml",
        "[cache]\nprefix = \"file\"\nlocal = { entries = 9 }\nttls = { templates = 600 }\n",
    );
    assert_eq!(keys_of(&stage, &config), ("mine".into(), 10, 120));
}

#[test]
fn a_bad_field_is_named_with_its_file() {
    for (file, field, reason) in [
        ("[cache]\nbudget = \"soon\"", "cache.budget", "`soon` is not a duration"),
        (
            "[cache]\nlocal = { entries = \"many\" }",
            "cache.local.entries",
            "expected a number, not `many`",
        ),
        ("[cache]\non_unreachable = \"panic\"", "cache.on_unreachable", "panic"),
        ("[cache]\nprefixes = \"a\"", "cache.prefixes", "unknown field"),
        ("file = \"a\"", "file", "unknown field"),
        ("cache = 5", "cache", "`5`"),
        ("[cache.ttls]\nanalytics = 0", "cache.ttls.analytics", "zero"),
        ("[cache]\nlease = 0", "cache.lease", "between"),
        ("[cache]\nprefix = \"a b\"", "cache.prefix", "white space"),
        ("[cache]\nurl = \"http://:hunter2@localhost\"", "cache.url", "`http:`"),
        ("[cache]\nbudget = \"redis://:hunter2@localhost\"", "cache.budget", "a URL"),
        (
            "[cache]\nurl = redis://:hunter2@localhost",
            "TOML parse error at line 2, column 7",
            "quoted",
        ),
    ] {
        let stage = Stage::alone();
        stage.file("default.toml", "database = \"tasks.db\"\n[cache.ttls]\ntemplates = 60\n");
        stage.file("own.toml", file);
        let stage = stage.without_variables();
        for arguments in [&["status"][..], &["worker", "emails"], &[]] {
            let config = ["--config", &stage.config(), "--environment", "own"];
            let refused = stage.run(&[arguments, &config].concat());
            refused.is_refused("task_templates: ", &format!("/own.toml: {field}: "));
            assert!(refused.stderr.contains(reason), "{}", refused.stderr);
            assert!(!refused.stderr.contains("hunter2"), "{}", refused.stderr);
        }
    }
}

#[test]
fn a_bad_variable_is_named() {
    for (variable, value, reason) in [
        ("TASKS__CACHE__BUDGET", "soon", "`soon` is not a duration"),
        ("TASKS__CACHE__DEFAULT_TTL", "0", "zero"),
        ("TASKS__CACHE__URL", "http://:hunter2@localhost", "`http:`"),
        ("TASKS__CACHE", "redis://:hunter2@localhost", "a URL"),
        ("TASKS__URL", "redis://:hunter2@localhost", "unknown field"),
    ] {
        let stage = Stage::alone().without_variables().with(variable, value);
        let refused = stage.run(&["status"]);
        refused.is_refused(&format!("task_templates: {variable}: "), reason);
        assert!(!refused.stderr.contains("hunter2"), "{}", refused.stderr);
    }
}

#[test]
fn a_configuration_that_is_not_there_is_named() {
    let stage = Stage::alone();
    let refused = stage.run(&["--environment", "moon", "status"]);
    refused.is_refused("task_templates: there is no configuration ", "/moon.toml");
    let refused = stage.run(&["--config", &stage.config(), "status"]);
    refused.is_refused("task_templates: there is no configuration ", "/default.toml");
    stage.file("default.toml", "");
    let stage = stage.without_variables();
    let refused = stage.run(&["--config", &stage.config(), "status"]);
    refused.is_refused("task_templates: the configuration: ", "database");
}
