//! The right to fill one key: a random token that stands at the key itself while its load runs.
//!
//! A fill is stored only if the key still holds the token of its own load. Whatever deletes the key, an invalidation above
//! all, deletes the token too and so refuses the fill: a load that began before a write cannot be stored after it. (Leases
//! after Nishtala et al., "Scaling Memcache at Facebook", NSDI 2013; there a counter beside the key, here the key itself.)

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

/// The first pause before a release is tried again.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// The longest pause before a release is tried again. A quarter of the lease's time is the limit,
/// too: a lease that comes to stand must not end by itself.
const MAX_PAUSE: Duration = Duration::from_secs(1);

/// A key, and on what terms leases are taken there.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) backend: Arc<Backend>,
    pub(crate) key: Arc<str>,
    /// How long a lease stands when its holder is gone.
    pub(crate) time: Duration,
    /// For how long an entry is taken to be loaded anew; `None`: nobody asks.
    pub(crate) claim: Option<Duration>,
    /// The handle's budget, for what happens beside the call.
    pub(crate) budget: Duration,
    pub(crate) renewals: Arc<Renewals>,
    /// The epochs of the key's scopes, or zero: those who find them changed need not wait for the load.
    pub(crate) scopes: u128,
}

/// A lease that is held. Dropped, it is released.
#[derive(Debug)]
pub(crate) struct Lease {
    place: Place,
    token: u128,
    /// What the key begins with as long as the lease stands.
    stamp: Bytes,
    owed: Owed,
    renewal: Option<Renewal>,
}

/// Whether something of ours stands at the key that must go when the lease does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owed {
    Nothing,
    /// The store has not answered: it may come to stand there later.
    Perhaps,
    Lease,
    /// The time in an entry until which it is taken to be loaded anew; the store has not answered.
    PerhapsClaim,
    Claim,
}

impl Place {
    /// Takes the lease of a key that holds nothing; `None` when it holds something by now.
    pub(crate) async fn acquire(&self, budget: &mut Budget) -> Result<Option<Lease>> {
        // mutant: a lease is taken whoever holds the key
        self.take(Condition::Absent, budget).await
    }

    /// Takes the lease whatever the key holds, for a load that is to replace it: from another load, or inside an entry,
    /// which stays readable. `None` when the key changed meanwhile.
    pub(crate) async fn seize(&self, budget: &mut Budget) -> Result<Option<Lease>> {
        match self.backend.read_exactly(&self.key, budget).await? {
            None => self.acquire(budget).await,
            Some(held) => self.seize_from(&held, budget).await,
        }
    }

    /// Takes the lease from what the key holds, if it still does: inside an entry that can carry it, else in its place.
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

    /// Takes the lease after something that is of no use any more, which may have been deleted meanwhile.
    pub(crate) async fn succeed(&self, held: &[u8], budget: &mut Budget) -> Result<Option<Lease>> {
        match self.replace(held, budget).await? {
            None => self.acquire(budget).await,
            lease => Ok(lease),
        }
    }

    /// Takes the lease in the place of something that is of no use any more, if it still stands there.
    async fn replace(&self, held: &[u8], budget: &mut Budget) -> Result<Option<Lease>> {
        self.take(Condition::StartsWith(envelope::fingerprint(held)), budget).await
    }

    async fn take(&self, condition: Condition<'_>, budget: &mut Budget) -> Result<Option<Lease>> {
        let token = envelope::load_token()?;
        // It is owed from here on: the answer to a write that happened may be lost.
        let owed = Owed::Perhaps;
        let stamp = envelope::lease(token, self.scopes);
        let mut lease = Lease { place: self.clone(), token, stamp, owed, renewal: None };
        // In this process' own store nobody can be gone and leave a lease behind; nor is one renewed there.
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

    /// Takes the lease of an entry that stays readable: by a token in it, or where it cannot carry one, or the store puts none there,
    /// by the entry itself. Its header is its own, so that whatever deletes or replaces it refuses the fill.
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

    /// A lease that another load holds, for a load beside it: it has stood since before that begins,
    /// so that it serves it as well. It stays the other's, who renews and releases it.
    pub(crate) fn beside(&self, held: &[u8]) -> Result<Lease> {
        let (token, owed) = (envelope::load_token()?, Owed::Nothing);
        // mutant: what was loaded beside is stored over any lease
        let stamp = Bytes::copy_from_slice(envelope::fingerprint(held));
        Ok(Lease { place: self.clone(), token, stamp, owed, renewal: None })
    }

    /// Puts a token into an entry, if it is still there and can carry one. It needs no renewal: it lives as long as the entry; what
    /// ends is the claim, for those who would load it anew otherwise.
    pub(crate) async fn stamp(&self, held: &[u8], budget: &mut Budget) -> Result<Option<Lease>> {
        let token = envelope::load_token()?;
        let claimed = self.claim.map_or(token, |time| {
            envelope::claimed(token, envelope::unix_ms().saturating_add(envelope::millis(time)))
        });
        let Some((old, stamp)) = envelope::restamped(held, claimed) else { return Ok(None) };
        // It is owed from here on: the answer to a write that happened may be lost.
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
    /// The token, which the entry carries on.
    pub(crate) fn token(&self) -> u128 {
        self.token
    }

    /// What the key begins with as long as it stands.
    pub(crate) fn stamp(&self) -> Bytes {
        self.stamp.clone()
    }

    /// Whether it stands inside an entry that others can still read.
    pub(crate) fn is_inside_entry(&self) -> bool {
        !envelope::is_lease(&self.stamp)
    }

    pub(crate) fn has_room(&self, entry: &Bytes) -> bool {
        self.place.backend.has_room(&self.place.key, entry)
    }

    /// Stores the load's value if the lease still stands; says whether it did.
    ///
    /// # Cancellation
    ///
    /// The value is stored or not; what is left of the lease is released.
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

    /// Gives the key up with nothing stored under it, and says whether the lease had stood until then: nothing that
    /// matches the key was invalidated during the load. An entry that carries the lease is deleted.
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

    /// Lists a claim that was made, for a shutdown.
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
        // The renewal must not outlive the release.
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

/// Releases the leases of all loads that run: their process ends, and they could not be stored any
/// more.
pub(crate) fn release_all(renewals: &Arc<Renewals>) {
    for kept in renewals.take_all() {
        let orphan = renewals.orphan(kept.stamp.clone());
        bridge::spawn_apart(release(Arc::clone(renewals), orphan, kept, true));
    }
}

/// Deletes a lease, or takes a claim back, again and again until the store answers. One that may
/// have been taken can still be on its way, on another connection: that there is nothing yet is no
/// answer, and the store is asked for as long as the lease would stand, counted from its first
/// answer. What waited in front of a server that stood still arrives when that goes on.
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

/// Deletes a lease, or ends the claim of an entry that still carries it; says whether it did.
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
