//! What a process answers to its commands.

use crate::command::{Command, HELP};
use crate::reads::{Usage, resolve_handler, usage};
use crate::status::status;
use crate::template::Task;
use crate::writes::{record_run, register_task_template, retire};
use cache_runtime::{Cache, Source, observe, segment};
use sqlx::SqlitePool;
use std::error::Error;

/// A line for the user, or why there is none.
type Answer = Result<String, Box<dyn Error>>;

/// What a command needs.
pub(crate) struct Registry {
    pub(crate) cache: Cache,
    pub(crate) db: SqlitePool,
}

impl Registry {
    pub(crate) async fn answer(&self, command: &Command) -> Answer {
        match command {
            Command::Resolve(task) => self.resolve(task).await,
            Command::Register(template) => {
                register_task_template(&self.db, template).await?;
                Ok(format!("registered {}: {}", template.task, template.handler))
            }
            Command::Run(task) => self.run(task).await,
            Command::Retire(namespace) => {
                let templates = retire(&self.db, namespace).await?;
                Ok(format!("retired {namespace} (templates: {templates})"))
            }
            Command::Invalidate(namespace) => self.invalidate(namespace).await,
            Command::Analytics(namespace) => self.analytics(namespace).await,
            Command::Clear => {
                Ok(format!("cleared (entries: {})", self.cache.clear().await?.deleted))
            }
            Command::Status => Ok(status(&self.cache).await),
            Command::Help => Ok(HELP.to_owned()),
            Command::Quit => Ok("bye".to_owned()),
        }
    }

    async fn resolve(&self, task: &Task) -> Answer {
        let (handler, from) = self.place(resolve_handler(&self.db, task)).await;
        let handler = handler?;
        let handler = handler.map_or_else(|| "no handler".to_owned(), |found| found.to_string());
        Ok(format!("{task}: {handler} ({from})"))
    }

    async fn run(&self, task: &Task) -> Answer {
        let handler = resolve_handler(&self.db, task).await?;
        let handler = handler.ok_or_else(|| format!("no handler for {task}"))?;
        record_run(&self.db, task).await?;
        Ok(format!("{} has run for {task}", handler.function))
    }

    async fn analytics(&self, namespace: &str) -> Answer {
        let (usage, from) = self.place(usage(&self.db, namespace)).await;
        let Usage { templates, runs } = usage?;
        Ok(format!("{namespace}: templates {templates}, runs {runs} ({from})"))
    }

    /// By hand, as after a change to the database that no process of this program made.
    async fn invalidate(&self, namespace: &str) -> Answer {
        let pattern = format!("task_template:{}:*", segment(namespace)?);
        let gone = self.cache.invalidate(pattern).await?;
        Ok(format!("invalidated {namespace} (entries: {})", gone.deleted))
    }

    /// Makes a cached call, and says where its value came from.
    async fn place<T>(&self, call: impl Future<Output = T>) -> (T, &'static str) {
        let before = self.cache.stats().local_hits;
        let (value, seen) = observe(call).await;
        let from = match seen.last {
            // A process answers one command after another: the hit is this one.
            Some(Source::Hit) if self.cache.stats().local_hits > before => "hit in process",
            Some(Source::Hit) => "hit",
            Some(Source::Wait) => "loaded by another process",
            _ => "loaded",
        };
        (value, from)
    }
}
