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
}

impl From<Way> for Strategy {
    fn from(way: Way) -> Self {
        match way {
            Way::Scan => Self::Scan,
            Way::Scoped => Self::Scoped,
        }
    }
}
