//! The command line.

use crate::template::Namespace;
use clap::{Parser, Subcommand};
use std::path::PathBuf;

const CONFIGURATION: &str = "\
The configuration is `default.toml`, and above it `<environment>.toml`, and above both the environment:
TASKS__DATABASE, TASKS__CACHE__URL, TASKS__CACHE__TTLS__TEMPLATES, and so on for every field.

An orchestrator and a worker read commands from their input, a line each; write `help` to one of them.";

/// A registry of task templates, shared by processes and cached in each of them and in Redis.
///
/// Without a command, it starts an orchestrator and two workers on a database of their own, shows what they do, and ends
/// them.
#[derive(Debug, Parser)]
#[command(name = "task_templates", after_help = CONFIGURATION)]
pub(crate) struct Arguments {
    /// Which configuration to use, such as `staging` or `production`; without it, `default.toml` alone.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) environment: Option<String>,

    /// The folder with the configuration files; without it, the one that comes with this program.
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(crate) config: Option<PathBuf>,

    #[command(subcommand)]
    pub(crate) role: Option<Role>,
}

/// What this process is.
#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum Role {
    /// Asks for templates and changes them; brings none of its own.
    Orchestrator,
    /// Registers the templates of its namespace when it starts.
    Worker {
        /// Whose tasks it does: `emails` or `reports`.
        namespace: Namespace,
    },
    /// Says what the cache stands on and how it is, and ends.
    Status,
}
