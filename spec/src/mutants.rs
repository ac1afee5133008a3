//! The protocol with one mechanism taken out, and rival protocols: each must be caught, or it proves nothing.

use clap::ValueEnum;

use crate::config::{Config, Faults};
use crate::properties::{
    FRESH_AWAY, FRESH_ERROR, FRESH_HIT, FRESH_LOAD, FRESH_SHARE, FRESH_STORE, NEWEST_STAYS,
    NO_ORPHAN, NO_OVERDUE_FILL, NO_WAITING_FOR_NOTHING, NO_WAITING_FOR_THE_PAST,
    NO_WAITING_IN_VAIN, ONE_LEASED_LOAD, ONE_LOAD, ONE_TOKEN,
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
    /// A rival of `refresh`: a write deletes, and then stores what it has written
    WriteThroughStores,
    /// A write makes its call before it has invalidated
    ReloadTooEarly,
    /// A write invalidates and then commits
    InvalidateBeforeCommit,
    /// Followers that joined after the fill was sent share too
    JoinAfterCutoff,
    /// A leader that waited hands the entry that it read to all its followers
    ShareFoundValue,
    /// A load beside an unreachable store is shared with everybody who has joined when it ends
    ShareAwayLoad,
    /// An error is shared without asking whether the lease still stood
    ShareErrorUnconfirmed,
    /// A call inside a transaction stores and shares what it loads, like any other
    TransactionFills,
    /// A caller that has waited long enough stores what it loads
    ImpatientFills,
    /// A load beside another one is stored whichever lease stands
    FurtherFillsAnyLease,
    /// A load beside another one is shared with those who have joined since it began, too
    ShareFurther,
    /// A process goes on reading what it could not invalidate
    OverdueIgnored,
    /// A process goes on storing what it could not invalidate
    OverdueFills,
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
    /// The epochs are read when the load has ended
    EpochsAfterLoad,
    /// A reader trusts an entry without a look at its epochs
    EpochsNotCompared,
    /// A reader compares the epoch of the narrowest scope alone
    NarrowestScopeOnly,
    /// A missing epoch vouches for every entry
    MissingEpochVouches,
    /// A missing epoch is not made: entries carry that there is none, and are trusted as long as
    /// there is none
    NoneIsAnEpoch,
    /// A rival: epochs are counted. An invalidation adds one, and what is missing begins at one
    CountedEpochs,
    /// Whoever makes an epoch goes by it, whether or not the store has taken it
    OwnEpoch,
    /// A lease does not say under which epochs it was taken
    LeaseWithoutEpochs,
    /// What the store has taken is shared without reading the epochs again
    ShareUnchecked,
    /// An error whose lease still stood is shared without reading the epochs again
    ShareErrorUnchecked,
    /// What a store holds that has come back with the past is believed
    PastTrusted,
    /// The same by calls that had begun before
    PastServedUnderWay,
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
            | Self::WriteThroughStores
            | Self::StampAfterLoad
            | Self::ScanForgetsLeases
            | Self::FillAfterExpiry
            | Self::InvalidateBeforeCommit
            | Self::TransactionFills
            | Self::ImpatientFills
            | Self::FurtherFillsAnyLease
            | Self::RefreshWithoutStamp => FRESH_STORE,
            Self::ReloadTooEarly => NEWEST_STAYS,
            Self::OverdueIgnored => FRESH_HIT,
            Self::OverdueFills => NO_OVERDUE_FILL,
            Self::ShareErrorUnconfirmed => FRESH_ERROR,
            Self::FollowersShareRefused
            | Self::ShareUnanswered
            | Self::JoinAfterCutoff
            | Self::ShareFurther
            | Self::ShareFoundValue => FRESH_SHARE,
            Self::ShareAwayLoad => FRESH_AWAY,
            Self::NoOutdate => NO_WAITING_IN_VAIN,
            Self::HandOverValue => FRESH_LOAD,
            Self::RefreshKeepsToken => ONE_TOKEN,
            Self::CancelForgetsFollowers => NO_WAITING_FOR_NOTHING,
            Self::CancelKeepsLease => NO_ORPHAN,
            _ => return self.violates_by_epochs(),
        };
        Some(property)
    }

    /// The same for mutants of scopes, and of a store that comes back with the past.
    fn violates_by_epochs(self) -> Option<&'static str> {
        let property = match self {
            Self::EpochsAfterLoad | Self::CountedEpochs | Self::PastTrusted => FRESH_STORE,
            Self::EpochsNotCompared
            | Self::NarrowestScopeOnly
            | Self::MissingEpochVouches
            | Self::NoneIsAnEpoch
            | Self::PastServedUnderWay => FRESH_HIT,
            Self::ShareUnchecked => FRESH_SHARE,
            Self::ShareErrorUnchecked => FRESH_ERROR,
            Self::OwnEpoch => ONE_LOAD,
            Self::LeaseWithoutEpochs => NO_WAITING_FOR_THE_PAST,
            _ => return None,
        };
        Some(property)
    }

    /// What may break sooner: how tokens are dealt out is a means, and of a mutant that breaks it the harm is of interest.
    #[must_use]
    pub(crate) fn overlooked(self) -> &'static [&'static str] {
        if self == Self::TokenPerProcess { &[ONE_TOKEN, ONE_LEASED_LOAD] } else { &[] }
    }

    /// The smallest world in which it does harm.
    #[must_use]
    pub fn world(self) -> Config {
        let small = Config::SMALL;
        let two_at_home = Config { processes: 1, callers: 2, ..small };
        let cancels = Faults { cancels: 1, ..Faults::NONE };
        let impatient = Faults { limits: 1, ..Faults::NONE };
        let outages = Faults { outages: 1, ..Faults::NONE };
        // A writer in the process of the flight would take it out of the map.
        let remote = Config { callers: 2, apart: true, ..small };
        match self {
            Self::TokenPerProcess | Self::NoOutdate => two_at_home,
            Self::FollowersShareRefused | Self::JoinAfterCutoff => remote,
            Self::ShareFoundValue => Config { callers: 2, ..small },
            Self::ShareErrorUnconfirmed => {
                Config { faults: Faults { failures: 1, ..Faults::NONE }, ..remote }
            }
            Self::ShareUnanswered => {
                Config { faults: Faults { lost: 1, ..Faults::NONE }, ..remote }
            }
            Self::ShareAwayLoad => Config { faults: outages, ..remote },
            Self::OverdueIgnored | Self::OverdueFills => Config { faults: outages, ..two_at_home },
            Self::WriteThroughStores => Config { writes: 2, ..small },
            Self::ReloadTooEarly => Config { reloads: 1, ..small },
            Self::TransactionFills => Config { writes: 2, transactions: 1, ..small },
            Self::ImpatientFills => {
                Config { faults: Faults { limits: 1, ..Faults::NONE }, ..small }
            }
            Self::FurtherFillsAnyLease => Config { callers: 2, faults: impatient, ..small },
            Self::ShareFurther => Config { callers: 3, faults: impatient, ..remote },
            Self::ScanForgetsLeases => Config { scan: true, ..small },
            Self::RefreshWithoutStamp => Config { refreshes: 1, callers: 3, ..remote },
            Self::RefreshKeepsToken => Config { processes: 3, refreshes: 2, writes: 0, ..small },
            Self::HandOverValue => Config { faults: cancels, ..remote },
            Self::CancelForgetsFollowers | Self::CancelKeepsLease => {
                Config { faults: cancels, ..two_at_home }
            }
            _ => self.world_with_epochs(),
        }
    }

    /// The same for mutants of scopes, and of a store that comes back with the past.
    fn world_with_epochs(self) -> Config {
        let (small, none) = (Config::SMALL, Faults::NONE);
        let scoped = Config { scopes: 1, ..small };
        let remote = Config { callers: 2, apart: true, ..scoped };
        match self {
            Self::PastTrusted | Self::PastServedUnderWay => {
                Config { faults: Faults { returns: 1, ..none }, ..small }
            }
            Self::NarrowestScopeOnly => Config { scopes: 2, ..small },
            Self::CountedEpochs => Config { faults: Faults { expiries: 1, ..none }, ..scoped },
            Self::OwnEpoch => Config { writes: 0, ..scoped },
            Self::ShareUnchecked => remote,
            Self::ShareErrorUnchecked => {
                Config { faults: Faults { failures: 1, ..none }, ..remote }
            }
            Self::EpochsAfterLoad
            | Self::EpochsNotCompared
            | Self::MissingEpochVouches
            | Self::NoneIsAnEpoch
            | Self::LeaseWithoutEpochs => scoped,
            _ => small,
        }
    }
}
