//! The registry of task templates on real parts: processes, a database that they share, and Redis between them.

mod program;
mod talk;

use program::{Run, run, start};
use std::fs;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;
use talk::Talk;
use tempfile::TempDir;
use tests::redis::Value;
use tests::{RedisServer, eventually_blocking, free_port};

const PROGRAM: &str = env!("CARGO_BIN_EXE_task_templates");

/// No test here is about time.
const AMPLE: Duration = Duration::from_secs(60);

const WELCOME: &str = "resolve emails welcome 1";
const DAILY: &str = "resolve reports daily 1";

/// A folder with a database, and the variables that every process is started with.
struct Stage {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl Stage {
    fn on(url: &str) -> Self {
        let folder = TempDir::new().expect("a temporary directory can be made");
        let database = folder.path().join("tasks.db").display().to_string();
        let stage = Self { folder, variables: Vec::new() };
        let stage = stage.with("TASKS__DATABASE", &database).with("TASKS__CACHE__URL", url);
        // A machine that is busy must not make a call pass the cache by, and no value may change because its time is up.
        let stage = stage.with("TASKS__CACHE__BUDGET", "20s").with("TASKS__CACHE__WAIT", "20s");
        let stage = stage.with("TASKS__CACHE__CONNECT_TIMEOUT", "20s");
        stage.with("TASKS__CACHE__LOCAL__CAP", "1h")
    }

    /// Where nobody listens.
    fn alone() -> Self {
        Self::on(&format!("redis://127.0.0.1:{}", free_port()))
    }

    fn with(mut self, variable: &str, value: &str) -> Self {
        self.variables.retain(|(name, _)| name != variable);
        self.variables.push((variable.to_owned(), value.to_owned()));
        self
    }

    /// Writes a configuration file of its own.
    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).expect("it is writable");
        path
    }

    fn config(&self) -> String {
        self.folder.path().display().to_string()
    }

    fn run(&self, arguments: &[&str]) -> Run {
        run(PROGRAM, arguments, &self.variables())
    }

    /// Starts a process, and returns when it is ready.
    #[track_caller]
    fn start(&self, arguments: &[&str], ready: &str) -> Talk {
        let mut process = Talk::with(start(PROGRAM, arguments, &self.variables()));
        assert_eq!(process.line(), ready);
        process
    }

    #[track_caller]
    fn orchestrator(&self) -> Talk {
        self.start(&["orchestrator"], "ready (templates: 0)")
    }

    #[track_caller]
    fn worker(&self, namespace: &str) -> Talk {
        self.start(&["worker", namespace], "ready (templates: 2)")
    }

    fn variables(&self) -> Vec<(&str, &str)> {
        self.variables.iter().map(|(name, value)| (&**name, &**value)).collect()
    }
}

/// Asks until the value is kept in process.
#[track_caller]
fn warm(process: &mut Talk, command: &str) {
    hears(process, command, "(hit in process)");
}

/// Asks until the answer has such a part.
#[track_caller]
fn hears(process: &mut Talk, command: &str, part: &str) {
    eventually_blocking(AMPLE, || process.ask(command).contains(part), part);
}

fn milliseconds_left(server: &RedisServer, pattern: &str) -> i64 {
    let keys = server.keys(pattern);
    assert_eq!(keys.len(), 1, "{pattern}: {keys:?}");
    match server.command(&["PTTL", &keys[0]]) {
        Value::Int(left) => left,
        other => panic!("PTTL answered {other:?}"),
    }
}

/// What is left of a TTL after a test that may have taken half a minute.
fn bounds(seconds: i64) -> RangeInclusive<i64> {
    (seconds - 29) * 1000..=seconds * 1000
}

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
    for process in [orchestrator, emails] {
        let (code, complaints) = process.finish();
        assert_eq!(code, Some(0));
        assert!(complaints.contains("WARN cache_runtime: Redis is away"), "{complaints}");
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
        let stage = Stage::alone().with("TASKS__CACHE__ON_UNREACHABLE", "error");
        for environment in [&[][..], &["--environment", "staging"]] {
            let ended = stage.run(&[arguments, environment].concat());
            let expected = "task_templates: cannot connect to Redis at 127.0.0.1:";
            assert!(ended.stderr.contains(expected), "{}", ended.stderr);
            assert_eq!(
                (ended.code, &*ended.stdout.replace("Three processes, one database\n", "")),
                (Some(1), "")
            );
        }
    }
}

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
        ("[cache]\nbudget = \"soon\"", "cache.budget", "\"soon\""),
        ("[cache]\nlocal = { entries = \"many\" }", "cache.local.entries", "an integer"),
        ("[cache]\non_unreachable = \"panic\"", "cache.on_unreachable", "panic"),
        ("[cache]\nprefx = \"a\"", "cache.prefx", "unknown field"),
        ("databse = \"a\"", "databse", "unknown field"),
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
        let stage = Stage { variables: Vec::new(), ..stage };
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
        ("TASKS__CACHE__BUDGET", "soon", "\"soon\""),
        ("TASKS__CACHE__DEFAULT_TTL", "0", "zero"),
        ("TASKS__CACHE__URL", "http://:hunter2@localhost", "`http:`"),
        ("TASKS__CACHE", "redis://:hunter2@localhost", "a URL"),
        ("TASKS__URL", "redis://:hunter2@localhost", "unknown field"),
    ] {
        let stage = Stage { variables: Vec::new(), ..Stage::alone() }.with(variable, value);
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
    let stage = Stage { variables: Vec::new(), ..stage };
    let refused = stage.run(&["--config", &stage.config(), "status"]);
    refused.is_refused("task_templates: the configuration: ", "database");
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
    assert_eq!(fs::read_dir(stage.folder.path()).expect("it is there").count(), 0);
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
        (&["wrker"], "'wrker'"),
        (&["--enviroment", "staging"], "'--enviroment'"),
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
    let help = run(PROGRAM, &["--help"], &[]).succeeded();
    for word in
        ["orchestrator", "worker", "status", "--environment", "--config", "TASKS__CACHE__URL"]
    {
        assert!(help.contains(word), "{word} is not in\n{help}");
    }
}
