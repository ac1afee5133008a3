//! Validities by the name of what they are about: a key of the store, or the epoch of a scope.

use crate::key::glob;
use crate::key::scope::{self, Reach};
use foldhash::quality::RandomState;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// The promise that one key is unchanged since it was read, or that nothing in a scope was made stale. It leaves the index
/// with the last value that depends on it.
///
/// The flag stands in it, and is no [`Validity`](crate::store::Validity) behind a pointer: every hit looks at several.
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
        // Another one may have its name by now.
        if validities.get(&*self.name).is_some_and(|validity| validity.strong_count() == 0) {
            validities.remove(&*self.name);
        }
    }
}

/// All that a value depends on: its key, and the key's scopes.
#[derive(Clone, Debug)]
pub(crate) struct Validities(Box<[Arc<Named>]>);

impl Validities {
    pub(crate) fn are_kept(&self) -> bool {
        self.0.iter().all(|named| named.is_valid())
    }
}

type ByName = HashMap<Box<str>, Weak<Named>, RandomState>;

/// The promises that some value depends on.
#[derive(Debug, Default)]
pub(super) struct Index {
    validities: Mutex<ByName>,
}

impl Index {
    /// What a value will depend on that is read from `key`. To be called before the reading, so that a change after it
    /// is seen.
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

    /// Breaks the promise about a key, or about the scope whose epoch it is.
    pub(super) fn break_name(&self, name: &str) {
        let mut validities = self.lock();
        let broken = revoke(validities.remove(name));
        drop(validities);
        drop(broken);
    }

    /// Breaks what a pattern matches.
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

/// Breaks promises, under the lock: whoever finds none in the index may rely on its being broken. What comes back is to be dropped
/// outside: the last to let go of one takes it off the index.
#[must_use]
fn revoke(validities: impl IntoIterator<Item = Weak<Named>>) -> Vec<Arc<Named>> {
    let named = validities.into_iter().filter_map(|validity| validity.upgrade());
    named.inspect(|named| named.revoke()).collect()
}
