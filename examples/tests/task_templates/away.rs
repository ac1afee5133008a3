//! Redis that is away: at the start, in between, and where it is required.

use crate::stage::{Stage, WELCOME, hears, warm};
use testkit::RedisServer;

#[test]
fn without_redis_it_warns_and_works() {
    let stage = Stage::alone();
    let (mut orchestrator, mut emails) = (stage.orchestrator(), stage.worker("emails"));
    for _ in 0..3 {
        assert!(orchestrator.ask(WELCOME).ends_with(": send_welcome, at most 30 s (loaded)"));
    }
    orchestrator.ask("register emails welcome 1 other 7");
    assert_eq!(emails.ask(WELCOME), "emails/welcome 1: other, at most 7 s (loaded)");
    assert_eq!(emails.ask("retire emails"), "retired emails (templates: 2)");
    assert_eq!(orchestrator.ask(WELCOME), "emails/welcome 1: no handler (loaded)");
    assert!(orchestrator.ask("invalidate emails").starts_with("error: cannot connect to Redis"));
    let status = orchestrator.ask("status");
    assert!(
        status.contains("; away (") && status.contains(", overdue invalidations: "),
        "{status}"
    );
    assert!(!status.contains("hunter2"), "{status}");
    for process in [orchestrator, emails] {
        let (code, complaints) = process.finish();
        assert_eq!(code, Some(0));
        assert!(complaints.contains("WARN cache_runtime: Redis is away"), "{complaints}");
        assert!(!complaints.contains("hunter2"), "{complaints}");
    }
}

#[test]
fn redis_that_comes_later_is_used() {
    let server = RedisServer::start();
    server.kill();
    let stage = Stage::on(&server.url());
    let (mut emails, mut reports) = (stage.worker("emails"), stage.worker("reports"));
    assert!(emails.ask(WELCOME).ends_with("(loaded)"));
    server.restart();
    warm(&mut emails, WELCOME);
    warm(&mut reports, WELCOME);
    emails.ask("register emails welcome 1 other 7");
    hears(&mut reports, WELCOME, ": other, at most 7 s");
}

#[test]
fn redis_killed_in_between_fails_nothing_and_is_used_again() {
    let server = RedisServer::start();
    let stage = Stage::on(&server.url());
    let (mut emails, mut reports) = (stage.worker("emails"), stage.worker("reports"));
    warm(&mut emails, WELCOME);
    warm(&mut reports, WELCOME);
    server.kill();
    // Nobody tells of changes any more: nothing is served from in process, once the loss is noticed.
    hears(&mut reports, WELCOME, ": send_welcome, at most 30 s (loaded)");
    emails.ask("register emails welcome 1 other 7");
    assert_eq!(emails.ask(WELCOME), "emails/welcome 1: other, at most 7 s (loaded)");
    assert_eq!(reports.ask(WELCOME), "emails/welcome 1: other, at most 7 s (loaded)");
    server.restart();
    hears(&mut emails, WELCOME, ": other, at most 7 s (hit in process)");
    hears(&mut reports, WELCOME, ": other, at most 7 s (hit in process)");
    emails.ask("register emails welcome 1 another 8");
    hears(&mut reports, WELCOME, ": another, at most 8 s");
    hears(&mut emails, "status", "; healthy");
}

#[test]
fn where_redis_is_required_a_process_does_not_start_without_it() {
    for arguments in [&["orchestrator"][..], &["worker", "emails"], &["status"], &[]] {
        let by_variable = Stage::alone().with("TASKS__CACHE__ON_UNREACHABLE", "error");
        let by_file = [arguments, &["--environment", "staging"]].concat();
        for ended in [by_variable.run(arguments), Stage::alone().run(&by_file)] {
            let expected = "task_templates: cannot connect to Redis at 127.0.0.1:";
            assert!(ended.stderr.contains(expected), "{}", ended.stderr);
            assert!(!ended.stderr.contains("hunter2"), "{}", ended.stderr);
            // The demonstration has said by then what it is.
            assert!(ended.stdout.lines().all(|line| line == "Three processes, one database"));
            assert_eq!(ended.code, Some(1));
        }
    }
}
