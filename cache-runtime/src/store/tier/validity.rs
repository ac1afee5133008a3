//! Validities by name: the key of an entry, or the key of a scope's epoch.

use crate::key::glob;
use crate::key::scope::{self, Reach};
use foldhash::quality::RandomState;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// Validity of one key since it was read, or of one scope. The last value that depends on it takes
/// it off the index.
///
/// The flag is a field, and no [`Validity`](crate::store::Validity) behind a pointer, because every
/// hit reads several flags.
#[derive(Debug)]
struct Named {
    name: Box<str>,
    is_broken: AtomicBool,
    index: Weak<Index>,
}

impl Named {
    fn revoke(&self) {
        self.is_broken.store(true, Ordering::Release);
    }

    fn is_valid(&self) -> bool {
        !self.is_broken.load(Ordering::Acquire)
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        let Some(index) = self.index.upgrade() else { return };
        let mut validities = index.lock();
        // A newer validity may have this name by now.
        if validities.get(&*self.name).is_some_and(|validity| validity.strong_count() == 0) {
            validities.remove(&*self.name);
        }
    }
}

/// All validities of a value: that of its key, and those of the key's scopes.
#[derive(Clone, Debug)]
pub(crate) struct Validities(Box<[Arc<Named>]>);

impl Validities {
    pub(crate) fn are_kept(&self) -> bool {
        self.0.iter().all(|named| named.is_valid())
    }
}

type ByName = HashMap<Box<str>, Weak<Named>, RandomState>;

/// The validities on which some value depends.
#[derive(Debug, Default)]
pub(super) struct Index {
    validities: Mutex<ByName>,
}

impl Index {
    /// Returns the validities for a value that is read from `key`. Call this before the read, so
    /// that a later change is seen.
    pub(super) fn promises_for(self: &Arc<Self>, key: &str) -> Validities {
        let mut validities = self.lock();
        let names = [key.to_owned()].into_iter().chain(scope::of(key, 0).map(scope::epoch_key));
        Validities(names.map(|name| self.validity(&mut validities, name.into())).collect())
    }

    fn validity(self: &Arc<Self>, validities: &mut ByName, name: Box<str>) -> Arc<Named> {
        if let Some(validity) = validities.get(&name).and_then(Weak::upgrade) {
            return validity;
        }
        let index = Arc::downgrade(self);
        let named =
            Arc::new(Named { name: name.clone(), is_broken: AtomicBool::new(false), index });
        validities.insert(name, Arc::downgrade(&named));
        named
    }

    /// Revokes the validity of a key, or of the scope whose epoch has this key.
    pub(super) fn break_name(&self, name: &str) {
        let mut validities = self.lock();
        let broken = revoke(validities.remove(name));
        drop(validities);
        drop(broken);
    }

    /// Revokes the validities that a pattern matches.
    pub(super) fn break_matching(&self, pattern: &str) {
        match Reach::of(pattern) {
            Reach::Key(key) => self.break_name(&key),
            Reach::Scope(scope) => self.break_name(&scope::epoch_key(&scope)),
            Reach::Matches => {
                let matches = |name: &str| glob::matches(pattern.as_bytes(), name.as_bytes());
                let mut validities = self.lock();
                let names = validities.extract_if(|name, _| matches(name));
                let broken = revoke(names.map(|(_, validity)| validity));
                drop(validities);
                drop(broken);
            }
        }
    }

    pub(super) fn break_all(&self) {
        let mut validities = self.lock();
        let broken = revoke(validities.drain().map(|(_, validity)| validity));
        drop(validities);
        drop(broken);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, ByName> {
        self.validities.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Revokes validities. Call this under the lock: a validity that is missing in the index is then
/// revoked for certain. Drop the result outside the lock, because the last owner of a validity
/// takes the lock to clean the index.
#[must_use]
fn revoke(validities: impl IntoIterator<Item = Weak<Named>>) -> Vec<Arc<Named>> {
    let named = validities.into_iter().filter_map(|validity| validity.upgrade());
    named.inspect(|named| named.revoke()).collect()
}
