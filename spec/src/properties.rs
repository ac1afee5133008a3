//! What must hold in every state, and what must happen in some, or else the model would prove nothing.

use std::sync::atomic::{AtomicU32, Ordering};

use stateright::Property;

use crate::Protocol;
use crate::state::{Caller, Key, Phase, Right, Source, Stage, State, Verdict};

/// No hit is older than a write that had returned when the call began.
pub const FRESH_HIT: &str = "no hit is stale";
/// No value that a leader with a lease shares is.
pub const FRESH_SHARE: &str = "no shared load is stale";
/// No value that a leader shares while the store is away is; which writes count is the configuration's `strict`.
pub const FRESH_AWAY: &str = "no load shared beside an unreachable store is stale";
/// No caller's own load is.
pub const FRESH_LOAD: &str = "no own load is stale";
/// The store never holds an entry that is older than a write that has returned: anybody could read it.
pub const FRESH_STORE: &str = "no stale entry is in the store";
/// At most one load is under way under the lease that stands.
pub const ONE_LEASED_LOAD: &str = "one load at most has the lease";
/// No two loads have the same token, standing or not.
pub const ONE_TOKEN: &str = "no two loads have one token";
/// Whoever waits, waits for something that somebody does or that time brings.
pub const NO_WAITING_FOR_NOTHING: &str = "nobody waits for nothing";
/// A lease without a holder is left by crashes, lost answers and unreachable stores only, never by a cancelled caller.
pub const NO_ORPHAN: &str = "no lease is left behind";

type Condition = fn(&Protocol, &State) -> bool;

/// What must hold in every state.
const ALWAYS: [(&str, Condition); 9] = [
    (FRESH_HIT, |_, state| !is_stale(state, Source::Hit)),
    (FRESH_SHARE, |_, state| !is_stale(state, Source::Share)),
    (FRESH_AWAY, |_, state| !is_stale(state, Source::AwayShare)),
    (FRESH_LOAD, |_, state| !is_stale(state, Source::Load)),
    (FRESH_STORE, |_, state| !holds_stale_entry(state)),
    (ONE_LEASED_LOAD, |_, state| loads_under_the_key(state) <= 1),
    (ONE_TOKEN, |_, state| !shares_a_token(state)),
    (NO_WAITING_FOR_NOTHING, |rules, state| !somebody_waits_for_nothing(rules, state)),
    (NO_ORPHAN, |rules, state| !state.has_orphaned_lease() || may_leave_orphans(rules, state)),
];

/// What must happen somewhere. Each is seen one step ahead, where it cannot be avoided any more, so that the state
/// needs no memory of it.
const SOMETIMES: [(&str, Condition); 10] = [
    ("a fill is refused", |_, state| any_answer(state, Verdict::Refused)),
    ("a follower is given the leader's value", |_, state| any_follower(state, |i, cut| i < cut)),
    ("a follower has joined too late", |_, state| any_follower(state, |i, cut| i >= cut)),
    ("a lease is handed over", |_, state| has_handed_over(state)),
    ("something expires", |rules, state| state.left.expiries < rules.config.faults.expiries),
    ("a refresh is refused", is_refresh_refused),
    ("an away flight is shared", |_, state| shares_away(state)),
    ("a late fill finds its lease", |_, state| late_fill_is_welcome(state)),
    ("an answer is lost", |_, state| any_answer(state, Verdict::Unknown)),
    ("a leader waits for another process", |_, state| any_stage(state, |s| s == Stage::Waiting)),
];

/// The names of everything that must happen somewhere.
pub fn witnesses() -> impl Iterator<Item = &'static str> {
    SOMETIMES.iter().map(|(name, _)| *name)
}

/// A function for each number, because a property takes no closure.
macro_rules! each {
    ($function:ident: $($number:literal)*) => { [$($function::<$number>),*] };
}

/// All of it, as the checker wants it.
pub(crate) fn properties() -> Vec<Property<Protocol>> {
    let always = ALWAYS.iter().zip(each!(always: 0 1 2 3 4 5 6 7 8));
    let sometimes = SOMETIMES.iter().zip(each!(sometimes: 0 1 2 3 4 5 6 7 8 9));
    let always = always.map(|((name, _), condition)| Property::always(name, condition));
    let sometimes = sometimes.map(|((name, _), condition)| Property::sometimes(name, condition));
    always.chain(sometimes).collect()
}

fn always<const N: usize>(rules: &Protocol, state: &State) -> bool {
    !rules.met.is_first(N, || !ALWAYS[N].1(rules, state))
}

fn sometimes<const N: usize>(rules: &Protocol, state: &State) -> bool {
    rules.met.is_first(ALWAYS.len() + N, || SOMETIMES[N].1(rules, state))
}

/// Which properties have had their state. The checker keeps the last state that it meets, and copies the way to it
/// each time; the first one has the shortest way, and is enough.
#[derive(Debug, Default)]
pub(crate) struct Met(AtomicU32);

impl Met {
    fn is_first(&self, property: usize, is_met: impl FnOnce() -> bool) -> bool {
        let bit = 1 << property;
        self.0.load(Ordering::Relaxed) & bit == 0
            && is_met()
            && self.0.fetch_or(bit, Ordering::Relaxed) & bit == 0
    }
}

fn is_stale(state: &State, source: Source) -> bool {
    state.callers.iter().any(|caller| caller.phase == Phase::Stale(source))
}

fn holds_stale_entry(state: &State) -> bool {
    matches!(state.key, Key::Entry { version, .. } if version < state.returned())
}

fn loads_under_the_key(state: &State) -> usize {
    let token = state.key.token();
    state
        .callers
        .iter()
        .filter(|caller| caller.loading().is_some() && caller.loading() == token)
        .count()
}

fn shares_a_token(state: &State) -> bool {
    let tokens = || state.callers.iter().filter_map(Caller::loading);
    tokens().enumerate().any(|(place, token)| tokens().skip(place + 1).any(|other| other == token))
}

/// A follower has a leader; and as long as anybody waits, somebody who runs has a next step, or a lease that nobody
/// renews is about to expire. Nobody's patience, no fault and no writer is counted on. A store that is away is
/// counted on where a lease has to be released: it would expire otherwise.
fn somebody_waits_for_nothing(rules: &Protocol, state: &State) -> bool {
    let forgotten = |caller: &Caller| match caller.phase {
        Phase::Following { flight, .. } => state.leader(flight).is_none(),
        _ => false,
    };
    let runs = |id: usize| state.callers[id].phase != Phase::Idle;
    let moves = |id: usize| runs(id) && rules.next_step(state, id).is_some();
    let releases = |caller: &Caller| matches!(caller.phase, Phase::Releasing(_));
    let ends = || {
        (0..state.callers.len()).any(moves)
            || state.has_orphaned_lease()
            || state.callers.iter().any(releases)
    };
    state.callers.iter().any(forgotten) || (state.callers.iter().any(Caller::is_live) && !ends())
}

fn may_leave_orphans(rules: &Protocol, state: &State) -> bool {
    let (left, all) = (&state.left, &rules.config.faults);
    left.crashes < all.crashes || left.lost < all.lost || left.outages < all.outages
}

fn any_stage(state: &State, is_it: impl Fn(Stage) -> bool) -> bool {
    state.callers.iter().filter_map(Caller::stage).any(is_it)
}

fn any_answer(state: &State, answer: Verdict) -> bool {
    any_stage(state, |stage| matches!(stage, Stage::Answered { verdict, .. } if verdict == answer))
}

/// Whether an accepted fill has a follower whose index compares so with the cutoff.
fn any_follower(state: &State, compares: impl Fn(u8, u8) -> bool) -> bool {
    state.callers.iter().any(|caller| match caller.phase {
        Phase::Leading {
            flight,
            stage: Stage::Answered { verdict: Verdict::Accepted, cutoff, .. },
            ..
        } => state.followers(flight).any(|(_, index)| compares(index, cutoff)),
        _ => false,
    })
}

fn has_handed_over(state: &State) -> bool {
    state.callers.iter().any(|caller| match caller.phase {
        Phase::Leading { index, stage: Stage::Loading(Right::Lease(_)), .. } => index > 0,
        _ => false,
    })
}

fn is_refresh_refused(rules: &Protocol, state: &State) -> bool {
    let refused = |id: &usize| {
        matches!(
            state.callers[*id].stage(),
            Some(Stage::Answered { verdict: Verdict::Refused, .. })
        )
    };
    (0..rules.config.all_callers()).filter(refused).any(|id| rules.config.is_refresh(id))
}

fn shares_away(state: &State) -> bool {
    state.callers.iter().any(|caller| match caller.phase {
        Phase::Leading { flight, stage: Stage::Loaded(Right::Away { cutoff }, _), .. } => {
            state.followers(flight).any(|(_, index)| index < cutoff)
        }
        _ => false,
    })
}

fn late_fill_is_welcome(state: &State) -> bool {
    matches!((state.late, state.key), (Some((Right::Lease(mine), _)), Key::Lease(stands)) if mine == stands)
}
