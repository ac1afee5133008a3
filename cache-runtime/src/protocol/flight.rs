//! One load for all callers of a key in this process (single-flight).
//!
//! Callers of a key that is not there take a [`Member`] in its flight. One of them has the turn and loads; the others wait
//! for its result or for the turn. A turn that is dropped, because its caller was cancelled or panicked, goes to the next
//! in line at once. A result is only for those who sat down before it was known to be sound (see [`Member::joined_before`]).

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

/// How many callers load at once after a load has failed with an error that they cannot share: enough that a thousand of
/// them do not stand in one line, few enough for whatever is failing.
// mutant: after a failure all load at once
// mutant: after a failure all load one after another
const TURNS_AFTER_FAILURE: usize = 8;

/// The number of the next flight of this process.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// The flights of one handle.
#[derive(Debug, Default)]
pub(crate) struct Flights {
    by_key: Mutex<HashMap<Arc<str>, Arc<Flight>>>,
}

#[derive(Debug)]
struct Flight {
    /// Told apart by it from all others of this process.
    number: u64,
    /// Who may load.
    turns: Arc<Semaphore>,
    /// How many callers ever sat down. Grows under the lock of the map alone.
    seats: AtomicUsize,
    /// How many sit here now. Changes under that lock, too, so that one of those who leave at once is the last.
    taken: AtomicUsize,
    result: OnceLock<Landing>,
    /// A lease whose load was given up, for the load that comes next.
    lease: Mutex<Option<Lease>>,
    has_failed: AtomicBool,
    /// When somebody who sits here last asked for a load beside the one that is under way.
    asked: Mutex<Option<Instant>>,
}

/// How a flight ended, and for whom.
#[derive(Debug)]
struct Landing {
    /// The first seat that the result is not for.
    joined_before: usize,
    result: Landed,
}

/// What a flight ended with.
pub(crate) enum Landed {
    /// A value, encoded.
    Value(Payload),
    /// An earlier value, encoded, in place of a load that failed or takes long.
    Fallback(Payload),
    /// An error, of which everybody gets a copy.
    Error(Kept),
    /// Nothing that others may have: look again.
    Nothing,
}

impl Landed {
    pub(crate) fn is_error(&self) -> bool {
        matches!(self, Self::Error(_))
    }
}

impl fmt::Debug for Landed {
    /// Shows no value: it may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Value(_) => "Value",
            Self::Fallback(_) => "Spare",
            Self::Error(_) => "Error",
            Self::Nothing => "Nothing",
        })
    }
}

/// A place in a flight, with the turn or without.
#[derive(Debug)]
pub(crate) struct Member {
    flights: Arc<Flights>,
    key: Arc<str>,
    flight: Arc<Flight>,
    number: usize,
    turn: Option<OwnedSemaphorePermit>,
}

/// What waiting in a flight came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// It is this caller's turn to load.
    Turn,
    /// The flight has ended.
    Landed,
}

impl Flights {
    /// Sits down in the key's flight, or opens one. The first one there has the turn.
    pub(crate) fn join(self: &Arc<Self>, key: &Arc<str>) -> Member {
        let mut flights = self.lock();
        let flight = flights.entry(Arc::clone(key)).or_insert_with(|| Arc::new(Flight::new()));
        self.sit(key, flight)
    }

    /// Opens a flight in place of the one that is there: nobody joins that one any more.
    pub(crate) fn open(self: &Arc<Self>, key: &Arc<str>) -> Member {
        let flight = Arc::new(Flight::new());
        let mut flights = self.lock();
        let member = self.sit(key, &flight);
        flights.insert(Arc::clone(key), flight);
        member
    }

    /// Takes flights that match a pattern off the list, because what they load may be outdated: whoever comes from now
    /// on opens a new one. Those who sit in them began before.
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
    /// The number of its flight.
    pub(crate) fn flight(&self) -> u64 {
        self.flight.number
    }

    /// Whether it is this caller's turn to load. After the landing, it is nobody's.
    pub(crate) fn has_turn(&self) -> bool {
        self.turn.is_some() && self.flight.result.get().is_none()
    }

    /// Waits for the turn or the landing.
    ///
    /// # Cancellation
    ///
    /// A turn that has come and was not taken goes to the next in line.
    pub(crate) async fn wait(&mut self) -> Call {
        // It fails when the semaphore is closed, which is the landing.
        self.turn = Arc::clone(&self.flight.turns).acquire_owned().await.ok();
        if self.has_turn() { Call::Turn } else { Call::Landed }
    }

    /// Gives the turn to the next in line, and keeps the seat: what the flight ends with is for it as before.
    pub(crate) fn put_down(&mut self) {
        self.turn = None;
    }

    /// The lease that an earlier turn left behind. It has stood since before this load, so that it serves it as well.
    pub(crate) fn take_lease(&self) -> Option<Lease> {
        self.lease().take()
    }

    /// Leaves a lease to the next turn; released when there is none.
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

    /// Whether a load of this flight has failed: several callers load now, and one of them under the lease.
    pub(crate) fn is_after_failure(&self) -> bool {
        self.flight.has_failed.load(SeqCst)
    }

    /// The number of callers who have sat down so far. Taken before the store is asked whether the lease still stands, it
    /// tells whom the result is for. Somebody who sits down later may have begun after an invalidation that came
    /// after the store's answer, while that answer was on its way.
    pub(crate) fn joined_before(&self) -> usize {
        let _joins = self.flights.lock();
        self.flight.seats.load(SeqCst)
    }

    /// Whether others ever sat down beside this caller.
    pub(crate) fn has_company(&self) -> bool {
        self.joined_before() > 1
    }

    /// Whether this caller may ask for a load beside the one that is under way: nobody here has asked for so long.
    ///
    /// # Errors
    ///
    /// Somebody has; the next one may ask then.
    pub(crate) fn may_ask(&self, wait: Duration) -> Result<(), Instant> {
        let mut asked = self.flight.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let next = asked.map(|asked| asked + wait).filter(|next| *next > now);
        if next.is_none() {
            *asked = Some(now);
        }
        next.map_or(Ok(()), Err)
    }

    /// Ends the flight.
    pub(crate) fn land(self, joined_before: usize, result: Landed) {
        let landed = self.flight.result.set(Landing { joined_before, result });
        if landed.is_ok() {
            self.unlist();
            self.flight.turns.close();
            // No turn comes after the landing, and some who sit here may load for long.
            drop(self.take_lease());
        }
    }

    /// Lets more callers load at once: the load failed, and its error is its caller's alone.
    pub(crate) fn fail(self) {
        if !self.flight.has_failed.swap(true, SeqCst) {
            self.flight.turns.add_permits(TURNS_AFTER_FAILURE - 1);
        }
    }

    /// What the flight ended with for this caller.
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
    /// The last one to leave a flight that never landed takes it off the list.
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

    /// One that stayed on the list would keep the lease that was left in it, and renew it for ever.
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
