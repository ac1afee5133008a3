//! What a load may do with its value.

use crate::protocol::flight::{Landed, Member};
use crate::protocol::lease::Lease;

/// What a load may do with its value.
#[derive(Debug)]
pub(crate) enum Permit {
    /// Store it, and share it once the store has taken it.
    Store(LeasedMember),
    /// Share it with those who sat down before it began: the store is away, so that nobody can say what was invalidated
    /// since then.
    ShareOnly { member: Option<Member>, joined_before: usize },
    /// Share it with those who sat down before it began, and store it if the lease of the load beside
    /// which it runs still stands.
    Beside { member: Member, joined_before: usize, lease: Option<Lease> },
    /// Return it to its own caller alone. A seat is kept while it loads: its turn is taken.
    Private(Option<Member>),
}

/// A lease with the seat of its flight. Dropped before the load has ended, the lease goes to the next in line.
#[derive(Debug)]
pub(crate) struct LeasedMember {
    pub(crate) member: Option<Member>,
    /// Nothing once it was used.
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
