//! A load while it runs, and what becomes of its value or its error.

use crate::cache::warnings::Kind;
use crate::call::session::{Found, Session};
use crate::entry::codec::Payload;
use crate::entry::kept::Kept;
use crate::protocol::ancestry::Ancestry;
use crate::protocol::flight::{Landed, Seat};
use crate::protocol::lease::Lease;
use crate::protocol::permit::{Grant, Held, land_with_nothing};
use crate::rt::bridge;
use bytes::Bytes;
use futures_util::future::join;
use std::time::{Duration, Instant};

/// A load that runs, or has just ended.
pub(crate) struct Loading {
    session: Box<Session>,
    grant: Grant,
    started: Instant,
}

/// What is served in place of a load.
pub(crate) struct Spare {
    pub(crate) found: Found,
    cutoff: usize,
}

/// A value that was loaded, as far as it can leave its caller.
pub(crate) enum Loaded {
    /// To be stored.
    Keep { entry: Bytes, payload: Payload, time_to_live: Option<Duration> },
    /// Not to be stored; others may have it.
    Share(Payload),
    /// For its own caller alone.
    Own,
}

impl Loading {
    pub(crate) fn begin(session: Box<Session>, grant: Grant) -> Self {
        session.counters().misses.increment();
        tracing::debug!(target: "cache_runtime", function = session.site().name, "miss");
        Self { session, grant, started: Instant::now() }
    }

    /// What the calls stand in that the load makes.
    pub(crate) fn ancestry(&self) -> Option<Ancestry> {
        Ancestry::inside([&self.grant])
    }

    pub(crate) fn grant(&self) -> &Grant {
        &self.grant
    }

    /// Gives what is left to do at the store the whole time that store calls may take.
    pub(crate) fn renew_budget(&mut self) {
        self.session.renew_budget();
    }

    /// How long the load has taken.
    pub(crate) fn cost(&self) -> Duration {
        self.started.elapsed()
    }

    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// The token of the lease, which an entry carries on; zero: none.
    pub(crate) fn token(&self) -> u128 {
        match &self.grant {
            Grant::Leased(Held { lease: Some(lease), .. })
            | Grant::Further { lease: Some(lease), .. } => lease.token(),
            _ => 0,
        }
    }

    /// Whether a value could be stored.
    pub(crate) fn may_store(&self) -> bool {
        matches!(self.grant, Grant::Leased(_) | Grant::Further { lease: Some(_), .. })
    }

    /// Whether others wait for the result.
    pub(crate) fn has_company(&self) -> bool {
        self.grant.seat().is_some_and(Seat::has_company)
    }

    /// Whether there was something to serve in place of the load when it began.
    pub(crate) fn has_spare(&self) -> bool {
        self.session.has_spare()
    }

    /// How long its caller waits for the load before it is served what there is; `None`: to the end.
    pub(crate) fn patience(&self) -> Option<Duration> {
        self.has_spare().then(|| self.session.patience())
    }

    /// Looks for what is served in place of a load that failed or takes long.
    pub(crate) async fn spare(mut self: Box<Self>) -> (Box<Self>, Option<Spare>) {
        // Others who sit in the flight by now may have it.
        let cutoff = self.grant.seat().map_or(0, Seat::cutoff);
        let found = self.session.spare().await;
        (self, found.map(|found| Spare { found, cutoff }))
    }

    /// Gives what there is to those who wait for the load that failed, and leaves it to the next caller to load anew.
    pub(crate) fn land_spare(self: Box<Self>, Spare { found, cutoff }: Spare) {
        let Self { session, grant, .. } = *self;
        session.counters().loads.increment();
        session.answered_with(&found);
        if session.cache().may_warn(Kind::Stale, Some(session.site())) {
            tracing::warn!(target: "cache_runtime", function = session.site().label(), "the load failed or took long; an earlier value is served");
        }
        match grant {
            Grant::Leased(mut held) => {
                if let Some(seat) = held.seat.take() {
                    seat.land(cutoff, found.landed());
                }
            }
            Grant::Further { seat, .. } => seat.land(cutoff, found.landed()),
            Grant::Away { .. } | Grant::Alone(_) => {}
        }
    }

    /// Stores and shares a value, as far as the grant goes.
    ///
    /// # Cancellation
    ///
    /// The value is stored or not; whoever waits goes on.
    pub(crate) async fn finish(self: Box<Self>, loaded: Loaded) {
        let Self { mut session, grant, .. } = *self;
        match grant {
            Grant::Leased(mut held) => {
                if let Some(lease) = held.lease.take() {
                    settle(&mut session, held.seat.take(), lease, loaded).await;
                }
            }
            Grant::Away { seat: Some(seat), cutoff } => share(seat, cutoff, loaded),
            Grant::Further { seat, cutoff, lease } => {
                finish_beside(&mut session, (seat, cutoff, lease), loaded).await;
            }
            Grant::Away { seat: None, .. } | Grant::Alone(_) => {}
        }
    }

    /// Hands an error on, or the turn. Nobody waits for it: the caller has its error already.
    pub(crate) fn fail(self: Box<Self>, error: Option<Kept>) {
        let Self { session, grant, .. } = *self;
        let error = error.map(Landed::Error);
        match (grant, error) {
            (Grant::Leased(mut held), error) => {
                if let (Some(seat), Some(lease)) = (held.seat.take(), held.lease.take()) {
                    fail_under(session, seat, lease, error);
                }
            }
            (
                Grant::Away { seat: Some(seat), cutoff } | Grant::Further { seat, cutoff, .. },
                Some(error),
            ) => seat.land(cutoff, error),
            (Grant::Away { seat: Some(seat), .. }, None) => seat.fail(),
            // Who waits goes on waiting for the load beside which this one ran.
            (Grant::Further { .. }, None)
            | (Grant::Away { seat: None, .. } | Grant::Alone(_), _) => {}
        }
    }
}

/// Hands an error on if nothing was invalidated during the load; one that nobody can have hands the turn on. What a failed
/// refresh was to replace stays.
fn fail_under(session: Box<Session>, seat: Seat, lease: Lease, error: Option<Landed>) {
    match error {
        Some(error) if !lease.is_inside_entry() => {
            bridge::detach(session.needs_tokio(), confirm(session, seat, lease, error));
        }
        _ => pass_on(seat, lease),
    }
}

/// Stores what was loaded beside another load, if nothing was invalidated since before it began,
/// and shares it with those who sat down before that: to them it is as good as a load of their own.
async fn finish_beside(
    session: &mut Session,
    (seat, cutoff, lease): (Seat, usize, Option<Lease>),
    loaded: Loaded,
) {
    let payload = match loaded {
        Loaded::Keep { entry, payload, time_to_live } => {
            if let Some(lease) =
                lease.filter(|lease| !session.is_overdue() && lease.has_room(&entry))
            {
                fill(session, None, lease, (entry, payload.clone(), time_to_live)).await;
            }
            payload
        }
        Loaded::Share(payload) => payload,
        Loaded::Own => return,
    };
    seat.land(cutoff, Landed::Value(payload));
}

/// Shares a value while the store is away.
fn share(seat: Seat, cutoff: usize, loaded: Loaded) {
    match loaded {
        Loaded::Keep { payload, .. } | Loaded::Share(payload) => {
            seat.land(cutoff, Landed::Value(payload));
        }
        Loaded::Own => seat.fail(),
    }
}

/// Ends a lease with the value that was loaded under it.
async fn settle(session: &mut Session, seat: Option<Seat>, lease: Lease, loaded: Loaded) {
    match (loaded, seat) {
        // An invalidation that the store has failed may concern it: the lease says nothing then.
        (Loaded::Keep { .. } | Loaded::Share(_), seat) if session.is_overdue() => {
            session.counters().rejected_fills.increment();
            give_up(session, lease).await;
            land_with_nothing(seat);
        }
        (Loaded::Keep { entry, payload, time_to_live }, seat) if lease.has_room(&entry) => {
            fill(session, seat, lease, (entry, payload, time_to_live)).await;
        }
        (Loaded::Keep { payload, .. }, seat) => {
            session.counters().skipped.increment();
            match seat {
                Some(seat) => confirm_with(session, seat, lease, Landed::Value(payload)).await,
                None => _ = give_up(session, lease).await,
            }
        }
        (Loaded::Share(payload), Some(seat)) => {
            confirm_with(session, seat, lease, Landed::Value(payload)).await;
        }
        (Loaded::Own, Some(seat)) if seat.has_company() => pass_on(seat, lease),
        // An entry that is too large for this handle stays for those who take more.
        (Loaded::Own, _seat) if lease.is_inside_entry() && !session.replaces() => {}
        (Loaded::Share(_) | Loaded::Own, _seat) => {
            give_up(session, lease).await;
        }
    }
}

/// Gives the key up when nobody waits; whoever comes meanwhile sits behind this turn.
async fn give_up(session: &mut Session, lease: Lease) -> bool {
    let given_up = lease.give_up(session.budget()).await;
    given_up.unwrap_or_else(|error| {
        session.cache().note_fault(session.function(), &error);
        false
    })
}

/// Stores a value, and lands the flight with it if the store has taken it.
async fn fill(
    session: &mut Session,
    seat: Option<Seat>,
    lease: Lease,
    (entry, payload, time_to_live): (Bytes, Payload, Option<Duration>),
) {
    let cutoff = seat.as_ref().map_or(0, Seat::cutoff);
    let mut budget = *session.budget();
    let filled = lease.fill(entry, time_to_live, &mut budget);
    // It may have been stored, and its scope invalidated meanwhile: nobody will read it, and nobody may be given it here.
    let (filled, is_current) = join(filled, session.is_within_its_scopes(time_to_live)).await;
    let landed = match filled {
        Ok(true) if is_current => {
            session.counters().stores.increment();
            session.cache().note_success();
            tracing::debug!(target: "cache_runtime", function = session.site().name, ttl = ?time_to_live, "stored");
            Landed::Value(payload)
        }
        // Stored perhaps, and trusted by nobody.
        Ok(_) => {
            session.counters().rejected_fills.increment();
            tracing::debug!(target: "cache_runtime", function = session.site().name, "not stored: invalidated meanwhile");
            Landed::Nothing
        }
        Err(error) => {
            session.cache().note_fault(session.function(), &error);
            Landed::Nothing
        }
    };
    if let Some(seat) = seat {
        seat.land(cutoff, landed);
    }
}

/// Lands a flight with what is not stored, if nothing was invalidated during the load.
async fn confirm_with(session: &mut Session, seat: Seat, lease: Lease, landed: Landed) {
    let cutoff = seat.cutoff();
    if give_up(session, lease).await && session.is_within_its_scopes(Some(Duration::ZERO)).await {
        seat.land(cutoff, landed);
    } else {
        seat.land(0, Landed::Nothing);
    }
}

async fn confirm(mut session: Box<Session>, seat: Seat, lease: Lease, landed: Landed) {
    confirm_with(&mut session, seat, lease, landed).await;
}

/// Leaves lease and turn to others: what was loaded is its caller's alone.
fn pass_on(seat: Seat, lease: Lease) {
    seat.bequeath(lease);
    seat.fail();
}
