//! Rules for the value of a load.

use crate::protocol::flight::{Landed, Member};
use crate::protocol::lease::Lease;

/// Rule for the value of one load.
#[derive(Debug)]
pub(crate) enum Permit {
    /// Stores the value, and shares it once the store has taken it.
    Store(LeasedMember),
    /// Shares the value with the callers that joined before the load began. The store is away, so
    /// nobody knows what was invalidated since then.
    ShareOnly { member: Option<Member>, joined_before: usize },
    /// Shares the value with the callers that joined before the load began. Stores it if the lease
    /// of the load beside which this one runs still stands.
    Beside { member: Member, joined_before: usize, lease: Option<Lease> },
    /// Returns the value to its own caller only. The load keeps its place in the flight, because it
    /// uses a turn.
    Private(Option<Member>),
}

/// A lease with the caller's place in its flight. If this value is dropped before the load has
/// ended, the lease goes to the next in line.
#[derive(Debug)]
pub(crate) struct LeasedMember {
    pub(crate) member: Option<Member>,
    /// The lease. `None` once it was used.
    pub(crate) lease: Option<Lease>,
}

impl Drop for LeasedMember {
    fn drop(&mut self) {
        if let (Some(member), Some(lease)) = (&self.member, self.lease.take()) {
            member.pass_lease(lease);
        }
    }
}

impl Permit {
    pub(crate) fn leased(member: Option<Member>, lease: Lease) -> Self {
        Self::Store(LeasedMember { member, lease: Some(lease) })
    }

    pub(crate) fn member(&self) -> Option<&Member> {
        match self {
            Self::Store(held) => held.member.as_ref(),
            Self::ShareOnly { member, .. } => member.as_ref(),
            Self::Beside { member, .. } => Some(member),
            Self::Private(_) => None,
        }
    }
}

/// Ends a flight whose callers all have to look for themselves.
pub(crate) fn land_with_nothing(member: Option<Member>) {
    if let Some(member) = member {
        member.land(0, Landed::Nothing);
    }
}
