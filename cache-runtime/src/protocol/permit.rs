//! What a load may do with its value.

use crate::protocol::flight::{Landed, Seat};
use crate::protocol::lease::Lease;

/// What a load may do with its value.
#[derive(Debug)]
pub(crate) enum Grant {
    /// Store it, and share it once the store has taken it.
    Leased(Held),
    /// Share it with those who sat down before it began: the store is away, so that nobody can say what was invalidated
    /// since then.
    Away { seat: Option<Seat>, cutoff: usize },
    /// Share it with those who sat down before it began, and store it if the lease of the load beside
    /// which it runs still stands.
    Further { seat: Seat, cutoff: usize, lease: Option<Lease> },
    /// Return it to its own caller alone. A seat is kept while it loads: its turn is taken.
    Alone(Option<Seat>),
}

/// A lease with the seat of its flight. Dropped before the load has ended, the lease goes to the next in line.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) seat: Option<Seat>,
    /// Nothing once it was used.
    pub(crate) lease: Option<Lease>,
}

impl Drop for Held {
    fn drop(&mut self) {
        if let (Some(seat), Some(lease)) = (&self.seat, self.lease.take()) {
            seat.bequeath(lease);
        }
    }
}

impl Grant {
    pub(crate) fn leased(seat: Option<Seat>, lease: Lease) -> Self {
        Self::Leased(Held { seat, lease: Some(lease) })
    }

    pub(crate) fn seat(&self) -> Option<&Seat> {
        match self {
            Self::Leased(held) => held.seat.as_ref(),
            Self::Away { seat, .. } => seat.as_ref(),
            Self::Further { seat, .. } => Some(seat),
            Self::Alone(_) => None,
        }
    }
}

/// Ends a flight whose callers all have to look for themselves.
pub(crate) fn land_with_nothing(seat: Option<Seat>) {
    if let Some(seat) = seat {
        seat.land(0, Landed::Nothing);
    }
}
