//! What is shared between processes, and what their writes make stale.

use crate::stage::{DAILY, Stage, WELCOME, bounds, hears, milliseconds_left, warm};
use crate::talk::Talk;
use testkit::RedisServer;

#[test]
fn a_template_is_shared_by_database_and_redis_under_a_readable_key() {
    let server = RedisServer::start();
    let stage = Stage::on(&server.url());
    let (mut orchestrator, mut emails) = (stage.orchestrator(), stage.worker("emails"));
    let welcome = "emails/welcome 1: send_welcome, at most 30 s";
    assert_eq!(orchestrator.ask(WELCOME), format!("{welcome} (loaded)"));
    assert_eq!(emails.ask(WELCOME), format!("{welcome} (hit)"));
    assert_eq!(emails.ask(WELCOME), format!("{welcome} (hit in process)"));
    let keys = server.keys("*");
    let [key] = &keys[..] else { panic!("{keys:?}") };
    let hash = key.strip_prefix("tasks:task_template:emails:welcome:1:");
    assert!(hash.is_some_and(|hash| hash.len() == 32), "{key}");
    assert_eq!(orchestrator.ask("quit"), "bye");
    for process in [orchestrator, emails] {
        assert_eq!(process.finish(), (Some(0), String::new()));
    }
}

#[test]
fn processes_may_start_at_once_on_a_new_database() {
    let stage = Stage::alone();
    let roles = [&["worker", "emails"][..], &["worker", "reports"], &["orchestrator"]];
    let started = [roles, roles].concat().into_iter();
    let started: Vec<_> = started.map(|role| stage.spawn(role)).collect();
    let mut processes: Vec<_> = started.into_iter().map(Talk::with).collect();
    for process in &mut processes {
        assert!(process.line().starts_with("ready"));
    }
    for process in &mut processes {
        assert!(process.ask(WELCOME).contains(": send_welcome"));
        assert!(process.ask(DAILY).contains(": sum_up"));
    }
}

#[test]
fn a_worker_registers_its_templates_and_then_everything_is_asked_anew() {
    let server = RedisServer::start();
    let stage = Stage::on(&server.url());
    let mut orchestrator = stage.orchestrator();
    assert_eq!(orchestrator.ask(DAILY), "reports/daily 1: no handler (loaded)");
    orchestrator.ask("register emails welcome 1 other 7");
    for command in [WELCOME, DAILY] {
        warm(&mut orchestrator, command);
    }
    orchestrator.ask("analytics emails");
    server.set_raw("task_template:emails", b"another program's");
    let reports = stage.worker("reports");
    assert_eq!(server.keys("tasks:task_template:*"), [""; 0], "of its own namespace and others");
    assert_eq!(server.keys("*analytics*").len(), 1);
    assert!(server.get_raw("task_template:emails").is_some());
    hears(&mut orchestrator, DAILY, "reports/daily 1: sum_up, at most 600 s");
    assert!(orchestrator.ask(WELCOME).contains(": other, at most 7 s"));
    drop(reports);
    warm(&mut orchestrator, WELCOME);
    let _emails = stage.worker("emails");
    hears(&mut orchestrator, WELCOME, ": send_welcome, at most 30 s");
}

#[test]
fn registering_one_template_invalidates_that_entry_and_no_other() {
    let server = RedisServer::start();
    let stage = Stage::on(&server.url());
    let (mut orchestrator, mut emails) = (stage.orchestrator(), stage.worker("emails"));
    for command in [WELCOME, "resolve emails welcome 2", "resolve emails reset 1"] {
        warm(&mut emails, command);
    }
    let answer = orchestrator.ask("register emails welcome 2 send_more 20");
    assert_eq!(answer, "registered emails/welcome 2: send_more, at most 20 s");
    assert_eq!(server.keys("tasks:task_template:emails:welcome:2:*"), [""; 0]);
    assert_eq!(server.keys("tasks:task_template:*").len(), 2);
    hears(&mut emails, "resolve emails welcome 2", ": send_more, at most 20 s");
    for command in [WELCOME, "resolve emails reset 1"] {
        assert!(emails.ask(command).ends_with("(hit in process)"));
    }
}

/// The cap is an hour: it follows because it is told.
#[test]
fn what_is_kept_in_process_follows_the_writes_of_other_processes() {
    let server = RedisServer::start();
    let stage = Stage::on(&server.url());
    let (mut emails, mut reports) = (stage.worker("emails"), stage.worker("reports"));
    let mut orchestrator = stage.orchestrator();
    for function in ["one", "two", "three"] {
        warm(&mut emails, WELCOME);
        warm(&mut reports, WELCOME);
        let writer = if function == "two" { &mut orchestrator } else { &mut reports };
        writer.ask(&format!("register emails welcome 1 {function} 9"));
        assert!(writer.ask(WELCOME).contains(function), "its own write it sees at once");
        hears(&mut emails, WELCOME, function);
        hears(&mut reports, WELCOME, function);
    }
}

#[test]
fn one_namespace_is_invalidated_and_the_other_stays() {
    let server = RedisServer::start();
    let stage = Stage::on(&server.url());
    let (mut orchestrator, mut emails) = (stage.orchestrator(), stage.worker("emails"));
    let _reports = stage.worker("reports");
    for command in [WELCOME, "resolve emails reset 1", DAILY] {
        warm(&mut emails, command);
    }
    let daily = server.keys("tasks:task_template:reports:daily:1:*");
    assert_eq!(orchestrator.ask("invalidate emails"), "invalidated emails (entries: 2)");
    assert_eq!(server.keys("tasks:*"), daily);
    hears(&mut emails, WELCOME, "(loaded)");
    assert!(emails.ask(DAILY).ends_with("(hit in process)"));
    let refused = orchestrator.ask("invalidate *");
    assert_eq!(refused, "invalidated * (entries: 0)", "a name is no pattern");
}

#[test]
fn a_namespace_that_is_retired_is_gone_for_all() {
    let server = RedisServer::start();
    let stage = Stage::on(&server.url());
    let (mut emails, mut reports) = (stage.worker("emails"), stage.worker("reports"));
    for command in [WELCOME, DAILY] {
        warm(&mut emails, command);
    }
    assert_eq!(reports.ask("retire emails"), "retired emails (templates: 2)");
    hears(&mut emails, WELCOME, "emails/welcome 1: no handler");
    assert!(emails.ask(DAILY).ends_with("(hit in process)"));
    assert_eq!(emails.ask("run emails welcome 1"), "error: no handler for emails/welcome 1");
}

#[test]
fn clear_empties_redis_and_every_process() {
    let server = RedisServer::start();
    let stage = Stage::on(&server.url());
    let (mut emails, mut reports) = (stage.worker("emails"), stage.worker("reports"));
    server.set_raw("tasks2:task_template:emails", b"another program's");
    warm(&mut emails, WELCOME);
    warm(&mut reports, WELCOME);
    emails.ask("analytics emails");
    assert_eq!(emails.ask("clear"), "cleared (entries: 2)");
    assert_eq!(server.keys("*"), ["tasks2:task_template:emails"]);
    assert!(emails.ask("analytics emails").ends_with("(loaded)"));
    // The other process does not load: this one's entry would be a hit for it.
    hears(&mut reports, WELCOME, "(loaded)");
    assert!(emails.ask(WELCOME).ends_with("(hit)"), "and not what it had kept");
}

#[test]
fn analytics_may_be_as_old_as_their_ttl() {
    let server = RedisServer::start();
    let stage = Stage::on(&server.url());
    let (mut emails, mut orchestrator) = (stage.worker("emails"), stage.orchestrator());
    assert_eq!(emails.ask("run emails reset 1"), "send_link has run for emails/reset 1");
    let before = "emails: templates 2, runs 1";
    assert_eq!(orchestrator.ask("analytics emails"), format!("{before} (loaded)"));
    emails.ask("run emails welcome 1");
    assert_eq!(emails.ask("analytics emails"), format!("{before} (hit)"));
    assert!(bounds(60).contains(&milliseconds_left(&server, "tasks:analytics:emails:*")));
    assert!(bounds(3600).contains(&milliseconds_left(&server, "tasks:task_template:*:welcome:*")));
    server.flush();
    hears(&mut orchestrator, "analytics emails", "emails: templates 2, runs 2");
}
