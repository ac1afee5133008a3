//! An orchestrator and two workers talk, a scene at a time. Their database and their entries are those of this run.

use crate::child::Child;
use crate::place::variable;
use crate::settings::Loaded;
use examples::command_line::Failure;
use std::ffi::OsString;
use std::process;
use tempfile::TempDir;

/// The processes.
struct Demo {
    orchestrator: Child,
    emails: Child,
    reports: Child,
    stage: Stage,
}

/// What every process is started with, beside the arguments of this one.
struct Stage {
    variables: [(String, OsString); 2],
    /// Deleted at the end, with the database in it.
    _folder: TempDir,
}

/// Starts the processes, shows what they do, and ends them.
pub(crate) fn demo(loaded: &Loaded) -> Result<(), Failure> {
    // A bad field is told here, once, and not by three processes.
    loaded.builder().map(drop)?;
    let prefix = loaded.settings.cache.prefix.as_deref().unwrap_or("cache");
    let mut demo = Demo::start(Stage::set(prefix)?)?;
    demo.read()?;
    demo.register()?;
    demo.invalidate()?;
    demo.count()?;
    demo.start_anew()?;
    demo.end()
}

impl Stage {
    /// The prefix keeps the entries away from those of a registry that is in use.
    fn set(prefix: &str) -> Result<Self, Failure> {
        let folder = TempDir::with_prefix("task-templates-").map_err(Failure::fault)?;
        let database = folder.path().join("tasks.db").into_os_string();
        let prefix = format!("{prefix}:demo:{}", process::id()).into();
        let variables = [(variable("database"), database), (variable("cache.prefix"), prefix)];
        Ok(Self { variables, _folder: folder })
    }

    fn start(&self, name: &'static str, role: &[&str]) -> Result<Child, Failure> {
        Child::start(name, role, &self.variables)
    }

    fn worker_of_emails(&self) -> Result<Child, Failure> {
        self.start("worker of emails", &["worker", "emails"])
    }
}

impl Demo {
    fn start(stage: Stage) -> Result<Self, Failure> {
        println!("Three processes, one database");
        let orchestrator = stage.start("orchestrator", &["orchestrator"])?;
        let emails = stage.worker_of_emails()?;
        let reports = stage.start("worker of reports", &["worker", "reports"])?;
        Ok(Self { orchestrator, emails, reports, stage })
    }

    fn read(&mut self) -> Result<(), Failure> {
        println!("\nA template is read from the database, then from Redis, then in process");
        for _ in 0..3 {
            self.emails.ask("resolve emails welcome 1")?;
        }
        self.reports.ask("resolve emails welcome 1")
    }

    fn register(&mut self) -> Result<(), Failure> {
        println!("\nWhat one process registers, the others see");
        self.orchestrator.ask("register emails welcome 1 send_better_welcome 45")?;
        self.emails.ask_until("resolve emails welcome 1", "send_better_welcome")
    }

    fn invalidate(&mut self) -> Result<(), Failure> {
        println!("\nOne namespace is invalidated, the other stays");
        self.reports.ask("resolve reports daily 1")?;
        self.orchestrator.ask("invalidate emails")?;
        self.reports.ask("resolve reports daily 1")?;
        self.reports.ask("resolve emails welcome 1")
    }

    fn count(&mut self) -> Result<(), Failure> {
        println!("\nAnalytics may be a minute old");
        for _ in 0..2 {
            self.emails.ask("run emails welcome 1")?;
            self.orchestrator.ask("analytics emails")?;
        }
        Ok(())
    }

    fn start_anew(&mut self) -> Result<(), Failure> {
        println!(
            "\nA worker that starts anew registers what it brings; all else is asked anew, too"
        );
        self.emails.quit()?;
        self.emails = self.stage.worker_of_emails()?;
        self.reports.ask_until("resolve emails welcome 1", "send_welcome")?;
        self.reports.ask("resolve reports daily 1")
    }

    fn end(mut self) -> Result<(), Failure> {
        println!("\nHow they are");
        let mut all = [&mut self.orchestrator, &mut self.emails, &mut self.reports];
        all.iter_mut().try_for_each(|process| process.ask("status"))?;
        all[0].ask("clear")?;
        all.iter_mut().try_for_each(|process| process.quit())
    }
}
