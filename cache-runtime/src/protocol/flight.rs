//! Flights: one load for all callers of a key in this process (single-flight).
//!
//! Callers that miss a key take a [`Member`] in its flight. The caller with the turn loads. The
//! others wait for its result or for the turn. If a turn is dropped because its caller was
//! cancelled or panicked, it goes to the next in line at once. A result is for the callers that
//! joined before it was known to be sound (see [`Member::joined_before`]).

use crate::entry::codec::Payload;
use crate::entry::kept::Kept;
use crate::key::glob;
use crate::protocol::lease::Lease;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Number of callers that load at once after a load has failed with an error that callers cannot
/// share. Eight keep a thousand callers from standing in one line, and spare whatever is failing.
// mutant: after a failure all load at once
// mutant: after a failure all load one after another
const TURNS_AFTER_FAILURE: usize = 8;

/// Number of the next flight of this process.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// The flights of one handle.
#[derive(Debug, Default)]
pub(crate) struct Flights {
    by_key: Mutex<HashMap<Arc<str>, Arc<Flight>>>,
}

#[derive(Debug)]
struct Flight {
    /// Number that tells this flight from all others of this process.
    number: u64,
    /// Turns to load. Each permit is a turn.
    turns: Arc<Semaphore>,
    /// Number of callers that ever joined. Grows only under the lock of the map.
    seats: AtomicUsize,
    /// Number of callers that are in the flight now. Changes only under the lock of the map, so
    /// that exactly one of several leaving callers is the last.
    taken: AtomicUsize,
    result: OnceLock<Landing>,
    /// Lease of a load that was given up, for the next load.
    lease: Mutex<Option<Lease>>,
    has_failed: AtomicBool,
    /// Time at which a member last asked for a load beside the one that is under way.
    asked: Mutex<Option<Instant>>,
}

/// The end of a flight: its result, and the callers that may have it.
#[derive(Debug)]
struct Landing {
    /// Number of the first member that the result is not for.
    joined_before: usize,
    result: Landed,
}

/// Result with which a flight ended.
pub(crate) enum Landed {
    /// An encoded value.
    Value(Payload),
    /// An earlier value, encoded, in place of a load that failed or takes long.
    Fallback(Payload),
    /// An error, of which every member gets a copy.
    Error(Kept),
    /// No result that others may have. The members look at the store again.
    Nothing,
}

impl Landed {
    pub(crate) fn is_error(&self) -> bool {
        matches!(self, Self::Error(_))
    }
}

impl fmt::Debug for Landed {
    /// Writes the variant without its value, which may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Value(_) => "Value",
            Self::Fallback(_) => "Spare",
            Self::Error(_) => "Error",
            Self::Nothing => "Nothing",
        })
    }
}

/// A caller's place in a flight, with the turn or without.
#[derive(Debug)]
pub(crate) struct Member {
    flights: Arc<Flights>,
    key: Arc<str>,
    flight: Arc<Flight>,
    number: usize,
    turn: Option<OwnedSemaphorePermit>,
}

/// Result of waiting in a flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// The turn to load has come to this caller.
    Turn,
    /// The flight has ended.
    Landed,
}

impl Flights {
    /// Joins the key's flight, or opens one. The first member has the turn.
    pub(crate) fn join(self: &Arc<Self>, key: &Arc<str>) -> Member {
        let mut flights = self.lock();
        let flight = flights.entry(Arc::clone(key)).or_insert_with(|| Arc::new(Flight::new()));
        self.sit(key, flight)
    }

    /// Opens a flight in place of the present one, which nobody can join any more.
    pub(crate) fn open(self: &Arc<Self>, key: &Arc<str>) -> Member {
        let flight = Arc::new(Flight::new());
        let mut flights = self.lock();
        let member = self.sit(key, &flight);
        flights.insert(Arc::clone(key), flight);
        member
    }

    /// Takes the flights that match a pattern off the list, because their loads may be outdated.
    /// Callers that come later open a new flight. The members of an outdated flight began before,
    /// and stay.
    pub(crate) fn outdate(&self, pattern: &str) {
        let mut flights = self.lock();
        match glob::literal(pattern) {
            Some(key) => _ = flights.remove(&*key),
            None => flights.retain(|key, _| !glob::matches(pattern.as_bytes(), key.as_bytes())),
        }
    }

    fn sit(self: &Arc<Self>, key: &Arc<str>, flight: &Arc<Flight>) -> Member {
        let number = flight.seats.fetch_add(1, SeqCst);
        flight.taken.fetch_add(1, SeqCst);
        let turn = Arc::clone(&flight.turns).try_acquire_owned().ok();
        let (flights, key, flight) = (Arc::clone(self), Arc::clone(key), Arc::clone(flight));
        Member { flights, key, flight, number, turn }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Arc<Flight>>> {
        self.by_key.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.lock().len()
    }
}

impl Flight {
    fn new() -> Self {
        Self {
            number: NEXT.fetch_add(1, SeqCst),
            turns: Arc::new(Semaphore::new(1)),
            seats: AtomicUsize::new(0),
            taken: AtomicUsize::new(0),
            result: OnceLock::new(),
            lease: Mutex::default(),
            has_failed: AtomicBool::new(false),
            asked: Mutex::default(),
        }
    }
}

impl Member {
    /// Returns the number of the flight.
    pub(crate) fn flight(&self) -> u64 {
        self.flight.number
    }

    /// Tells whether this caller has the turn to load. After the end of the flight, nobody has.
    pub(crate) fn has_turn(&self) -> bool {
        self.turn.is_some() && self.flight.result.get().is_none()
    }

    /// Waits for the turn or for the end of the flight.
    ///
    /// # Cancellation
    ///
    /// If a turn has come and was not taken, it goes to the next in line.
    pub(crate) async fn wait(&mut self) -> Call {
        // `acquire_owned` fails when the semaphore is closed, which is the end of the flight.
        self.turn = Arc::clone(&self.flight.turns).acquire_owned().await.ok();
        if self.has_turn() { Call::Turn } else { Call::Landed }
    }

    /// Gives the turn to the next in line, and keeps the place: this caller still gets the result
    /// of the flight.
    pub(crate) fn put_down(&mut self) {
        self.turn = None;
    }

    /// Takes the lease that an earlier turn left behind. That lease has stood since before this
    /// load, so it serves this load as well.
    pub(crate) fn take_lease(&self) -> Option<Lease> {
        self.lease().take()
    }

    /// Leaves a lease to the next turn. If the flight has ended, the lease is released.
    pub(crate) fn pass_lease(&self, lease: Lease) {
        let mut left = self.lease();
        // mutant: a lease is left in a flight that has landed
        if self.flight.result.get().is_none() {
            *left = Some(lease);
        }
    }

    fn lease(&self) -> MutexGuard<'_, Option<Lease>> {
        self.flight.lease.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whether a load of this flight has failed. If so, several callers load now, and one of
    /// them has the lease.
    pub(crate) fn is_after_failure(&self) -> bool {
        self.flight.has_failed.load(SeqCst)
    }

    /// Returns how many callers have joined so far. Take this number *before* asking the store
    /// whether the lease still stands: the store's answer is valid for exactly these callers. A
    /// later caller may have begun after an invalidation that the answer, still on its way, does
    /// not cover.
    pub(crate) fn joined_before(&self) -> usize {
        let _joins = self.flights.lock();
        self.flight.seats.load(SeqCst)
    }

    /// Tells whether another caller ever joined this flight.
    pub(crate) fn has_company(&self) -> bool {
        self.joined_before() > 1
    }

    /// Tells whether this caller may ask for a load beside the one that is under way. One member
    /// may ask in each period of `wait`.
    ///
    /// # Errors
    ///
    /// If another member asked within `wait`, returns the time at which the next one may ask.
    pub(crate) fn may_ask(&self, wait: Duration) -> Result<(), Instant> {
        let mut asked = self.flight.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let next = asked.map(|asked| asked + wait).filter(|next| *next > now);
        if next.is_none() {
            *asked = Some(now);
        }
        next.map_or(Ok(()), Err)
    }

    /// Ends the flight with a result for the members before `joined_before`. If the flight has
    /// ended already, the earlier result stands.
    pub(crate) fn land(self, joined_before: usize, result: Landed) {
        let landed = self.flight.result.set(Landing { joined_before, result });
        if landed.is_ok() {
            self.unlist();
            self.flight.turns.close();
            // No turn comes after the end of the flight, and some members may load for long.
            drop(self.take_lease());
        }
    }

    /// Lets eight callers load at once, because the load failed with an error for its own caller
    /// only.
    pub(crate) fn fail(self) {
        if !self.flight.has_failed.swap(true, SeqCst) {
            self.flight.turns.add_permits(TURNS_AFTER_FAILURE - 1);
        }
    }

    /// Returns the result of the flight for this caller.
    pub(crate) fn landed(&self) -> &Landed {
        match self.flight.result.get() {
            // mutant: who comes late shares a result
            Some(landing) if self.number < landing.joined_before => &landing.result,
            _ => &Landed::Nothing,
        }
    }

    fn unlist(&self) {
        let mut flights = self.flights.lock();
        if flights.get(&self.key).is_some_and(|listed| Arc::ptr_eq(listed, &self.flight)) {
            flights.remove(&self.key);
        }
    }
}

impl Drop for Member {
    /// Leaves the flight. The last member to leave an unfinished flight takes it off the list.
    fn drop(&mut self) {
        // mutant: a turn that is dropped is lost
        self.turn = None;
        let mut flights = self.flights.lock();
        let is_last = self.flight.taken.fetch_sub(1, SeqCst) == 1;
        let is_listed = |listed: &Arc<Flight>| Arc::ptr_eq(listed, &self.flight);
        if is_last && flights.get(&self.key).is_some_and(is_listed) {
            flights.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::codec::form::Encoding;
    use bytes::Bytes;
    use futures_util::FutureExt;
    use std::sync::Barrier;
    use std::thread;

    fn key() -> Arc<str> {
        "cache:k:1".into()
    }

    fn flights() -> Arc<Flights> {
        Arc::default()
    }

    fn payload() -> Payload {
        Payload { encoding: Encoding::JSON, bytes: Bytes::new() }
    }

    fn is_value(member: &Member) -> bool {
        matches!(member.landed(), Landed::Value(_))
    }

    #[test]
    fn one_has_the_turn_and_the_others_get_its_value() {
        let flights = flights();
        let leader = flights.join(&key());
        let mut listener = flights.join(&key());
        assert!(leader.has_turn() && !listener.has_turn());
        assert_eq!(listener.wait().now_or_never(), None);
        let joined_before = leader.joined_before();
        let mut late = flights.join(&key());
        leader.land(joined_before, Landed::Value(payload()));
        assert_eq!(listener.wait().now_or_never(), Some(Call::Landed));
        assert_eq!(late.wait().now_or_never(), Some(Call::Landed));
        assert!(is_value(&listener));
        assert!(!is_value(&late), "who came after the cutoff looks again");
        assert_eq!(flights.len(), 0);
    }

    #[test]
    fn a_turn_that_is_dropped_goes_to_the_next_in_line() {
        let flights = flights();
        let leader = flights.join(&key());
        let mut second = flights.join(&key());
        let mut third = flights.join(&key());
        assert_eq!(second.wait().now_or_never(), None);
        drop(leader);
        assert_eq!(second.wait().now_or_never(), Some(Call::Turn));
        assert_eq!(third.wait().now_or_never(), None);
        drop(second);
        assert_eq!(third.wait().now_or_never(), Some(Call::Turn));
        drop(third);
        assert_eq!(flights.len(), 0, "nobody is left, nothing is left");
    }

    #[test]
    fn a_turn_that_came_and_was_not_taken_goes_on() {
        let flights = flights();
        let leader = flights.join(&key());
        let mut second = flights.join(&key());
        let mut third = flights.join(&key());
        let mut waiting = Box::pin(second.wait());
        assert_eq!(waiting.as_mut().now_or_never(), None);
        drop(leader);
        drop(waiting);
        assert_eq!(third.wait().now_or_never(), Some(Call::Turn));
    }

    #[test]
    fn after_a_failure_a_few_load_at_once() {
        let flights = flights();
        let leader = flights.join(&key());
        let mut others: Vec<Member> = (0..20).map(|_| flights.join(&key())).collect();
        leader.fail();
        let turns = others.iter_mut().filter_map(|member| member.wait().now_or_never()).count();
        assert_eq!(turns, TURNS_AFTER_FAILURE);
        others.remove(0).fail();
        let turns = others.iter().filter(|member| member.has_turn()).count();
        assert_eq!(turns, TURNS_AFTER_FAILURE - 1, "the number does not grow");
        assert_eq!(others[10].wait().now_or_never(), Some(Call::Turn));
    }

    #[test]
    fn nobody_joins_a_flight_that_is_outdated() {
        for pattern in ["cache:k:*", "cache:k:1"] {
            let flights = flights();
            let leader = flights.join(&key());
            flights.outdate("cache:other:*");
            assert!(!flights.join(&key()).has_turn());
            flights.outdate(pattern);
            let next = flights.join(&key());
            assert!(next.has_turn(), "{pattern}");
            leader.land(usize::MAX, Landed::Nothing);
            assert_eq!(flights.len(), 1, "the old flight takes only itself off the list");
        }
    }

    /// A flight that stayed on the list would keep the lease that was left in it, and renew that
    /// lease for ever.
    #[test]
    fn those_who_leave_at_the_same_time_leave_nothing() {
        let flights = flights();
        let together = Barrier::new(2);
        let leave = |member: Member| {
            together.wait();
            drop(member);
        };
        for _ in 0..2000 {
            let (leader, listener) = (flights.join(&key()), flights.join(&key()));
            thread::scope(|scope| {
                scope.spawn(|| leave(leader));
                leave(listener);
            });
            assert_eq!(flights.len(), 0);
        }
    }

    #[test]
    fn a_flight_can_be_opened_over_another() {
        let flights = flights();
        let mut before = flights.join(&key());
        let opened = flights.open(&key());
        assert!(before.has_turn() && opened.has_turn());
        assert!(!flights.join(&key()).has_turn());
        before.turn = None;
        drop(before);
        assert_eq!(flights.len(), 1);
    }
}
