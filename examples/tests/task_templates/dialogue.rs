//! What users write and read: commands, status, the command line, the demonstration.

use crate::program::Run;
use crate::stage::{Stage, WELCOME, hears, warm};
use std::fs;
use testkit::RedisServer;

#[test]
fn status_tells_what_the_cache_stands_on_and_what_it_did() {
    let server = RedisServer::start();
    let stage = Stage::on(&server.url());
    let mut emails = stage.worker("emails");
    warm(&mut emails, WELCOME);
    let status = emails.ask("status");
    let healthy = "distributed level enabled, provider redis; healthy, answered in ";
    assert!(status.starts_with(healthy), "{status}");
    let counts = "hits 2 (in process 1), loads 1, invalidations 1 (entries 0), errors 0";
    assert!(status.ends_with(counts), "{status}");
    assert!(stage.run(&["status"]).succeeded().starts_with(healthy));
    server.kill();
    hears(&mut emails, "status", "distributed level enabled, provider redis; away (");
}

#[test]
fn status_tells_that_there_is_no_distributed_level() {
    for (variable, value, expected) in [
        ("TASKS__CACHE__ENABLED", "false", "provider disabled; nothing is cached; "),
        ("TASKS__CACHE__URL", "off", "provider disabled; nothing is cached; "),
        ("TASKS__CACHE__URL", "memory:", "provider memory; healthy"),
    ] {
        let stage = Stage::alone().with(variable, value);
        let mut emails = stage.worker("emails");
        let expected = format!("distributed level not enabled, {expected}");
        for status in [emails.ask("status"), stage.run(&["status"]).succeeded()] {
            assert!(status.starts_with(&expected), "{status}");
        }
        assert!(emails.ask(WELCOME).contains(": send_welcome"));
        assert_eq!(emails.finish(), (Some(0), String::new()));
    }
}

#[test]
fn what_is_no_command_is_answered_with_what_is_one() {
    let stage = Stage::on("memory:");
    let mut orchestrator = stage.orchestrator();
    let help = orchestrator.ask("help");
    assert!(help.starts_with("resolve <namespace> <name> <version>; "), "{help}");
    for (command, expected) in [
        ("", "error: write a command, such as `help`".to_owned()),
        ("resolve emails", "error: write it as `resolve <namespace> <name> <version>`".to_owned()),
        ("clear all", "error: write it as `clear`".to_owned()),
        ("register a b c d soon", "error: `soon` is no number of seconds, such as 30".to_owned()),
        ("register a b c d 0", "error: `0` is no number of seconds, such as 30".to_owned()),
        ("Resolve a b c", format!("error: unknown command `Resolve`; there is {help}")),
        ("\u{1b}[2J", format!("error: unknown command `\\u{{1b}}[2J`; there is {help}")),
    ] {
        assert_eq!(orchestrator.ask(command), expected);
    }
    let answer = orchestrator.ask_bytes(b"\xff");
    assert!(answer.starts_with("error: unknown command `\u{fffd}`; "), "{answer}");
    assert_eq!(orchestrator.ask("resolve a:b * ?"), "a:b/* ?: no handler (loaded)");
    assert_eq!(orchestrator.finish(), (Some(0), String::new()));
}

#[test]
fn bad_input_is_one_line_and_exit_code_2() {
    let stage = Stage::alone();
    for (arguments, expected) in [
        (&["worker"][..], "required"),
        (&["worker", "spam"], "'spam' for '<NAMESPACE>': there is `emails`, `reports`"),
        (&["job"], "'job'"),
        (&["--env", "staging"], "'--env'"),
        (&["orchestrator", "now"], "'now'"),
    ] {
        stage.run(arguments).is_refused("task_templates: ", expected);
    }
    let text = stage.file("notes.txt", &"not a database, and longer than the header ".repeat(4));
    for (path, expected) in [(&*text.display().to_string(), "not a database"), ("/no/such/f", "")] {
        let stage = Stage::alone().with("TASKS__DATABASE", path);
        let refused = stage.with("TASKS__CACHE__URL", "off").run(&["orchestrator"]);
        refused.is_refused(&format!("task_templates: the database {path}: "), expected);
    }
}

#[test]
fn help_names_the_roles_the_options_and_the_variables() {
    let help = Stage::alone().run(&["--help"]).succeeded();
    for word in
        ["orchestrator", "worker", "status", "--environment", "--config", "TASKS__CACHE__URL"]
    {
        assert!(help.contains(word), "{word} is not in\n{help}");
    }
}

#[test]
fn the_demonstration_shows_what_the_cache_does_and_leaves_nothing() {
    let server = RedisServer::start();
    server.set_raw("tasks:task_template:emails", b"of those who work");
    let stage = Stage::on(&server.url());
    let output = stage.run(&[]).succeeded();
    for line in [
        "    emails/welcome 1: send_welcome, at most 30 s (hit in process)\n",
        "    emails/welcome 1: send_better_welcome, at most 45 s (loaded)\n",
        "    invalidated emails (entries: 1)\n",
        "    reports/daily 1: sum_up, at most 600 s (hit)\n",
        "    emails: templates 2, runs 1 (hit)\n",
    ] {
        assert!(output.contains(line), "{line} is not in\n{output}");
    }
    assert_eq!(server.keys("*"), ["tasks:task_template:emails"]);
    assert_eq!(fs::read_dir(stage.config()).expect("it is there").count(), 0);
}

#[test]
fn the_demonstration_works_without_redis() {
    let ended = Stage::alone().run(&[]);
    assert!(ended.stderr.contains("Redis is away"), "{}", ended.stderr);
    assert!(!ended.stdout.contains("(hit"), "{}", ended.stdout);
    assert!(ended.stdout.contains(": send_better_welcome, at most 45 s (loaded)\n"));
    let ended = Run { stderr: String::new(), ..ended };
    ended.succeeded();
}
