//! Judges what a look at the store has shown, and repairs values that are no entries.

use super::{Session, Step};
use crate::cache::context::mode::Source;
use crate::call::Ready;
use crate::entry::codec::compression::{self, Unusable};
use crate::entry::codec::form::Encoding;
use crate::entry::codec::{Payload, PayloadRef};
use crate::entry::envelope::{self, Header};
use crate::entry::freshness::Freshness;
use crate::error::{Error, Result};
use crate::protocol::flight::Landed;
use crate::store::{Condition, Remaining};
use bytes::Bytes;

/// An entry whose envelope is whole.
pub(crate) struct FoundEntry {
    pub(crate) entry: Bytes,
    /// The offset of the payload in the entry. The payload stays there, because taking it out would
    /// cost each hit the memory of a reference count.
    start: usize,
    /// The decompressed payload. `None` if the payload is stored uncompressed.
    restored: Option<Bytes>,
    encoding: Encoding,
    /// The time until which the entry is fresh, in milliseconds since the Unix epoch. `None` if the
    /// entry has no end.
    pub(super) fresh_until: Option<u64>,
    pub(super) freshness: Freshness,
    /// `true` if a load that replaces the entry is under way.
    pub(super) is_claimed: bool,
}

impl FoundEntry {
    pub(crate) fn payload(&self) -> PayloadRef<'_> {
        let stored = || self.entry.get(self.start..).unwrap_or_default();
        let bytes = self.restored.as_deref().unwrap_or_else(stored);
        PayloadRef { encoding: self.encoding, bytes }
    }

    /// Returns the payload on its own.
    pub(super) fn into_payload(self) -> Payload {
        let bytes = self.restored;
        let bytes = bytes.unwrap_or_else(|| self.entry.slice(self.start.min(self.entry.len())..));
        Payload { encoding: self.encoding, bytes }
    }

    /// Tells whether every caller is served the entry at once.
    pub(super) fn is_for_all(&self) -> bool {
        self.freshness == Freshness::Fresh || self.freshness.is_served() && self.is_claimed
    }

    /// Returns the end of a flight that is served the entry in place of its load.
    pub(crate) fn landed(self) -> Landed {
        let has_expired = self.freshness.has_expired();
        let payload = self.into_payload();
        if has_expired { Landed::Fallback(payload) } else { Landed::Value(payload) }
    }

    /// Returns the source that a call reports if it is answered with the entry.
    pub(super) fn source(&self) -> Source {
        if self.freshness.has_expired() { Source::Stale } else { Source::Hit }
    }
}

/// The verdict on a look at the store.
pub(super) enum Lookup {
    Entry(FoundEntry),
    /// An intact entry that is too large for this handle.
    Unreadable(Bytes),
    /// A lease: a load is under way.
    Leased(Bytes),
    /// An entry or a lease from before the invalidation of a scope of the key. Also an entry past
    /// its time, or a lease whose load is over.
    Outdated(Bytes),
    Absent,
    /// The store failed.
    Away,
}

/// Bytes of a key that cannot be judged on their own.
pub(super) enum Untold {
    /// Bytes that are neither an entry nor a lease.
    Broken(Bytes),
    /// An entry from the future, whose payload begins at `start`. Only the store knows the entry's
    /// age.
    Ahead { header: Box<Header>, entry: Bytes, start: usize },
}

impl Lookup {
    /// Returns the bytes at the key while a load is under way and no entry can be served.
    ///
    /// # Errors
    ///
    /// Returns the verdict itself in every other case.
    pub(super) fn waits(self) -> std::result::Result<Bytes, Self> {
        match self {
            Self::Leased(lease) => Ok(lease),
            Self::Entry(FoundEntry {
                entry,
                freshness: Freshness::Fallback,
                is_claimed: true,
                ..
            }) => Ok(entry),
            seen => Err(seen),
        }
    }
}

impl Session {
    /// Judges what was read, and repairs a value that is no entry.
    pub(super) async fn judge(&mut self, read: Result<Option<Bytes>>) -> Lookup {
        match read {
            Ok(value) => match self.tell(value) {
                Ok(seen) => seen,
                // Boxed, because hits do without this future.
                Err(untold) => Box::pin(self.find_out(untold)).await,
            },
            Err(error) if error.is_foreign() => {
                self.counters().corrupt.increment();
                Box::pin(self.delete_if(Condition::Foreign)).await
            }
            Err(error) => {
                self.call.cache.note_fault(&self.function, &error);
                Lookup::Away
            }
        }
    }

    /// Judges what was read, as far as the bytes alone are enough.
    pub(super) fn tell(&mut self, value: Option<Bytes>) -> std::result::Result<Lookup, Untold> {
        let Some(bytes) = value else { return Ok(Lookup::Absent) };
        match envelope::decode(&bytes) {
            // mutant: an entry is read whatever its epochs
            Ok((header, _)) if !self.epochs.vouch_for(header.scopes) => Ok(Lookup::Outdated(bytes)),
            Ok((header, payload)) => {
                let start = bytes.len() - payload.len();
                // If nothing here depends on the time, the store's clock alone decides.
                let is_asked = self.site().grace.is_any() || self.watched.is_some();
                let now = if is_asked { envelope::unix_ms() } else { 0 };
                // mutant: an entry of the future is believed
                if is_asked && header.is_ahead_of(now) {
                    let header = Box::new(header);
                    return Err(Untold::Ahead { header, entry: bytes, start });
                }
                self.tell_entry(&header, bytes, start, now)
            }
            Err(_) => match envelope::lease_scopes(&bytes) {
                // If a lease is this process' own and its load is over, nobody loads under it.
                // mutant: a lease of one's own whose load is over is waited for
                Some(_) if self.cache().renewals().is_orphan(&bytes) => Ok(Lookup::Outdated(bytes)),
                // mutant: a lease from before an invalidation is waited for
                Some(scopes) if self.epochs.may_become(scopes) => Ok(Lookup::Leased(bytes)),
                Some(_) => Ok(Lookup::Outdated(bytes)),
                None => Err(Untold::Broken(bytes)),
            },
        }
    }

    /// Judges an entry that is not from the future, and whose payload begins at `start`.
    fn tell_entry(
        &mut self,
        header: &Header,
        entry: Bytes,
        start: usize,
        now: u64,
    ) -> std::result::Result<Lookup, Untold> {
        let freshness = Freshness::at(now, header, &self.site().grace);
        // mutant: a value is served behind its time
        if freshness == Freshness::Over {
            return Ok(Lookup::Outdated(entry));
        }
        let stored = entry.get(start..).unwrap_or_default();
        let restored =
            match compression::decompress(header.form, stored, self.call.cache.max_entry_size()) {
                Ok(restored) => restored,
                Err(Unusable::TooLarge) => return Ok(Lookup::Unreadable(entry)),
                Err(Unusable::Broken) => return Err(Untold::Broken(entry)),
            };
        // mutant: an earlier value is forgotten when the load fails
        self.has_fallback |= freshness != Freshness::Fresh;
        self.fallback_cost = header.cost;
        // mutant: a claim is overlooked
        let is_claimed = self.is_claimed(header.claimed_until(), now);
        let fresh_until = header.fresh_until;
        let encoding = header.form.encoding;
        let found =
            FoundEntry { entry, start, restored, encoding, fresh_until, freshness, is_claimed };
        Ok(Lookup::Entry(found))
    }

    /// Asks the store for what the bytes alone do not show.
    pub(super) async fn find_out(&mut self, untold: Untold) -> Lookup {
        let broken = match untold {
            Untold::Broken(broken) => broken,
            Untold::Ahead { header, entry, start } => {
                let now = envelope::unix_ms();
                let Some(until) = self.fresh_by_the_store(&header, now).await else {
                    return Lookup::Absent;
                };
                let header = Header { fresh_until: Some(until), ..*header };
                match self.tell_entry(&header, entry, start, now) {
                    Ok(seen) => return seen,
                    Err(Untold::Broken(entry) | Untold::Ahead { entry, .. }) => entry,
                }
            }
        };
        self.repair(&broken).await
    }

    /// Returns the time until which an entry is fresh, from the time that the store still stores
    /// it. Returns `None` if the entry is gone. If the store does not tell the age, the entry has
    /// just expired.
    async fn fresh_by_the_store(&mut self, header: &Header, now: u64) -> Option<u64> {
        let Ready { cache, key, .. } = &self.call;
        let left = cache.backend().remaining(key, &mut self.budget).await;
        let grace = self.site().grace.time();
        let kept = header.lifetime().unwrap_or_default().saturating_add(grace);
        match left {
            Ok(Remaining::Absent) => None,
            Ok(Remaining::Left(left)) if left <= kept => Some(
                now.saturating_add(envelope::millis(left)).saturating_sub(envelope::millis(grace)),
            ),
            Ok(Remaining::Left(_) | Remaining::Endless) => Some(now),
            Err(error) => {
                cache.note_fault(&self.function, &error);
                Some(now)
            }
        }
    }

    /// Deletes a value of another kind, which a read of several keys took for a missing one.
    pub(super) async fn repair_what_was_hidden(&mut self) {
        let backend = self.call.cache.backend();
        let read = backend.read_exactly(&self.call.key, &mut self.budget).await;
        if read.as_ref().is_err_and(Error::is_foreign) {
            self.judge(read).await;
        }
    }

    /// Deletes a broken entry, unless another one has taken its place.
    pub(super) async fn repair(&mut self, entry: &[u8]) -> Lookup {
        tracing::debug!(target: "cache_runtime", function = self.site().name, "broken entry");
        self.counters().corrupt.increment();
        self.delete_if(Condition::StartsWith(envelope::fingerprint(entry))).await
    }

    async fn delete_if(&mut self, condition: Condition<'_>) -> Lookup {
        let backend = self.call.cache.backend();
        match backend.remove_if(&self.call.key, condition, &mut self.budget).await {
            Ok(_) => Lookup::Absent,
            Err(error) => {
                self.call.cache.note_fault(&self.function, &error);
                Lookup::Away
            }
        }
    }

    /// Deletes an entry whose payload is not of the function's type, and goes on as after a miss.
    pub(crate) async fn discard(mut self: Box<Self>, entry: Bytes) -> Step {
        self.function().trial.begin_again();
        let seen = self.repair(&entry).await;
        self.line_up(seen).await
    }
}
