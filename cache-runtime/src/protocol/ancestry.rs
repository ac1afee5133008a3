//! What the loads around a call hold, so that no call waits for itself.
//!
//! The body of a cached function is polled, or called, inside the [`Ancestry`] of its load. A call
//! that would wait looks there: if a load around it holds what it would wait for, it loads at once.
//! The same holds where the circle leads through other tasks of this process: each call that waits
//! inside a load is written down as long as it waits. A hit looks at none of this.

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
    /// The innermost load that this thread runs now.
    static AROUND: Cell<Option<Ancestry>> = const { Cell::new(None) };
}

/// Which flights are waited for inside the loads of which other ones, by number; one may be waited
/// for several times.
static WAITS: Mutex<Waits> = Mutex::new(BTreeMap::new());

type Waits = BTreeMap<u64, Vec<u64>>;

/// A load with all loads around it.
#[derive(Clone, Debug)]
pub(crate) struct Ancestry(Arc<Generation>);

#[derive(Debug)]
struct Generation {
    first: Holding,
    /// What a load of several elements holds beside the first.
    others: Vec<Holding>,
    around: Option<Ancestry>,
}

/// What a load holds of one key.
#[derive(Debug)]
struct Holding {
    /// The number of its flight.
    flight: Option<u64>,
    /// What the key begins with as long as its lease stands.
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
    /// That of the calls inside a load; `None` where the load holds nothing that others could wait
    /// for.
    pub(crate) fn inside<'a>(grants: impl IntoIterator<Item = &'a Permit>) -> Option<Self> {
        let mut held = grants.into_iter().filter_map(Holding::of);
        let first = held.next()?;
        let (others, around) = (held.collect(), current());
        Some(Self(Arc::new(Generation { first, others, around })))
    }

    /// Returns how many loads are around a call that is made here.
    pub(crate) fn depth(&self) -> usize {
        self.generations().count()
    }

    /// Whether one of the loads holds the lease that a key begins with.
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

    /// The loads, from the innermost outwards.
    fn generations(&self) -> impl Iterator<Item = &Generation> {
        // mutant: of the loads around a call only the innermost counts
        iter::successors(Some(&*self.0), |inner| Some(&*inner.around.as_ref()?.0))
    }
}

/// The load that runs here, with all loads around it.
pub(crate) fn current() -> Option<Ancestry> {
    // A thread that is ending runs no loads.
    let copy = |around: &Cell<Option<Ancestry>>| {
        let ancestry = around.take();
        around.set(ancestry.clone());
        ancestry
    };
    AROUND.try_with(copy).ok().flatten()
}

/// Runs a part of a load's body; without an ancestry of its own, in the one that is here.
pub(crate) fn run<R>(ancestry: Option<&Ancestry>, part: impl FnOnce() -> R) -> R {
    let _entered = ancestry.map(|ancestry| Entered::new(ancestry.clone()));
    part()
}

/// Puts back what was around, also when the body panics.
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

/// Runs `future` elsewhere inside the loads that run here.
pub(crate) fn as_here<F: Future>(future: F) -> Within<F> {
    Within { future, ancestry: current() }
}

/// Makes the future of a body, and runs it inside its load.
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

/// That a call waits inside a load, until it is dropped.
#[derive(Debug)]
pub(crate) struct Waiting {
    inside: BTreeSet<u64>,
    flight: u64,
}

/// Whoever would wait waits for itself.
#[derive(Debug)]
pub(crate) struct Circle;

/// Notes that a call is about to wait in a flight; `None`: it stands inside no load.
///
/// # Errors
///
/// The load that it would wait for waits for a load around this call, or is one.
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

/// Whether a flight, or one that is waited for there, and so on, is one of these.
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
