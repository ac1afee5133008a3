//! Promises by the name of what they are about: a key of the store, or the epoch of a scope.

use crate::key::glob;
use crate::key::scope::{self, Reach};
use foldhash::quality::RandomState;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// The promise that one key is unchanged since it was read, or that nothing in a scope was made stale. It leaves the index
/// with the last value that depends on it.
///
/// The flag stands in it, and is no [`Promise`](crate::store::Promise) behind a pointer: every hit looks at several.
#[derive(Debug)]
struct Named {
    name: Box<str>,
    is_broken: AtomicBool,
    index: Weak<Index>,
}

impl Named {
    fn break_off(&self) {
        self.is_broken.store(true, Ordering::Release);
    }

    fn is_kept(&self) -> bool {
        !self.is_broken.load(Ordering::Acquire)
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        let Some(index) = self.index.upgrade() else { return };
        let mut promises = index.lock();
        // Another one may have its name by now.
        if promises.get(&*self.name).is_some_and(|promise| promise.strong_count() == 0) {
            promises.remove(&*self.name);
        }
    }
}

/// All that a value depends on: its key, and the key's scopes.
#[derive(Clone, Debug)]
pub(crate) struct Promises(Box<[Arc<Named>]>);

impl Promises {
    pub(crate) fn are_kept(&self) -> bool {
        self.0.iter().all(|named| named.is_kept())
    }
}

type ByName = HashMap<Box<str>, Weak<Named>, RandomState>;

/// The promises that some value depends on.
#[derive(Debug, Default)]
pub(super) struct Index {
    promises: Mutex<ByName>,
}

impl Index {
    /// What a value will depend on that is read from `key`. To be called before the reading, so that a change after it
    /// is seen.
    pub(super) fn promises_for(self: &Arc<Self>, key: &str) -> Promises {
        let mut promises = self.lock();
        let names = [key.to_owned()].into_iter().chain(scope::of(key, 0).map(scope::epoch_key));
        Promises(names.map(|name| self.promise(&mut promises, name.into())).collect())
    }

    fn promise(self: &Arc<Self>, promises: &mut ByName, name: Box<str>) -> Arc<Named> {
        if let Some(promise) = promises.get(&name).and_then(Weak::upgrade) {
            return promise;
        }
        let index = Arc::downgrade(self);
        let named =
            Arc::new(Named { name: name.clone(), is_broken: AtomicBool::new(false), index });
        promises.insert(name, Arc::downgrade(&named));
        named
    }

    /// Breaks the promise about a key, or about the scope whose epoch it is.
    pub(super) fn break_name(&self, name: &str) {
        let mut promises = self.lock();
        let broken = break_off(promises.remove(name));
        drop(promises);
        drop(broken);
    }

    /// Breaks what a pattern matches.
    pub(super) fn break_matching(&self, pattern: &str) {
        match Reach::of(pattern) {
            Reach::Key(key) => self.break_name(&key),
            Reach::Scope(scope) => self.break_name(&scope::epoch_key(&scope)),
            Reach::Matches => {
                let matches = |name: &str| glob::matches(pattern.as_bytes(), name.as_bytes());
                let mut promises = self.lock();
                let names = promises.extract_if(|name, _| matches(name));
                let broken = break_off(names.map(|(_, promise)| promise));
                drop(promises);
                drop(broken);
            }
        }
    }

    pub(super) fn break_all(&self) {
        let mut promises = self.lock();
        let broken = break_off(promises.drain().map(|(_, promise)| promise));
        drop(promises);
        drop(broken);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, ByName> {
        self.promises.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Breaks promises, under the lock: whoever finds none in the index may rely on its being broken. What comes back is to be dropped
/// outside: the last to let go of one takes it off the index.
#[must_use]
fn break_off(promises: impl IntoIterator<Item = Weak<Named>>) -> Vec<Arc<Named>> {
    let named = promises.into_iter().filter_map(|promise| promise.upgrade());
    named.inspect(|named| named.break_off()).collect()
}
