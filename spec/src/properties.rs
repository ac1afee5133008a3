//! What must hold in every state, and what must happen in some, or else the model would prove nothing.

use std::sync::atomic::{AtomicU64, Ordering};

use stateright::Property;

use crate::actions::{Action, Step};
use crate::state::{
    Caller, Check, Ending, Key, Phase, Right, Source, Stage, State, Verdict, Writer,
};
use crate::{Config, Protocol};

/// No hit is older than a write that had returned when the call began.
pub const FRESH_HIT: &str = "no hit is stale";
/// No value that a leader shares because the store has taken it is.
pub const FRESH_SHARE: &str = "no shared load is stale";
/// No error that a leader shares is, and no value that is shared without being stored.
pub const FRESH_ERROR: &str = "no shared error is stale";
/// No value or error that a leader shares while the store is away is.
pub const FRESH_AWAY: &str = "no load shared beside an unreachable store is stale";
/// No caller's own load is.
pub const FRESH_LOAD: &str = "no own load is stale";
/// The store never holds an entry that readers trust and that is older than a write that has
/// returned.
pub const FRESH_STORE: &str = "no stale entry is in the store";
/// No process stores a value that is older than a write whose invalidation it knows to have failed: other processes would
/// read it until that is made up for.
pub const NO_OVERDUE_FILL: &str = "nobody stores what is overdue at home";
/// When all writes and the calls that they make have ended, and nothing went wrong, the store holds the newest value.
pub(crate) const NEWEST_STAYS: &str = "the newest value stays after writes that load anew";
/// Where nobody writes, refreshes or has trouble, nobody loads beside another load.
pub const ONE_LOAD: &str = "nobody repeats a load where nobody writes";
/// At most one load is under way under the lease that stands.
pub const ONE_LEASED_LOAD: &str = "one load at most has the lease";
/// No two loads have the same token, standing or not.
pub const ONE_TOKEN: &str = "no two loads have one token";
/// Whoever waits, waits for something that somebody does or that time brings.
pub const NO_WAITING_FOR_NOTHING: &str = "nobody waits for nothing";
/// Nobody waits in a flight for a load that a write of the same process had outdated when the call began. What another
/// process writes may outdate the load that somebody waits for: its value is refused, but the flight stays in the map.
pub const NO_WAITING_IN_VAIN: &str = "nobody waits for a load that is outdated at home";
/// Nobody waits for a lease whose load is older than a write that had returned when the call began:
/// it is gone, or says so.
pub const NO_WAITING_FOR_THE_PAST: &str = "nobody waits for a lease of the past";
/// A lease without a holder is left by crashes, lost answers and unreachable stores only, never by a cancelled caller.
pub const NO_ORPHAN: &str = "no lease is left behind";

type Condition = fn(&Protocol, &State) -> bool;

/// What must hold in every state.
const ALWAYS: [(&str, Condition); 15] = [
    (FRESH_HIT, |_, state| !is_stale(state, Source::Hit)),
    (FRESH_SHARE, |_, state| !is_stale(state, Source::Share)),
    (FRESH_ERROR, |_, state| !is_stale(state, Source::Confirmed)),
    (FRESH_AWAY, |_, state| !is_stale(state, Source::AwayShare)),
    (FRESH_LOAD, |_, state| !is_stale(state, Source::Load)),
    (FRESH_STORE, |rules, state| !holds_stale_entry(rules, state)),
    (NO_OVERDUE_FILL, |rules, state| !somebody_stores_what_is_overdue(rules, state)),
    (NEWEST_STAYS, |rules, state| !has_loaded_anew(rules, state) || holds_the_newest(rules, state)),
    (ONE_LOAD, |rules, state| !is_quiet(rules, state) || loads_under_way(state) <= 1),
    (ONE_LEASED_LOAD, |_, state| loads_under_the_key(state) <= 1),
    (ONE_TOKEN, |_, state| !shares_a_token(state)),
    (NO_WAITING_FOR_NOTHING, |rules, state| !somebody_waits_for_nothing(rules, state)),
    (NO_WAITING_IN_VAIN, |rules, state| !somebody_waits_in_vain(rules, state)),
    (NO_WAITING_FOR_THE_PAST, |rules, state| !somebody_waits_for_the_past(rules, state)),
    (NO_ORPHAN, |rules, state| !state.has_orphaned_lease() || may_leave_orphans(rules, state)),
];

/// What must happen somewhere. Each is seen one step ahead, where it cannot be avoided any more, so that the state
/// needs no memory of it.
const SOMETIMES: [(&str, Condition); 38] = [
    ("a fill is refused", |_, state| any_answer(state, Ending::Fill, Verdict::Refused)),
    ("a follower is given the leader's value", |_, state| any_told(state, Ending::Fill, is_early)),
    ("a follower has joined too late", |_, state| any_told(state, Ending::Fill, is_late)),
    ("a follower is given an error", |_, state| any_told(state, Ending::Release, is_early)),
    ("an error is not confirmed", |_, state| any_answer(state, Ending::Release, Verdict::Refused)),
    ("a lease is handed over", |_, state| has_handed_over(state)),
    ("a load fails for its caller alone", |_, state| any_stage(state, is_alone)),
    ("something expires", |rules, state| state.left.expiries < rules.config.faults.expiries),
    ("a refresh is refused", is_refresh_refused),
    ("a refresh is shared", is_refresh_shared),
    ("an away flight is shared", |_, state| any_away(state, is_early)),
    ("a follower has joined after an away load began", |_, state| any_away(state, is_late)),
    ("a late fill finds its lease", |_, state| late_fill_is_welcome(state)),
    ("an answer is lost", |_, state| any_answer(state, Ending::Fill, Verdict::Unknown)),
    ("somebody has waited long enough", |rules, state| {
        state.left.limits < rules.config.faults.limits
    }),
    ("a load beside another one is stored", |_, state| any_stage(state, is_stored_beside)),
    ("a load beside another one is shared", |_, state| any_beside(state, is_early)),
    ("a follower has joined after a load beside began", |_, state| any_beside(state, is_late)),
    ("a leader waits for another process", |_, state| any_stage(state, |s| s == Stage::Waiting)),
    ("a stale entry may stand while its invalidation is overdue", stands_overdue),
    ("an overdue invalidation is made up for", |_, state| any_writer(state, is_made_up)),
    ("a call inside a transaction finds a value", |rules, state| reads_inside(rules, state, true)),
    ("a transaction is older than a write that has returned", sees_its_past),
    ("writes that load anew have ended", has_loaded_anew),
    ("a load that a write made is refused", is_reload_refused),
    ("somebody loads where nobody writes", |rules, state| {
        is_quiet(rules, state) && loads_under_way(state) > 0
    }),
    ("the store starts again", |rules, state| state.left.restarts < rules.config.faults.restarts),
    ("the store comes back with the past", is_past_there),
    ("somebody waits while the store comes back with the past", |rules, state| {
        is_past_there(rules, state)
            && state.callers.iter().any(|caller| caller.floor > 0 && caller.is_live())
    }),
    ("an invalidation finds no epoch", finds_no_epoch),
    ("an epoch is evicted", is_evicted),
    ("an entry of the past is replaced", |_, state| replaces(state, false)),
    ("a lease of the past is replaced", |_, state| replaces(state, true)),
    ("what is of the past is deleted behind", |rules, state| {
        state.past(rules.config.scopes).is_some() && state.returned() > 0
    }),
    ("two callers make one epoch", two_make_one_epoch),
    ("an epoch that was made has gone", |_, state| any_stage(state, makes_again)),
    ("a fill of the past is taken", |_, state| any_past(state, Ending::Fill)),
    ("an error of the past finds its lease", |_, state| any_past(state, Ending::Release)),
];

/// The names of everything that must hold in every state.
pub fn promises() -> impl Iterator<Item = &'static str> {
    ALWAYS.iter().map(|(name, _)| *name)
}

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
    let always = ALWAYS.iter().zip(each!(always: 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14));
    let sometimes = SOMETIMES.iter().zip(each!(sometimes:
        0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37));
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
pub(crate) struct Met(AtomicU64);

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

fn holds_stale_entry(rules: &Protocol, state: &State) -> bool {
    !is_doubted_by_all(rules, state)
        && state.trusted(rules.config.scopes).is_some_and(|version| version < state.returned())
}

/// Whether no process believes what the store holds.
fn is_doubted_by_all(rules: &Protocol, state: &State) -> bool {
    state.doubt[..rules.config.processes].iter().all(|doubts| *doubts)
}

/// Looks one step ahead: a fill that is on its way may have been sent before the invalidation failed.
fn somebody_stores_what_is_overdue(rules: &Protocol, state: &State) -> bool {
    let fill = Step::Send(Ending::Fill);
    let fills = |id: usize| {
        let next = rules.after(state, Action::Caller(id, fill));
        matches!(next.callers[id].stage(), Some(Stage::Sent { ending: Ending::Fill, .. }))
    };
    (0..rules.config.all_callers()).any(|id| {
        loads_what_is_overdue(rules, state, id)
            && rules.next_step(state, id) == Some(fill)
            && fills(id)
    })
}

fn loads_what_is_overdue(rules: &Protocol, state: &State, id: usize) -> bool {
    let Some(Stage::Loaded(_, version)) = state.callers[id].stage() else { return false };
    let home = rules.config.home_of_caller(id);
    let mut writers = state.writers.iter().enumerate();
    writers.any(|(id, writer)| {
        rules.config.home_of_writer(id) == home
            && writer.is_overdue()
            && writer.returned_at_home().is_some_and(|newer| version < newer)
    })
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
        Phase::Following { flight, .. } => state.stages(flight).next().is_none(),
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

/// Judged where there is one process: there every write is at home.
fn somebody_waits_in_vain(rules: &Protocol, state: &State) -> bool {
    let in_vain = |caller: &Caller| match caller.phase {
        Phase::Following { flight, .. } => {
            state.stages(flight).filter_map(Stage::loaded).any(|version| version < caller.floor)
        }
        _ => false,
    };
    rules.config.processes == 1 && state.callers.iter().any(in_vain)
}

/// What its holder has read is known when it has loaded. A lease that was taken without epochs,
/// because they went twice while they were being made, tells nothing, and what is loaded under it
/// is not stored.
fn somebody_waits_for_the_past(rules: &Protocol, state: &State) -> bool {
    let Key::Lease { token, .. } = state.key else { return false };
    let knows = |caller: &&Caller| caller.epochs.are_whole(rules.config.scopes);
    let holders = state.callers.iter().filter(|caller| caller.held() == Some(token)).filter(knows);
    let loaded = holders.filter_map(|caller| caller.stage().and_then(Stage::loaded)).max();
    let waits = |(id, caller): (usize, &Caller)| {
        caller.stage() == Some(Stage::Waiting)
            && loaded.is_some_and(|version| version < caller.floor)
            && rules.next_step(state, id).is_none()
    };
    state.callers.iter().enumerate().any(waits)
}

fn may_leave_orphans(rules: &Protocol, state: &State) -> bool {
    let (left, all) = (&state.left, &rules.config.faults);
    left.crashes < all.crashes
        || left.lost < all.lost
        || left.outages < all.outages
        || left.returns < all.returns
}

fn any_stage(state: &State, is_it: impl Fn(Stage) -> bool) -> bool {
    state.callers.iter().filter_map(Caller::stage).any(is_it)
}

fn any_writer(state: &State, is_it: impl Fn(Writer) -> bool) -> bool {
    state.writers.iter().any(|writer| is_it(*writer))
}

fn any_answer(state: &State, asked: Ending, answer: Verdict) -> bool {
    let is_it = |stage| matches!(stage, Stage::Answered { ending, verdict, .. } if (ending, verdict) == (asked, answer));
    any_stage(state, is_it)
}

/// Compares an index with a cutoff.
type Compare = fn(u8, u8) -> bool;

fn is_early(index: u8, cutoff: u8) -> bool {
    index < cutoff
}

fn is_late(index: u8, cutoff: u8) -> bool {
    index >= cutoff
}

/// Whether a flight that is about to land has a follower whose index compares so with the cutoff.
fn any_follower(state: &State, cutoff: impl Fn(Stage) -> Option<u8>, compare: Compare) -> bool {
    state.callers.iter().any(|caller| match caller.phase {
        Phase::Leading { flight, stage, .. } => cutoff(stage)
            .is_some_and(|cutoff| state.followers(flight).any(|(_, index)| compare(index, cutoff))),
        _ => false,
    })
}

fn any_told(state: &State, asked: Ending, compare: Compare) -> bool {
    let cutoff = |stage| match stage {
        Stage::Answered { ending, verdict: Verdict::Accepted, cutoff, .. } if ending == asked => {
            Some(cutoff)
        }
        _ => None,
    };
    any_follower(state, cutoff, compare)
}

fn any_away(state: &State, compare: Compare) -> bool {
    let cutoff = |stage| match stage {
        Stage::Loaded(Right::Away { cutoff }, _) => Some(cutoff),
        _ => None,
    };
    any_follower(state, cutoff, compare)
}

fn is_stored_beside(stage: Stage) -> bool {
    let verdict = Verdict::Accepted;
    matches!(stage, Stage::Answered { verdict: it, right: Right::Further { .. }, .. } if it == verdict)
}

fn any_beside(state: &State, compare: Compare) -> bool {
    let cutoff = |stage| match stage {
        Stage::Answered { right: Right::Further { cutoff, .. }, .. }
        | Stage::Loaded(Right::Further { cutoff, seen: None, .. }, _) => Some(cutoff),
        _ => None,
    };
    any_follower(state, cutoff, compare)
}

fn is_alone(stage: Stage) -> bool {
    stage == Stage::Loading(Right::Alone)
}

fn is_made_up(writer: Writer) -> bool {
    matches!(writer, Writer::MadeUp(_))
}

fn has_handed_over(state: &State) -> bool {
    state.callers.iter().any(|caller| match caller.phase {
        Phase::Leading { index, stage: Stage::Loading(Right::Lease(_)), .. } => index > 0,
        _ => false,
    })
}

fn refreshes<'a>(rules: &'a Protocol, state: &'a State) -> impl Iterator<Item = &'a Caller> {
    let refreshes = (0..rules.config.all_callers()).filter(|&id| rules.config.is_refresh(id));
    refreshes.map(|id| &state.callers[id])
}

fn is_refresh_refused(rules: &Protocol, state: &State) -> bool {
    let is_refused = |stage| matches!(stage, Stage::Answered { verdict: Verdict::Refused, .. });
    refreshes(rules, state).filter_map(Caller::stage).any(is_refused)
}

fn is_refresh_shared(rules: &Protocol, state: &State) -> bool {
    refreshes(rules, state).any(|caller| match caller.phase {
        Phase::Leading {
            flight,
            stage: Stage::Answered { verdict: Verdict::Accepted, cutoff, .. },
            ..
        } => state.followers(flight).any(|(_, index)| index < cutoff),
        _ => false,
    })
}

/// What other processes can read until the store has taken the invalidation.
fn stands_overdue(rules: &Protocol, state: &State) -> bool {
    let Some(version) = state.trusted(rules.config.scopes) else { return false };
    let is_newer = |writer: Writer| writer.returned_at_home().is_some_and(|newer| version < newer);
    any_writer(state, |writer| is_newer(writer) && writer.is_overdue())
}

/// A call that is yet to begin inside a transaction would be answered so.
fn reads_inside(rules: &Protocol, state: &State, by_hit: bool) -> bool {
    let is_hit = state.trusted(rules.config.scopes).is_some();
    is_hit == by_hit
        && (0..rules.config.all_callers()).any(|id| {
            rules.config.transaction_of(id).is_some()
                && state.callers[id].phase == Phase::Idle
                && rules.next_step(state, id).is_some()
        })
}

fn sees_its_past(rules: &Protocol, state: &State) -> bool {
    let is_old = |writer| matches!(writer, Writer::Begun(seen) if seen < state.returned());
    any_writer(state, is_old) && reads_inside(rules, state, false)
}

/// Whether all writes have made their calls, all that began have ended, and nothing went wrong.
fn has_loaded_anew(rules: &Protocol, state: &State) -> bool {
    let config = &rules.config;
    let is_over = |id: usize| match state.callers[id].phase {
        Phase::Idle => config.reload_of(id).is_none(),
        phase => matches!(phase, Phase::Over | Phase::Stale(_)),
    };
    config.writes > 0
        && config.reloads == config.writes
        && state.left == config.faults
        && state.writers[..config.writes].iter().all(|writer| writer.returned().is_some())
        && (0..config.all_callers()).all(is_over)
}

/// Whether nobody writes or refreshes, and nothing has gone wrong.
fn is_quiet(rules: &Protocol, state: &State) -> bool {
    let Config { writes, refreshes, faults, .. } = rules.config;
    writes == 0 && refreshes == 0 && state.left == faults
}

fn loads_under_way(state: &State) -> usize {
    state.callers.iter().filter(|caller| caller.loading().is_some()).count()
}

fn holds_the_newest(rules: &Protocol, state: &State) -> bool {
    state.trusted(rules.config.scopes) == Some(state.database)
}

/// Whether an entry stands that a write has outdated, and readers would trust it.
fn is_past_there(rules: &Protocol, state: &State) -> bool {
    let trusted = state.trusted(rules.config.scopes);
    is_doubted_by_all(rules, state) && trusted.is_some_and(|version| version < state.returned())
}

/// Whether an invalidation is about to delete an epoch that is not there.
fn finds_no_epoch(rules: &Protocol, state: &State) -> bool {
    (0..rules.config.writes).any(|id| {
        let is_missing = |scope: usize| state.epochs.0[scope] == 0;
        matches!(state.writers[id], Writer::Outdated(_))
            && !state.away[rules.config.home_of_writer(id)]
            && rules.config.scope_of(id).is_some_and(is_missing)
    })
}

/// Whether an epoch is gone though nobody has written, and the store has not started again.
fn is_evicted(rules: &Protocol, state: &State) -> bool {
    let has_read = |caller: &Caller| caller.epochs.are_whole(rules.config.scopes);
    rules.config.scopes > 0
        && state.returned() == 0
        && state.left.expiries < rules.config.faults.expiries
        && state.left.restarts == rules.config.faults.restarts
        && !state.epochs.are_whole(rules.config.scopes)
        && state.callers.iter().any(has_read)
}

/// Whether somebody is about to take the place of something of the past.
fn replaces(state: &State, a_lease: bool) -> bool {
    any_stage(state, |stage| match stage {
        Stage::Acquiring { past: Some(past) } => {
            state.key.token() == Some(past) && state.key.is_lease() == a_lease
        }
        _ => false,
    })
}

/// Whether somebody is about to make an epoch that another one has made meanwhile.
fn two_make_one_epoch(rules: &Protocol, state: &State) -> bool {
    let makes = |caller: &Caller| {
        matches!(caller.stage(), Some(Stage::MakingEpochs { made: 0, .. }))
            && state.epochs.are_whole(rules.config.scopes)
    };
    state.callers.iter().any(makes)
}

fn makes_again(stage: Stage) -> bool {
    matches!(stage, Stage::MakingEpochs { made: 1, .. })
}

/// Whether the store has taken the end of a load whose epochs have changed.
fn any_past(state: &State, asked: Ending) -> bool {
    let (accepted, failed) = (Verdict::Accepted, Check::Failed);
    any_stage(state, |stage| match stage {
        Stage::Answered { ending, verdict, check, .. } => {
            (ending, verdict, check) == (asked, accepted, failed)
        }
        _ => false,
    })
}

/// The fill of a write's call that another write has overtaken.
fn is_reload_refused(rules: &Protocol, state: &State) -> bool {
    let mut reloads =
        (0..rules.config.all_callers()).filter(|&id| rules.config.reload_of(id).is_some());
    let is_refused = |stage| matches!(stage, Stage::Answered { verdict: Verdict::Refused, .. });
    reloads.any(|id| state.callers[id].stage().is_some_and(is_refused))
}

fn late_fill_is_welcome(state: &State) -> bool {
    matches!((state.late, state.key), (Some((Right::Lease(mine), ..)), Key::Lease { token, .. }) if mine == token)
}
