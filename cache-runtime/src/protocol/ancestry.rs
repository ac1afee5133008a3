//! The flights and leases of the loads around a call, so that no call waits for itself.
//!
//! The body of a cached function is polled, or called, inside the [`Ancestry`] of its load. If a
//! load around a call holds what the call would wait for, the call loads at once. A circle may also
//! lead through other tasks of this process. Each call that waits inside a load is therefore noted
//! for as long as it waits. A hit reads none of this.

use crate::protocol::flight::Member;
use crate::protocol::lease::Lease;
use crate::protocol::permit::{LeasedMember, Permit};
use bytes::Bytes;
use pin_project_lite::pin_project;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::iter;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

thread_local! {
    /// Innermost load that this thread runs now.
    static AROUND: Cell<Option<Ancestry>> = const { Cell::new(None) };
}

/// Flights that are waited for, by the number of the flight whose load waits. A flight stands there
/// once for each wait.
static WAITS: Mutex<Waits> = Mutex::new(BTreeMap::new());

type Waits = BTreeMap<u64, Vec<u64>>;

/// A load, with all loads around it.
#[derive(Clone, Debug)]
pub(crate) struct Ancestry(Arc<Generation>);

#[derive(Debug)]
struct Generation {
    first: Holding,
    /// Holdings of a load of several elements, without the first.
    others: Vec<Holding>,
    around: Option<Ancestry>,
}

/// The flight and the lease that a load holds for one key.
#[derive(Debug)]
struct Holding {
    /// Number of the load's flight.
    flight: Option<u64>,
    /// Beginning of the key's value while the lease stands.
    stamp: Option<Bytes>,
}

impl Holding {
    fn of(permit: &Permit) -> Option<Self> {
        let (member, lease) = match permit {
            Permit::Store(LeasedMember { member, lease }) => (member.as_ref(), lease.as_ref()),
            Permit::ShareOnly { member, .. } | Permit::Private(member) => (member.as_ref(), None),
            Permit::Beside { member, lease, .. } => (Some(member), lease.as_ref()),
        };
        let holding = Self { flight: member.map(Member::flight), stamp: lease.map(Lease::stamp) };
        (holding.flight.is_some() || holding.stamp.is_some()).then_some(holding)
    }
}

impl Ancestry {
    /// Returns the ancestry of the calls inside a load. Returns `None` if the load holds nothing
    /// that other calls could wait for.
    pub(crate) fn inside<'a>(grants: impl IntoIterator<Item = &'a Permit>) -> Option<Self> {
        let mut held = grants.into_iter().filter_map(Holding::of);
        let first = held.next()?;
        let (others, around) = (held.collect(), current());
        Some(Self(Arc::new(Generation { first, others, around })))
    }

    /// Returns the number of loads around a call that is made inside this load.
    pub(crate) fn depth(&self) -> usize {
        self.generations().count()
    }

    /// Tells whether one of the loads holds the lease with which `value` begins.
    pub(crate) fn holds(&self, value: &[u8]) -> bool {
        let is_own = |holding: &Holding| {
            holding.stamp.as_ref().is_some_and(|stamp| value.starts_with(stamp))
        };
        self.holdings().any(is_own)
    }

    fn flights(&self) -> BTreeSet<u64> {
        self.holdings().filter_map(|holding| holding.flight).collect()
    }

    fn holdings(&self) -> impl Iterator<Item = &Holding> {
        self.generations().flat_map(|each| iter::once(&each.first).chain(&each.others))
    }

    /// Returns the loads, from the innermost outwards.
    fn generations(&self) -> impl Iterator<Item = &Generation> {
        // mutant: of the loads around a call only the innermost counts
        iter::successors(Some(&*self.0), |inner| Some(&*inner.around.as_ref()?.0))
    }
}

/// Returns the load that this thread runs, with all loads around it.
pub(crate) fn current() -> Option<Ancestry> {
    // A thread that is ending runs no loads.
    let copy = |around: &Cell<Option<Ancestry>>| {
        let ancestry = around.take();
        around.set(ancestry.clone());
        ancestry
    };
    AROUND.try_with(copy).ok().flatten()
}

/// Runs a part of a load's body inside `ancestry`. If there is none, the part runs in the ancestry
/// of the caller.
pub(crate) fn run<R>(ancestry: Option<&Ancestry>, part: impl FnOnce() -> R) -> R {
    let _entered = ancestry.map(|ancestry| Entered::new(ancestry.clone()));
    part()
}

/// Guard that restores the previous ancestry, even if the body panics.
struct Entered(Option<Ancestry>);

impl Entered {
    fn new(ancestry: Ancestry) -> Self {
        Self(AROUND.try_with(|around| around.replace(Some(ancestry))).ok().flatten())
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let before = self.0.take();
        // A thread that is ending runs no loads.
        // mutant: a load beside a call counts as one around it
        let _ = AROUND.try_with(|around| around.set(before));
    }
}

/// Wraps `future`, so that it runs inside the loads around this call wherever it is polled.
pub(crate) fn as_here<F: Future>(future: F) -> Within<F> {
    Within { future, ancestry: current() }
}

/// Makes the future of a body, and wraps it so that it runs inside its load.
pub(crate) fn within<F: Future>(ancestry: Option<Ancestry>, make: impl FnOnce() -> F) -> Within<F> {
    let future = run(ancestry.as_ref(), make);
    Within { future, ancestry }
}

pin_project! {
    /// A future that runs inside a load.
    pub(crate) struct Within<F> {
        #[pin]
        future: F,
        ancestry: Option<Ancestry>,
    }
}

impl<F: Future> Future for Within<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        run(this.ancestry.as_ref(), || this.future.poll(context))
    }
}

/// A wait inside a load, noted until this value is dropped.
#[derive(Debug)]
pub(crate) struct Waiting {
    inside: BTreeSet<u64>,
    flight: u64,
}

/// Error of a call that would wait for itself.
#[derive(Debug)]
pub(crate) struct Circle;

/// Notes that a call is about to wait in a flight. Returns `None` if the call stands inside no
/// load.
///
/// # Errors
///
/// Returns [`Circle`] if the flight's load is a load around this call, or waits for one.
pub(crate) fn wait(flight: u64) -> Result<Option<Waiting>, Circle> {
    // mutant: a call waits for a load around it
    let Some(ancestry) = current() else { return Ok(None) };
    let inside = ancestry.flights();
    let mut waits = lock();
    if leads_to(&waits, flight, &inside) {
        return Err(Circle);
    }
    for load in &inside {
        waits.entry(*load).or_default().push(flight);
    }
    Ok(Some(Waiting { inside, flight }))
}

/// Tells whether `flight` is one of `these`, or waits for one of them through any number of loads.
fn leads_to(waits: &Waits, flight: u64, these: &BTreeSet<u64>) -> bool {
    let (mut seen, mut open) = (BTreeSet::new(), vec![flight]);
    while let Some(next) = open.pop() {
        if these.contains(&next) {
            return true;
        }
        if seen.insert(next) {
            // mutant: a circle of several tasks is not seen
            open.extend(waits.get(&next).into_iter().flatten());
        }
    }
    false
}

fn lock() -> MutexGuard<'static, Waits> {
    WAITS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut waits = lock();
        for load in &self.inside {
            if let Some(flights) = waits.get_mut(load) {
                let at = flights.iter().position(|flight| *flight == self.flight);
                at.map(|at| flights.swap_remove(at));
                if flights.is_empty() {
                    waits.remove(load);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::flight::Flights;

    fn permit(flights: &Arc<Flights>, key: &str) -> Permit {
        Permit::ShareOnly { member: Some(flights.join(&key.into())), joined_before: 0 }
    }

    fn number(permit: &Permit) -> u64 {
        permit.member().expect("it has one").flight()
    }

    #[test]
    fn who_waits_for_a_load_around_it_waits_in_a_circle() {
        let flights = Arc::<Flights>::default();
        let [outer, inner, other] = ["a", "b", "c"].map(|key| permit(&flights, key));
        assert!(wait(number(&outer)).is_ok_and(|waiting| waiting.is_none()), "no load is around");
        let around = Ancestry::inside([&outer]);
        run(around.as_ref(), || {
            let inside = Ancestry::inside([&inner]);
            run(inside.as_ref(), || {
                assert!(wait(number(&outer)).is_err() && wait(number(&inner)).is_err());
                assert!(wait(number(&other)).is_ok());
            });
            assert!(wait(number(&inner)).is_ok(), "a load beside it is not around it");
        });
        assert!(current().is_none());
    }

    #[test]
    fn a_circle_is_seen_through_others_as_long_as_they_wait() {
        let flights = Arc::<Flights>::default();
        let held = ["a", "b", "c"].map(|key| permit(&flights, key));
        let inside = |at: usize| Ancestry::inside([&held[at]]);
        let waits = |at: usize, on: usize| {
            run(inside(at).as_ref(), || wait(number(&held[on])).map_err(|_| ()))
        };
        let (first, again, second) = (waits(0, 1), waits(0, 1), waits(1, 2));
        assert!(first.is_ok() && second.is_ok());
        drop(first);
        assert!(waits(2, 0).is_err(), "one of two still waits");
        drop(again);
        assert!(waits(2, 0).is_ok());
        drop(second);
        let numbers = held.each_ref().map(number);
        assert!(numbers.iter().all(|number| !lock().contains_key(number)), "nothing is left");
    }
}
