//! How prefix patterns are invalidated, as the command line and the workers say it.

use cache_runtime::Strategy;
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// How prefix patterns are invalidated.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ValueEnum)]
pub(crate) enum Way {
    /// Among all keys, by SCAN
    #[default]
    Scan,
    /// By epochs
    Scoped,
    /// Each second process by epochs, the others by SCAN
    Mixed,
}

impl Way {
    /// The strategy of one of the processes.
    pub(crate) fn of(self, process: u32) -> Strategy {
        match self {
            Self::Mixed if process % 2 == 1 => Strategy::Scoped,
            Self::Scan | Self::Mixed => Strategy::Scan,
            Self::Scoped => Strategy::Scoped,
        }
    }
}
