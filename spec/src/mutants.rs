//! The protocol with one mechanism taken out, and rival protocols: each must be caught, or it proves nothing.

use clap::ValueEnum;

use crate::config::{Config, Faults};
use crate::properties::{
    FRESH_AWAY, FRESH_HIT, FRESH_LOAD, FRESH_SHARE, FRESH_STORE, NO_ORPHAN, NO_WAITING_FOR_NOTHING,
    ONE_TOKEN,
};

/// What is different from the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum)]
#[value(rename_all = "PascalCase")]
pub enum Mutant {
    /// Nothing: the protocol itself
    None,
    /// There is no lease: a fill always stores
    NoLease,
    /// All loads of one process have the same token
    TokenPerProcess,
    /// Followers take the value of a refused fill
    FollowersShareRefused,
    /// Followers take the value of a fill whose answer is lost
    ShareUnanswered,
    /// A rival: no lease; a write deletes, and deletes once more after a while
    DelayedDoubleDelete,
    /// A rival: the lease is taken after the load
    StampAfterLoad,
    /// A write invalidates and then commits
    InvalidateBeforeCommit,
    /// Followers that joined after the fill was sent share too
    JoinAfterCutoff,
    /// A leader that waited hands the entry that it read to all its followers
    ShareFoundValue,
    /// A local invalidation leaves flights in the map
    NoOutdate,
    /// An invalidation deletes entries only
    ScanForgetsLeases,
    /// A fill is accepted if the key is absent
    FillAfterExpiry,
    /// A refresh replaces whatever entry there is
    RefreshWithoutStamp,
    /// A refresh goes by the token that it found in the entry instead of its own
    RefreshKeepsToken,
    /// A cancelled leader hands on what it has loaded instead of having the load repeated
    HandOverValue,
    /// A cancelled leader wakes nobody
    CancelForgetsFollowers,
    /// A cancelled leader leaves its lease in the store
    CancelKeepsLease,
}

impl Mutant {
    /// All of them, without the protocol itself.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::value_variants().iter().copied().filter(|mutant| *mutant != Self::None)
    }

    /// The name, as it is typed.
    #[must_use]
    pub fn name(self) -> String {
        format!("{self:?}")
    }

    /// The property that must have a counterexample; none for the protocol itself.
    #[must_use]
    pub fn violates(self) -> Option<&'static str> {
        let property = match self {
            Self::None => return None,
            Self::NoLease
            | Self::TokenPerProcess
            | Self::DelayedDoubleDelete
            | Self::StampAfterLoad
            | Self::ScanForgetsLeases
            | Self::FillAfterExpiry
            | Self::RefreshWithoutStamp => FRESH_STORE,
            Self::InvalidateBeforeCommit => FRESH_HIT,
            Self::FollowersShareRefused
            | Self::ShareUnanswered
            | Self::JoinAfterCutoff
            | Self::ShareFoundValue => FRESH_SHARE,
            Self::NoOutdate => FRESH_AWAY,
            Self::HandOverValue => FRESH_LOAD,
            Self::RefreshKeepsToken => ONE_TOKEN,
            Self::CancelForgetsFollowers => NO_WAITING_FOR_NOTHING,
            Self::CancelKeepsLease => NO_ORPHAN,
        };
        Some(property)
    }

    /// The smallest world in which it does harm.
    #[must_use]
    pub fn world(self) -> Config {
        let small = Config::SMALL;
        let two_at_home = Config { processes: 1, callers: 2, ..small };
        let cancels = Faults { cancels: 1, ..Faults::NONE };
        let outages = Faults { outages: 1, ..Faults::NONE };
        match self {
            Self::TokenPerProcess => two_at_home,
            // The writer is in the other process: a local one takes the flight out of the map.
            Self::FollowersShareRefused | Self::JoinAfterCutoff | Self::ShareFoundValue => {
                Config { callers: 2, ..small }
            }
            Self::ShareUnanswered => {
                Config { callers: 2, faults: Faults { lost: 1, ..Faults::NONE }, ..small }
            }
            Self::NoOutdate => Config { faults: outages, ..two_at_home },
            Self::ScanForgetsLeases => Config { scan: true, ..small },
            Self::RefreshWithoutStamp => Config { callers: 2, refreshes: 1, ..small },
            Self::RefreshKeepsToken => Config { processes: 3, refreshes: 2, ..small },
            Self::HandOverValue => Config { callers: 2, faults: cancels, ..small },
            Self::CancelForgetsFollowers | Self::CancelKeepsLease => {
                Config { faults: cancels, ..two_at_home }
            }
            _ => small,
        }
    }
}
