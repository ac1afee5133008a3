//! One moment of the whole world: the database, the store, and what every caller and writer is doing.
//!
//! The state is plain data of a fixed size, because millions of it are copied and hashed.

use crate::config::Faults;

/// The most callers that a state has room for.
pub(crate) const CALLERS: usize = 6;
/// The most processes.
pub(crate) const PROCESSES: usize = 3;
/// The most writers.
pub(crate) const WRITERS: usize = 3;
/// The most scopes of the key.
pub(crate) const SCOPES: usize = 2;

/// What the database holds: the number of commits so far.
pub type Version = u8;

/// One random token. Only equality matters, so that a number that nobody remembers may be used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Token(pub u8);

/// The epochs of the key's scopes, the widest scope's first; zero: there is none, or nobody knows
/// it. As with tokens, only equality matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Epochs(pub(crate) [u8; SCOPES]);

/// Which flight; a number is used again when its flight has ended.
pub type Flight = u8;

/// Everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The newest committed version.
    pub database: Version,
    /// The key in the store.
    pub key: Key,
    /// The epochs in the store.
    pub epochs: Epochs,
    /// The calls; those that the configuration leaves out stay idle.
    pub callers: [Caller; CALLERS],
    /// The writes, likewise.
    pub writers: [Writer; WRITERS],
    /// For each process, the flight of the key that a caller would join.
    pub map: [Option<Flight>; PROCESSES],
    /// What the callers of each flight share.
    pub seats: [Seats; CALLERS],
    /// Which processes cannot reach the store now.
    pub away: [bool; PROCESSES],
    /// What the store has written down, and comes back with when it starts again.
    pub saved: Option<(Key, Epochs)>,
    /// Which processes take what the store holds for missing, until they have deleted it: it has
    /// come back with the past.
    pub doubt: [bool; PROCESSES],
    /// A fill on its way to the store whose sender does not wait for it any more.
    pub late: Option<(Right, Version, Epochs)>,
    /// What may still go wrong.
    pub left: Faults,
}

/// What the callers of one flight share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Seats {
    /// How many callers have ever joined: the next one's index. Zero: there is no such flight.
    pub joined: u8,
    /// Whether a load has failed with an error that nobody else could have: everybody has the turn.
    pub has_failed: bool,
    /// The right of a load that was given up, for the load that comes next.
    pub left: Option<Right>,
}

/// What the key holds in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// Nothing.
    Absent,
    /// The right of a load that is to fill it.
    Lease {
        /// The load's.
        token: Token,
        /// The epochs that were read before the load began.
        epochs: Epochs,
    },
    /// A value.
    Entry {
        /// How old the value is.
        version: Version,
        /// The token under which it was stored, or that a refresh has put there since.
        token: Token,
        /// The epochs that were read before its load began.
        epochs: Epochs,
    },
}

/// Under which condition the store accepts a fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Right {
    /// The key must still hold this lease.
    Lease(Token),
    /// The key must still hold the entry that carries this token: a refresh.
    Stamp(Token),
    /// The store is away: the value is not sent. Followers with an index below the cutoff share it.
    Away {
        /// Callers that had joined when the load began.
        cutoff: u8,
    },
    /// Another load is under way, and this caller has waited long enough for it. What it loads is for followers with an
    /// index below the cutoff, and stored if the lease still stands that it has seen before.
    Further {
        /// Callers that had joined when the load began.
        cutoff: u8,
        /// The lease that it has seen; none: the value is not sent.
        seen: Option<Token>,
        /// Whether it has the flight's turn: it has waited for another process.
        has_turn: bool,
    },
    /// Somebody else has the lease after a failure: the value is for its own caller.
    Alone,
    /// Mutants only: there must be an entry, whichever.
    AnyEntry,
    /// Mutants only: none.
    Always,
    /// Mutants only: the lease is taken after the load.
    Untaken,
}

/// One call of the cached function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Caller {
    /// The newest version that the call must see: its write had returned when the call began.
    pub floor: Version,
    /// The epochs that it has read, those of before its load while there is one.
    pub epochs: Epochs,
    /// What it is doing.
    pub phase: Phase,
}

/// What a caller is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// The call has not begun.
    Idle,
    /// Is to read the key, again.
    Reading,
    /// Found no entry of the present, and has not asked yet whether a flight is on its way.
    Missed {
        /// What stands there and is of the past.
        past: Option<Token>,
    },
    /// Waits for the flight's leader.
    Following {
        /// The flight.
        flight: Flight,
        /// How many had joined it before.
        index: u8,
    },
    /// Works for the flight.
    Leading {
        /// The flight.
        flight: Flight,
        /// Not zero if it was handed the lead.
        index: u8,
        /// How far it has come.
        stage: Stage,
    },
    /// The caller is gone or answered; a duty deletes its lease if it still stands.
    Releasing(Token),
    /// Answered as promised, or gone.
    Over,
    /// Was given a value older than a write that had returned before the call began.
    Stale(Source),
}

/// How far a flight's leader has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Has been given the turn, and does not know it yet.
    Called,
    /// A refresh that found this and is to put its token there.
    Seizing(Key),
    /// Is to read the epochs, and to make those that are missing.
    AskingEpochs {
        /// What comes then.
        then: Then,
        /// How often it has made some.
        made: u8,
    },
    /// Is to make the epochs that it has not found.
    MakingEpochs {
        /// What comes then.
        then: Then,
        /// How often it has made some.
        made: u8,
    },
    /// Is to take the lease if the key is absent.
    Acquiring {
        /// Or if this still stands there, which is of the past.
        past: Option<Token>,
    },
    /// Lost it: waits until the key holds no lease.
    Waiting,
    /// Waited, and read an entry.
    Found(Version),
    /// The load has begun and has not read the database yet.
    Loading(Right),
    /// The load has ended.
    Loaded(Right, Version),
    /// What ends the load is on its way.
    Sent {
        /// What the store is asked.
        ending: Ending,
        /// Its condition.
        right: Right,
        /// The value's.
        version: Version,
        /// Callers that had joined when it was sent.
        cutoff: u8,
        /// What is known of the epochs.
        check: Check,
    },
    /// The store has answered, and the followers do not know yet.
    Answered {
        /// What it answered.
        verdict: Verdict,
        /// What it was asked.
        ending: Ending,
        /// Its condition.
        right: Right,
        /// The value's.
        version: Version,
        /// Callers that had joined when it was sent.
        cutoff: u8,
        /// What is known of the epochs.
        check: Check,
    },
}

/// What a leader does when it knows the epochs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Then {
    /// Takes the lease of a key that is absent, or holds this, which is of the past.
    Acquire(Option<Token>),
    /// Judges what it has read before.
    Judge(Key),
    /// Takes the key whatever is there: a refresh.
    Seize,
    /// Loads, with the right that was left to it.
    Load(Right),
}

/// Whether the epochs are at the end of a load what they were before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Check {
    /// They are to be read.
    Due,
    /// They are, or it does not matter.
    Passed,
    /// They are not, or nobody can say.
    Failed,
}

/// What a leader asks of the store when its load is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// To store the value if the right still stands.
    Fill,
    /// To delete the key if the right still stands: there is an error, or a value that is not to be stored.
    Release,
}

/// What came of a fill or a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The condition held, and it is done.
    Accepted,
    /// The condition did not hold.
    Refused,
    /// No answer: it may be done, now or later.
    Unknown,
}

/// Where an answer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// From the store.
    Hit,
    /// From a flight, whose value is stored.
    Share,
    /// From a flight, whose error or value is not stored: its lease still stood.
    Confirmed,
    /// From a flight whose store was away.
    AwayShare,
    /// From the caller's own load.
    Load,
}

/// One write and its invalidation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Writer {
    /// Has not begun.
    Idle,
    /// A transaction is open. It reads what the database held when it began.
    Begun(Version),
    /// The database has the new version.
    Committed(Version),
    /// Nobody can join the process' older flight any more.
    Outdated(Version),
    /// SCAN has returned the key.
    Seen(Version),
    /// Mutants only: the key is deleted, and the write goes on.
    Deleted(Version),
    /// The deletion has failed, and the write has returned: from here on nobody in its process may be given an older
    /// version. The process is to make up for it.
    Overdue(Version),
    /// The same, and SCAN has returned the key to the process that makes up for it.
    SeenAgain(Version),
    /// The key is deleted at last; the process still takes it for missing.
    MadeUp(Version),
    /// The write has returned: from here on nobody may be given an older version.
    Returned(Version),
    /// Died before the invalidation: nothing is promised.
    Gone,
}

impl Key {
    /// The token that stands there.
    #[must_use]
    pub fn token(self) -> Option<Token> {
        match self {
            Self::Absent => None,
            Self::Lease { token, .. } | Self::Entry { token, .. } => Some(token),
        }
    }

    /// Whether it is the lease with this token.
    #[must_use]
    pub fn is_lease_of(self, mine: Token) -> bool {
        matches!(self, Self::Lease { token, .. } if token == mine)
    }

    /// Whether a compare-and-set that expects `seen` succeeds.
    #[must_use]
    pub fn is_still(self, seen: Self) -> bool {
        let kinds = std::mem::discriminant(&self) == std::mem::discriminant(&seen);
        kinds && self.token() == seen.token()
    }

    /// Whether it is a lease.
    #[must_use]
    pub fn is_lease(self) -> bool {
        matches!(self, Self::Lease { .. })
    }
}

impl Epochs {
    /// None of them.
    pub const NONE: Self = Self([0; SCOPES]);

    /// Whether there is one of each scope, where there are so many.
    #[must_use]
    pub fn are_whole(self, scopes: usize) -> bool {
        self.0[..scopes].iter().all(|epoch| *epoch != 0)
    }

    /// Whether an entry that carries those is of the present, where these are in the store.
    #[must_use]
    pub fn vouch_for(self, carried: Self, scopes: usize) -> bool {
        self.are_whole(scopes) && self == carried
    }

    /// Whether a lease that carries those may end in an entry of the present.
    #[must_use]
    pub fn may_become(self, carried: Self, scopes: usize) -> bool {
        carried == Self::NONE || !self.are_whole(scopes) || self == carried
    }
}

impl Right {
    /// The token that the fill carries.
    #[must_use]
    pub fn token(self) -> Option<Token> {
        match self {
            Self::Lease(token) | Self::Stamp(token) => Some(token),
            _ => None,
        }
    }

    /// Whether what is loaded is not sent to the store.
    #[must_use]
    pub fn never_stores(self) -> bool {
        matches!(self, Self::Away { .. } | Self::Alone | Self::Further { seen: None, .. })
    }

    /// The lease that the holder has to release.
    #[must_use]
    pub fn lease(self) -> Option<Token> {
        if let Self::Lease(token) = self { Some(token) } else { None }
    }
}

impl Stage {
    /// The right of the load, once there is one.
    #[must_use]
    pub fn right(self) -> Option<Right> {
        match self {
            Self::AskingEpochs { then: Then::Load(right), .. }
            | Self::MakingEpochs { then: Then::Load(right), .. }
            | Self::Loading(right)
            | Self::Loaded(right, _)
            | Self::Sent { right, .. }
            | Self::Answered { right, .. } => Some(right),
            _ => None,
        }
    }

    /// Whether it is that of the flight's turn, and not a load beside it.
    #[must_use]
    pub fn has_turn(self) -> bool {
        !matches!(self.right(), Some(Right::Further { has_turn: false, .. }))
    }

    /// The value of a load that is over.
    #[must_use]
    pub fn loaded(self) -> Option<Version> {
        match self {
            Self::Loaded(_, version)
            | Self::Sent { version, .. }
            | Self::Answered { version, .. } => Some(version),
            _ => None,
        }
    }
}

impl Seats {
    /// No flight.
    pub const NONE: Self = Self { joined: 0, has_failed: false, left: None };
}

impl Caller {
    /// One that has not begun.
    pub const IDLE: Self = Self { floor: 0, epochs: Epochs::NONE, phase: Phase::Idle };
    /// One that needs nothing any more. Its floor is forgotten: it would only multiply states.
    pub const OVER: Self = Self { phase: Phase::Over, ..Self::IDLE };

    /// Its stage, if it leads a flight.
    #[must_use]
    pub fn stage(&self) -> Option<Stage> {
        if let Phase::Leading { stage, .. } = self.phase { Some(stage) } else { None }
    }

    /// The token whose lease it holds or believes to hold, while somebody still works under it.
    #[must_use]
    pub fn held(&self) -> Option<Token> {
        match self.phase {
            Phase::Releasing(token) => Some(token),
            _ => self.stage().and_then(Stage::right).and_then(Right::token),
        }
    }

    /// The token of a load that has not been sent to the store yet.
    #[must_use]
    pub fn loading(&self) -> Option<Token> {
        match self.stage() {
            Some(Stage::Loading(right) | Stage::Loaded(right, _)) => right.token(),
            _ => None,
        }
    }

    /// Whether its epochs are of any use to it.
    #[must_use]
    pub(crate) fn needs_epochs(&self) -> bool {
        let Phase::Leading { stage, .. } = self.phase else {
            return matches!(self.phase, Phase::Missed { .. });
        };
        match stage {
            Stage::Called | Stage::Waiting | Stage::Found(_) | Stage::AskingEpochs { .. } => false,
            _ => !stage.right().is_some_and(Right::never_stores),
        }
    }

    /// Whether somebody waits for its answer.
    #[must_use]
    pub fn is_live(&self) -> bool {
        !matches!(self.phase, Phase::Idle | Phase::Releasing(_) | Phase::Over | Phase::Stale(_))
    }
}

impl State {
    /// Before anything has happened.
    #[must_use]
    pub fn new(faults: Faults) -> Self {
        Self {
            database: 0,
            key: Key::Absent,
            epochs: Epochs::NONE,
            callers: [Caller::IDLE; CALLERS],
            writers: [Writer::Idle; WRITERS],
            map: [None; PROCESSES],
            seats: [Seats::NONE; CALLERS],
            away: [false; PROCESSES],
            saved: None,
            doubt: [false; PROCESSES],
            late: None,
            left: faults,
        }
    }

    /// The newest version that everybody must see.
    #[must_use]
    pub fn returned(&self) -> Version {
        self.writers.iter().filter_map(Writer::returned).max().unwrap_or(0)
    }

    /// Whether a process can learn nothing from the store: it cannot be reached, or is not to be
    /// believed.
    #[must_use]
    pub fn tells_nothing(&self, process: usize) -> bool {
        self.away[process] || self.doubt[process]
    }

    /// Whether the key holds a lease with which nobody does anything any more.
    #[must_use]
    pub fn has_orphaned_lease(&self) -> bool {
        let Key::Lease { token, .. } = self.key else { return false };
        let is_left = |seats: &Seats| seats.left.and_then(Right::lease) == Some(token);
        let is_held = |caller: &Caller| caller.held() == Some(token);
        !self.callers.iter().any(is_held) && !self.seats.iter().any(is_left)
    }

    /// The value that readers trust: its entry carries the epochs of the present.
    #[must_use]
    pub fn trusted(&self, scopes: usize) -> Option<Version> {
        match self.key {
            Key::Entry { version, epochs, .. } if self.epochs.vouch_for(epochs, scopes) => {
                Some(version)
            }
            _ => None,
        }
    }

    /// What the key holds of the past: an entry that nobody trusts, or the lease of a load that can
    /// bring no other.
    #[must_use]
    pub fn past(&self, scopes: usize) -> Option<Token> {
        match self.key {
            Key::Entry { token, epochs, .. } if !self.epochs.vouch_for(epochs, scopes) => {
                Some(token)
            }
            Key::Lease { token, epochs } if !self.epochs.may_become(epochs, scopes) => Some(token),
            _ => None,
        }
    }

    /// Whether somebody has the turn of a flight.
    #[must_use]
    pub fn has_turn_holder(&self, flight: Flight) -> bool {
        self.stages(flight).any(Stage::has_turn)
    }

    /// Those who wait for a flight to land, with their indices; who has the turn and does not know it waits, too.
    pub fn waiting(&self, of: Flight) -> impl Iterator<Item = (usize, u8)> + '_ {
        self.callers.iter().enumerate().filter_map(move |(id, caller)| match caller.phase {
            Phase::Following { flight, index }
            | Phase::Leading { flight, index, stage: Stage::Called }
                if flight == of =>
            {
                Some((id, index))
            }
            _ => None,
        })
    }

    /// Those who wait for the turn as well.
    pub fn followers(&self, of: Flight) -> impl Iterator<Item = (usize, u8)> + '_ {
        self.callers.iter().enumerate().filter_map(move |(id, caller)| match caller.phase {
            Phase::Following { flight, index } if flight == of => Some((id, index)),
            _ => None,
        })
    }

    /// How far those have come who lead a flight: one, or after a failure several.
    pub fn stages(&self, of: Flight) -> impl Iterator<Item = Stage> + '_ {
        self.callers.iter().filter_map(move |caller| match caller.phase {
            Phase::Leading { flight, stage, .. } if flight == of => Some(stage),
            _ => None,
        })
    }

    /// Whether anybody sits in a flight.
    #[must_use]
    pub fn is_empty(&self, flight: Flight) -> bool {
        self.stages(flight).next().is_none() && self.followers(flight).next().is_none()
    }
}

impl Writer {
    /// The version that everybody must see from now on.
    #[must_use]
    pub fn returned(&self) -> Option<Version> {
        match self {
            Self::Returned(version) | Self::MadeUp(version) => Some(*version),
            _ => None,
        }
    }

    /// The version that everybody in its own process must see from now on.
    #[must_use]
    pub fn returned_at_home(&self) -> Option<Version> {
        match self {
            Self::Overdue(version) | Self::SeenAgain(version) => Some(*version),
            _ => self.returned(),
        }
    }

    /// Whether it has begun, and its process has something to do for it yet.
    #[must_use]
    pub fn is_under_way(&self) -> bool {
        !matches!(self, Self::Idle | Self::Returned(_) | Self::Gone)
    }

    /// Whether its process takes the key for missing.
    #[must_use]
    pub fn is_overdue(&self) -> bool {
        matches!(self, Self::Overdue(_) | Self::SeenAgain(_) | Self::MadeUp(_))
    }
}
