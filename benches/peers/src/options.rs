//! The command line, and the order of a run.

use crate::children::{self, Child};
use crate::progress::progress;
use crate::table::Table;
use crate::{database, hit, in_process, invalidation, outage, stale_fill, stampede};
use clap::{Parser, ValueEnum};
use testkit::RedisServer;
use tokio::runtime::Runtime;

/// Compares the toolkit with its peers, in one run, and prints tables.
///
/// It starts its own redis-server on a free port of 127.0.0.1.
#[derive(Debug, Parser)]
pub(crate) struct Options {
    /// Only these sections
    #[arg(long, value_enum, value_delimiter = ',', value_name = "SECTION")]
    only: Vec<Section>,
    /// Fewer and shorter rounds: shows that everything runs, not how fast it is
    #[arg(long)]
    quick: bool,
    /// Prints plain Markdown, for a document; padded for a terminal otherwise
    #[arg(long)]
    markdown: bool,
    #[command(subcommand)]
    child: Option<Child>,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Section {
    /// Hits on Redis with 1, 64 and 512 tasks
    Hit,
    /// Hits that leave the process alone
    InProcess,
    /// A thousand callers of one cold key
    Stampede,
    /// A hundred keys by pattern among ten thousand to a million; draws plots/invalidation.svg
    Invalidation,
    /// Whether a load that a write overtook is stored
    StaleFill,
    /// Redis killed, and frozen, during calls
    Outage,
}

impl Options {
    pub(crate) fn run(self) {
        let runtime = Runtime::new().expect("a runtime starts");
        if let Some(child) = self.child {
            return runtime.block_on(children::run(child));
        }
        let server = RedisServer::start();
        database::use_server(&server.url());
        for &section in Section::value_variants() {
            if self.only.is_empty() || self.only.contains(&section) {
                server.flush();
                for table in runtime.block_on(section.tables(self.quick)) {
                    table.print(self.markdown);
                }
            }
        }
    }
}

impl Section {
    async fn tables(self, quick: bool) -> Vec<Table> {
        progress(&format!("section {self:?}"));
        match self {
            Self::Hit => hit::tables(quick).await,
            Self::InProcess => in_process::tables(quick).await,
            Self::Stampede => stampede::tables(quick).await,
            Self::Invalidation => invalidation::tables(quick).await,
            Self::StaleFill => stale_fill::tables(quick).await,
            Self::Outage => outage::tables(quick),
        }
    }
}
