//! A process of the service, with the cache or without it.

use crate::client::{Client, Request};
use serde_json::Value;
use std::env;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How a process is started.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// For whoever reads a finding.
    pub(crate) name: &'static str,
    pub(crate) role: &'static str,
    pub(crate) variables: Vec<(&'static str, String)>,
    /// Where it logs.
    pub(crate) log: PathBuf,
}

/// A running process; killed on drop.
#[derive(Debug)]
pub(crate) struct Application {
    plan: Plan,
    process: Mutex<Child>,
    pub(crate) client: Client,
}

impl Application {
    /// Starts it, and returns when it listens.
    pub(crate) fn start(plan: &Plan) -> io::Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        command.arg(plan.role).env_clear().envs(plan.variables.iter().cloned());
        command.env("LISTEN", "127.0.0.1:0").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.stderr(plan.log()?).spawn()?;
        let output = process.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let port = line.trim().rsplit(':').next().and_then(|port| port.parse().ok());
        let port = port.ok_or_else(|| io::Error::other(plan.complaint()))?;
        Ok(Self { plan: plan.clone(), process: Mutex::new(process), client: Client::new(port) })
    }

    pub(crate) fn name(&self) -> &'static str {
        self.plan.name
    }

    /// What it has logged last.
    pub(crate) fn last_lines(&self) -> String {
        self.plan.last_lines()
    }

    /// Starts it again after it was killed.
    pub(crate) fn restart(&mut self) -> io::Result<()> {
        *self = Self::start(&self.plan)?;
        Ok(())
    }

    /// Kills it as a power cut would.
    pub(crate) fn kill(&self) {
        let mut process = self.process();
        let _ = process.kill();
        let _ = process.wait();
    }

    fn process(&self) -> MutexGuard<'_, Child> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What `/health` says.
    pub(crate) async fn health(&self) -> io::Result<Value> {
        let answer = self.client.send(&Request::get("/health", None)).await?;
        Ok(serde_json::from_str(&answer.body)?)
    }

    /// How often the cache has had an answer.
    pub(crate) async fn hits(&self) -> io::Result<u64> {
        let health = self.health().await?;
        Ok(health["stats"]["hits"].as_u64().unwrap_or(0))
    }

    /// Asks the process to end, as an orchestrator would, and returns how it did.
    pub(crate) fn stop(self) -> io::Result<bool> {
        let pid = self.process().id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status()?;
        let deadline = Instant::now() + Duration::from_secs(20);
        while Instant::now() < deadline {
            if let Some(status) = self.process().try_wait()? {
                return Ok(status.success());
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(false)
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Plan {
    fn log(&self) -> io::Result<File> {
        OpenOptions::new().create(true).append(true).open(&self.log)
    }

    fn complaint(&self) -> String {
        format!("{} does not start: {}", self.name, self.last_lines())
    }

    fn last_lines(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(8)..].join("\n")
    }
}
