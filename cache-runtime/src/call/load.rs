//! A load while it runs, and the end of a load with a value or an error.

use crate::cache::warnings::Kind;
use crate::call::session::{FoundEntry, Session};
use crate::entry::codec::Payload;
use crate::entry::kept::Kept;
use crate::protocol::ancestry::Ancestry;
use crate::protocol::flight::{Landed, Member};
use crate::protocol::lease::Lease;
use crate::protocol::permit::{LeasedMember, Permit, land_with_nothing};
use crate::rt::bridge;
use bytes::Bytes;
use futures_util::future::join;
use std::time::{Duration, Instant};

/// A load that runs, or has just ended.
pub(crate) struct Loading {
    session: Box<Session>,
    permit: Permit,
    started: Instant,
}

/// A value that is served in place of a load.
pub(crate) struct Fallback {
    pub(crate) found: FoundEntry,
    joined_before: usize,
}

/// A value that was loaded, in the form in which the value may leave its caller.
pub(crate) enum Loaded {
    /// Store the value, and share it.
    Keep { entry: Bytes, payload: Payload, ttl: Option<Duration> },
    /// Share the value without storing it.
    Share(Payload),
    /// Return the value to its own caller alone.
    Own,
}

impl Loading {
    pub(crate) fn begin(session: Box<Session>, permit: Permit) -> Self {
        session.counters().misses.increment();
        tracing::debug!(target: "cache_runtime", function = session.site().name, "miss");
        Self { session, permit, started: Instant::now() }
    }

    /// Returns the ancestry of the calls that the load makes.
    pub(crate) fn ancestry(&self) -> Option<Ancestry> {
        Ancestry::inside([&self.permit])
    }

    pub(crate) fn permit(&self) -> &Permit {
        &self.permit
    }

    /// Begins a new budget for the work that is left at the store.
    pub(crate) fn renew_budget(&mut self) {
        self.session.renew_budget();
    }

    /// Returns the time that the load has taken so far.
    pub(crate) fn cost(&self) -> Duration {
        self.started.elapsed()
    }

    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// Returns the token of the lease, which the entry will carry. Returns zero if the load has no
    /// lease.
    pub(crate) fn token(&self) -> u128 {
        match &self.permit {
            Permit::Store(LeasedMember { lease: Some(lease), .. })
            | Permit::Beside { lease: Some(lease), .. } => lease.token(),
            _ => 0,
        }
    }

    /// Tells whether the value may be stored.
    pub(crate) fn may_store(&self) -> bool {
        matches!(self.permit, Permit::Store(_) | Permit::Beside { lease: Some(_), .. })
    }

    /// Tells whether other callers wait for the result.
    pub(crate) fn has_company(&self) -> bool {
        self.permit.member().is_some_and(Member::has_company)
    }

    /// Tells whether a fallback existed when the load began.
    pub(crate) fn has_fallback(&self) -> bool {
        self.session.has_fallback()
    }

    /// Returns the time that the caller waits for the load before a fallback is served. Returns
    /// `None` if there is no fallback, so that the caller waits to the end.
    pub(crate) fn patience(&self) -> Option<Duration> {
        self.has_fallback().then(|| self.session.patience())
    }

    /// Looks for the fallback that is served in place of a load that failed or takes long.
    pub(crate) async fn fallback(mut self: Box<Self>) -> (Box<Self>, Option<Fallback>) {
        // Callers who have joined the flight by now may have the fallback.
        let joined_before = self.permit.member().map_or(0, Member::joined_before);
        let found = self.session.fallback().await;
        (self, found.map(|found| Fallback { found, joined_before }))
    }

    /// Gives the fallback to those who wait for the load that failed or took long. The next caller
    /// loads again.
    pub(crate) fn finish_with_fallback(
        self: Box<Self>,
        Fallback { found, joined_before }: Fallback,
    ) {
        let Self { session, permit, .. } = *self;
        session.counters().loads.increment();
        session.answered_with(&found);
        if session.cache().may_warn(Kind::Stale, Some(session.site())) {
            tracing::warn!(target: "cache_runtime", function = session.site().label(), "the load failed or took long; an earlier value is served");
        }
        match permit {
            Permit::Store(mut held) => {
                if let Some(member) = held.member.take() {
                    member.land(joined_before, found.landed());
                }
            }
            Permit::Beside { member, .. } => member.land(joined_before, found.landed()),
            Permit::ShareOnly { .. } | Permit::Private(_) => {}
        }
    }

    /// Stores and shares a value, as far as the permit goes.
    ///
    /// # Cancellation
    ///
    /// Dropping the future leaves the value stored whole or not at all. Callers that wait go on.
    pub(crate) async fn finish(self: Box<Self>, loaded: Loaded) {
        let Self { mut session, permit, .. } = *self;
        match permit {
            Permit::Store(mut held) => {
                if let Some(lease) = held.lease.take() {
                    settle(&mut session, held.member.take(), lease, loaded).await;
                }
            }
            Permit::ShareOnly { member: Some(member), joined_before } => {
                share(member, joined_before, loaded);
            }
            Permit::Beside { member, joined_before, lease } => {
                finish_beside(&mut session, (member, joined_before, lease), loaded).await;
            }
            Permit::ShareOnly { member: None, .. } | Permit::Private(_) => {}
        }
    }

    /// Hands an error on to the waiting callers, or hands on the turn. Nobody waits for this work,
    /// because the caller already has its error.
    pub(crate) fn fail(self: Box<Self>, error: Option<Kept>) {
        let Self { session, permit, .. } = *self;
        // mutant: errors are not shared
        let error = error.map(Landed::Error);
        match (permit, error) {
            (Permit::Store(mut held), error) => {
                if let (Some(member), Some(lease)) = (held.member.take(), held.lease.take()) {
                    fail_under(session, member, lease, error);
                }
            }
            (
                Permit::ShareOnly { member: Some(member), joined_before }
                | Permit::Beside { member, joined_before, .. },
                Some(error),
                // mutant: an error beside is for its own caller
            ) => member.land(joined_before, error),
            (Permit::ShareOnly { member: Some(member), .. }, None) => member.fail(),
            // Callers that wait go on waiting for the load beside which this load ran.
            (Permit::Beside { .. }, None)
            | (Permit::ShareOnly { member: None, .. } | Permit::Private(_), _) => {}
        }
    }
}

/// Hands an error on if nothing was invalidated during the load. If there is no error that others
/// may have, or if the lease stands inside an entry, the turn goes to the next caller. An entry
/// that a failed refresh was to replace stays.
fn fail_under(session: Box<Session>, member: Member, lease: Lease, error: Option<Landed>) {
    match error {
        Some(error) if !lease.is_inside_entry() => {
            bridge::spawn_detached(session.needs_tokio(), confirm(session, member, lease, error));
        }
        _ => pass_on(member, lease),
    }
}

/// Stores a value that was loaded beside another load, if nothing was invalidated since before this
/// load began. The value is shared with those who joined before that: for them the value is as good
/// as a load of their own.
async fn finish_beside(
    session: &mut Session,
    (member, joined_before, lease): (Member, usize, Option<Lease>),
    loaded: Loaded,
) {
    let payload = match loaded {
        Loaded::Keep { entry, payload, ttl } => {
            if let Some(lease) =
                lease.filter(|lease| !session.is_overdue() && lease.has_room(&entry))
            {
                fill(session, None, lease, (entry, payload.clone(), ttl)).await;
            }
            payload
        }
        Loaded::Share(payload) => payload,
        Loaded::Own => return,
    };
    member.land(joined_before, Landed::Value(payload));
}

/// Shares a value while the store is away.
fn share(member: Member, joined_before: usize, loaded: Loaded) {
    match loaded {
        Loaded::Keep { payload, .. } | Loaded::Share(payload) => {
            member.land(joined_before, Landed::Value(payload));
        }
        Loaded::Own => member.fail(),
    }
}

/// Ends a lease with the value that was loaded under it.
async fn settle(session: &mut Session, member: Option<Member>, lease: Lease, loaded: Loaded) {
    match (loaded, member) {
        // A failed invalidation may concern the value. The lease says nothing about that.
        // mutant: a load from before a failed invalidation is stored
        (Loaded::Keep { .. } | Loaded::Share(_), member) if session.is_overdue() => {
            session.counters().rejected_fills.increment();
            give_up(session, lease).await;
            land_with_nothing(member);
        }
        (Loaded::Keep { entry, payload, ttl }, member) if lease.has_room(&entry) => {
            fill(session, member, lease, (entry, payload, ttl)).await;
        }
        // mutant: a load without a flight is not counted when its value has no room
        (Loaded::Keep { payload, .. }, member) => {
            session.counters().skipped.increment();
            match member {
                Some(member) => confirm_with(session, member, lease, Landed::Value(payload)).await,
                None => _ = give_up(session, lease).await,
            }
        }
        (Loaded::Share(payload), Some(member)) => {
            confirm_with(session, member, lease, Landed::Value(payload)).await;
        }
        (Loaded::Own, Some(member)) if member.has_company() => pass_on(member, lease),
        // An entry that is too large for this handle stays for handles with a larger
        // `max_entry_size`.
        // mutant: an entry that is too large is deleted
        (Loaded::Own, _seat) if lease.is_inside_entry() && !session.replaces() => {}
        (Loaded::Share(_) | Loaded::Own, _seat) => {
            give_up(session, lease).await;
        }
    }
}

/// Gives up the lease of a key. Returns whether the lease still stood. A caller who comes meanwhile
/// waits behind this turn.
async fn give_up(session: &mut Session, lease: Lease) -> bool {
    let given_up = lease.give_up(session.budget()).await;
    given_up.unwrap_or_else(|error| {
        session.cache().note_fault(session.function(), &error);
        false
    })
}

/// Stores a value, and finishes the flight with it if the store has taken the value.
async fn fill(
    session: &mut Session,
    member: Option<Member>,
    lease: Lease,
    (entry, payload, ttl): (Bytes, Payload, Option<Duration>),
) {
    let joined_before = member.as_ref().map_or(0, Member::joined_before);
    let mut budget = *session.budget();
    let filled = lease.fill(entry, ttl, &mut budget);
    // The value may be stored while its scope is invalidated. Such an entry is read by nobody, and
    // its value is given to nobody here.
    let (filled, is_current) = join(filled, session.is_within_its_scopes(ttl)).await;
    let landed = match filled {
        // mutant: a fill speaks for its scopes
        Ok(true) if is_current => {
            session.counters().stores.increment();
            session.cache().note_success();
            tracing::debug!(target: "cache_runtime", function = session.site().name, ttl = ?ttl, "stored");
            Landed::Value(payload)
        }
        // The value may have been stored, but its epochs have changed.
        Ok(_) => {
            session.counters().rejected_fills.increment();
            // mutant: a value that was refused is shared
            tracing::debug!(target: "cache_runtime", function = session.site().name, "not stored: invalidated meanwhile");
            Landed::Nothing
        }
        Err(error) => {
            session.cache().note_fault(session.function(), &error);
            Landed::Nothing
        }
    };
    if let Some(member) = member {
        member.land(joined_before, landed);
    }
}

/// Finishes a flight with a value or an error that is not stored, if nothing was invalidated during
/// the load.
async fn confirm_with(session: &mut Session, member: Member, lease: Lease, landed: Landed) {
    let joined_before = member.joined_before();
    // mutant: an error from before a write is shared
    if give_up(session, lease).await && session.is_within_its_scopes(Some(Duration::ZERO)).await {
        member.land(joined_before, landed);
    } else {
        member.land(0, Landed::Nothing);
    }
}

async fn confirm(mut session: Box<Session>, member: Member, lease: Lease, landed: Landed) {
    confirm_with(&mut session, member, lease, landed).await;
}

/// Leaves the lease and the turn to others, because the loaded value is for its own caller alone.
fn pass_on(member: Member, lease: Lease) {
    member.pass_lease(lease);
    member.fail();
}
