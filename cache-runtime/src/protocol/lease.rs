//! The right to fill one key: a random token that stands at the key itself while its load runs.
//!
//! A fill is stored only if the key still holds the token of its own load. An invalidation deletes
//! the key, and the token with it. The fill is then refused. A load that began before a write
//! therefore cannot be stored after it. Leases follow Nishtala et al., "Scaling Memcache at
//! Facebook", NSDI 2013. There a counter stands beside the key. This module uses the key itself.

use crate::entry::envelope;
use crate::error::Result;
use crate::protocol::renewal::{Orphan, Renewal, Renewals, Renewed};
use crate::rt::backoff::Backoff;
use crate::rt::bridge;
use crate::store::Condition;
use crate::store::backend::Backend;
use crate::store::budget::Budget;
use bytes::Bytes;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Pause before the first repetition of a release.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// Longest pause between repetitions of a release. A quarter of the lease's time bounds the pause,
/// too, because a late lease must be released before it ends by itself.
const MAX_PAUSE: Duration = Duration::from_secs(1);

/// A key, with the terms on which leases are taken there.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) backend: Arc<Backend>,
    pub(crate) key: Arc<str>,
    /// Time that a lease stands when its holder is gone.
    pub(crate) time: Duration,
    /// Time for which an entry is claimed by a caller that revalidates it. `None`: no claim is
    /// made.
    pub(crate) claim: Option<Duration>,
    /// The handle's budget, for store calls beside the call.
    pub(crate) budget: Duration,
    pub(crate) renewals: Arc<Renewals>,
    /// The epochs of the key's scopes, folded into one number, or zero. Readers that find changed
    /// epochs need not wait for the load.
    pub(crate) scopes: u128,
}

/// A lease that is held. Dropping a lease releases it.
#[derive(Debug)]
pub(crate) struct Lease {
    place: Place,
    token: u128,
    /// Beginning of the key's value while the lease stands.
    stamp: Bytes,
    owed: Owed,
    renewal: Option<Renewal>,
}

/// Duty to release what stands at the key when the lease ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owed {
    Nothing,
    /// The store has not answered, and the lease may still come to stand there later.
    Perhaps,
    Lease,
    /// The store has not answered a claim, which is the time in an entry until which one caller
    /// revalidates it.
    PerhapsClaim,
    Claim,
}

impl Place {
    /// Takes the lease of a key that holds nothing. Returns `None` if the key holds something by
    /// now.
    pub(crate) async fn acquire(&self, budget: &mut Budget) -> Result<Option<Lease>> {
        // mutant: a lease is taken whoever holds the key
        self.take(Condition::Absent, budget).await
    }

    /// Takes the lease whatever the key holds, for a load that replaces it. The lease takes the
    /// place of another load's lease, or stands inside an entry, which stays readable. Returns
    /// `None` if the key changed meanwhile.
    pub(crate) async fn seize(&self, budget: &mut Budget) -> Result<Option<Lease>> {
        match self.backend.read_exactly(&self.key, budget).await? {
            None => self.acquire(budget).await,
            Some(held) => self.seize_from(&held, budget).await,
        }
    }

    /// Takes the lease if the key still holds `held`. The lease stands inside an entry that can
    /// carry it, else in its place.
    pub(crate) async fn seize_from(
        &self,
        held: &[u8],
        budget: &mut Budget,
    ) -> Result<Option<Lease>> {
        // mutant: a refresh takes the old value away
        if let Some(lease) = self.stamp(held, budget).await? {
            return Ok(Some(lease));
        }
        self.replace(held, budget).await
    }

    /// Takes the lease in the place of a useless value, or of nothing if that value was deleted
    /// meanwhile.
    pub(crate) async fn succeed(&self, held: &[u8], budget: &mut Budget) -> Result<Option<Lease>> {
        match self.replace(held, budget).await? {
            None => self.acquire(budget).await,
            lease => Ok(lease),
        }
    }

    /// Takes the lease in the place of a useless value, if that value still stands there.
    async fn replace(&self, held: &[u8], budget: &mut Budget) -> Result<Option<Lease>> {
        self.take(Condition::StartsWith(envelope::fingerprint(held)), budget).await
    }

    async fn take(&self, condition: Condition<'_>, budget: &mut Budget) -> Result<Option<Lease>> {
        let token = envelope::load_token()?;
        // The release is owed from this line on, because the answer to a successful write may be
        // lost.
        let owed = Owed::Perhaps;
        let stamp = envelope::lease(token, self.scopes);
        let mut lease = Lease { place: self.clone(), token, stamp, owed, renewal: None };
        // In the embedded store, no holder can be gone and leave a lease behind. Its leases have no
        // time limit and are not renewed.
        // mutant: a lease in the embedded store expires
        let time = self.backend.needs_tokio().then_some(self.time);
        let stamp = lease.stamp.clone();
        let set = self.backend.set(&self.key, stamp, time, condition, budget).await;
        lease.owed = match &set {
            Ok(true) => Owed::Lease,
            Ok(false) => Owed::Nothing,
            Err(error) if error.is_server() => Owed::Nothing,
            Err(_) => Owed::Perhaps,
        };
        if !set? {
            return Ok(None);
        }
        // mutant: leases are not renewed
        lease.renew();
        Ok(Some(lease))
    }

    /// Takes the lease of an entry that stays readable. A token in the entry is the lease. If the
    /// entry cannot carry a token, or the store puts none there, the entry itself is the lease. An
    /// entry's header is unique, so whatever deletes or replaces the entry refuses the fill.
    pub(crate) async fn borrow(&self, held: &[u8], budget: &mut Budget) -> Result<Option<Lease>> {
        let stamped = self.stamp(held, budget).await?;
        if stamped.is_some() {
            return Ok(stamped);
        }
        let is_there = self.backend.read_exactly(&self.key, budget).await?.as_deref() == Some(held);
        let stamp = Bytes::copy_from_slice(envelope::fingerprint(held));
        let (token, owed) = (envelope::load_token()?, Owed::Nothing);
        let lease = Lease { place: self.clone(), token, stamp, owed, renewal: None };
        Ok(is_there.then_some(lease))
    }

    /// Returns the lease that another load holds, for a load beside it. That lease has stood since
    /// before the load beside begins, so it serves both. The other load still renews and releases
    /// it.
    pub(crate) fn beside(&self, held: &[u8]) -> Result<Lease> {
        let (token, owed) = (envelope::load_token()?, Owed::Nothing);
        // mutant: what was loaded beside is stored over any lease
        let stamp = Bytes::copy_from_slice(envelope::fingerprint(held));
        Ok(Lease { place: self.clone(), token, stamp, owed, renewal: None })
    }

    /// Puts a token into an entry, if the entry is still there and can carry one. The token lives
    /// as long as the entry, without renewal. The claim ends by its time, for callers that would
    /// otherwise revalidate the entry.
    pub(crate) async fn stamp(&self, held: &[u8], budget: &mut Budget) -> Result<Option<Lease>> {
        let token = envelope::load_token()?;
        let claimed = self.claim.map_or(token, |time| {
            envelope::claimed(token, envelope::unix_ms().saturating_add(envelope::millis(time)))
        });
        let Some((old, stamp)) = envelope::restamped(held, claimed) else { return Ok(None) };
        // The taking back is owed from this line on, because the answer to a successful write may
        // be lost.
        // mutant: a claim that was not answered is not taken back
        let owed = if self.claim.is_some() { Owed::PerhapsClaim } else { Owed::Nothing };
        let mut lease = Lease { place: self.clone(), token, stamp, owed, renewal: None };
        let stamped = self.backend.restamp(&self.key, &old, &lease.stamp, budget).await;
        lease.owed = match &stamped {
            Ok(true) if self.claim.is_some() => Owed::Claim,
            Ok(_) => Owed::Nothing,
            Err(error) if error.is_server() => Owed::Nothing,
            Err(_) => owed,
        };
        lease.list_claim();
        Ok(stamped?.then_some(lease))
    }
}

impl Lease {
    /// Returns the token, which the filled entry carries on.
    pub(crate) fn token(&self) -> u128 {
        self.token
    }

    /// Returns the beginning of the key's value while the lease stands.
    pub(crate) fn stamp(&self) -> Bytes {
        self.stamp.clone()
    }

    /// Tells whether the lease stands inside an entry that others can still read.
    pub(crate) fn is_inside_entry(&self) -> bool {
        !envelope::is_lease(&self.stamp)
    }

    pub(crate) fn has_room(&self, entry: &Bytes) -> bool {
        self.place.backend.has_room(&self.place.key, entry)
    }

    /// Stores the load's value if the lease still stands. Returns whether the value was stored.
    ///
    /// # Cancellation
    ///
    /// The value is stored or not. A remaining lease is released.
    pub(crate) async fn fill(
        mut self,
        entry: Bytes,
        ttl: Option<Duration>,
        budget: &mut Budget,
    ) -> Result<bool> {
        let Place { backend, key, .. } = &self.place;
        // mutant: a fill overwrites whatever is there
        let held = Condition::StartsWith(&self.stamp);
        let filled = backend.set(key, entry, ttl, held, budget).await?;
        self.owed = Owed::Nothing;
        Ok(filled)
    }

    /// Deletes the key if the lease still stands, and stores nothing. Returns whether the lease
    /// stood until then: if so, no invalidation matched the key during the load. An entry that
    /// carries the lease is deleted.
    pub(crate) async fn give_up(mut self, budget: &mut Budget) -> Result<bool> {
        let Place { backend, key, .. } = &self.place;
        let held = backend.remove_if(key, Condition::StartsWith(&self.stamp), budget).await?;
        self.owed = Owed::Nothing;
        Ok(held)
    }

    fn renew(&mut self) {
        if self.place.backend.needs_tokio() {
            self.renewal = Some(self.place.renewals.keep(self.kept()));
        }
    }

    /// Lists a successful claim, so that a shutdown takes it back.
    fn list_claim(&mut self) {
        // mutant: a shutdown leaves claims
        if self.owed == Owed::Claim && self.place.backend.needs_tokio() {
            self.renewal = Some(self.place.renewals.list_claim(self.kept()));
        }
    }

    fn kept(&self) -> Renewed {
        let Place { backend, key, time, claim, budget, .. } = self.place.clone();
        let is_claim = matches!(self.owed, Owed::Claim | Owed::PerhapsClaim);
        let time = if is_claim { claim.unwrap_or_default().max(time) } else { time };
        Renewed { backend, key, stamp: self.stamp.clone(), time, budget, is_claim }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // The renewal must end before the release.
        self.renewal = None;
        // mutant: a load that was given up keeps its lease
        if self.owed != Owed::Nothing {
            let certain = matches!(self.owed, Owed::Lease | Owed::Claim);
            let orphan = self.place.renewals.orphan(self.stamp.clone());
            let release = release(Arc::clone(&self.place.renewals), orphan, self.kept(), certain);
            bridge::spawn_detached(self.place.backend.needs_tokio(), release);
        }
    }
}

/// Releases the leases of all running loads. Their process ends, so their values could not be
/// stored any more.
pub(crate) fn release_all(renewals: &Arc<Renewals>) {
    for kept in renewals.take_all() {
        let orphan = renewals.orphan(kept.stamp.clone());
        bridge::spawn_apart(release(Arc::clone(renewals), orphan, kept, true));
    }
}

/// Deletes a lease, or takes a claim back, and repeats that until the store answers.
///
/// A write without an answer may still be on its way, on another connection. If the store holds
/// nothing yet, the release goes on. It lasts for the lease's time, counted from the store's first
/// answer. Requests that waited in front of a frozen server arrive when the server goes on.
async fn release(renewals: Arc<Renewals>, orphan: Orphan, kept: Renewed, certain: bool) {
    let mut backoff = Backoff::new(FIRST_PAUSE, MAX_PAUSE.min(kept.time / 4));
    // mutant: a release is given up before the server has answered
    let mut expired = None;
    loop {
        let given_back = give_back(&kept).await;
        let is_answered = !given_back.as_ref().is_err_and(|error| !error.is_server());
        // mutant: a lease that was not there is not released again
        let is_released = given_back.is_ok_and(|was_there| was_there || certain);
        if is_answered {
            expired.get_or_insert_with(|| Instant::now() + kept.time);
        }
        let is_over = expired.is_some_and(|expired| Instant::now() >= expired);
        if is_released || is_over || renewals.ending().has_enough(is_answered) {
            break;
        }
        renewals.ending().rest(backoff.pause()).await;
    }
    drop(orphan);
}

/// Deletes a lease, or ends the claim of an entry that still carries it. Returns whether it stood
/// there.
async fn give_back(kept: &Renewed) -> Result<bool> {
    let Renewed { backend, key, stamp, .. } = kept;
    let mut budget = Budget::new(kept.budget);
    if !kept.is_claim {
        return backend.remove_if(key, Condition::StartsWith(stamp), &mut budget).await;
    }
    match envelope::without_claim(stamp) {
        // mutant: a claim is not taken back
        Some(plain) => backend.restamp(key, stamp, &plain, &mut budget).await,
        None => Ok(true),
    }
}
