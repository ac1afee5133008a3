//! Handles under longer prefixes, on one store.

use super::{Cache, Inner};
use crate::function::stats::Registry;
use crate::key::segment;
use crate::rt::ending::Hold;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// The namespaces of one handle, by their whole prefixes.
#[derive(Debug, Default)]
pub(super) struct Namespaces {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    by_prefix: HashMap<String, Weak<Inner>>,
    /// How many there ever were. The handle itself is number zero.
    made: u64,
}

impl Namespaces {
    /// The one with this prefix: the same as long as anybody holds it.
    fn find(&self, prefix: &str, make: impl FnOnce(u64) -> Inner) -> Arc<Inner> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(inner) = known.by_prefix.get(prefix).and_then(Weak::upgrade) {
            return inner;
        }
        known.by_prefix.retain(|_, inner| inner.strong_count() > 0);
        // mutant: namespaces share values in process
        known.made += 1;
        let inner = Arc::new(make(known.made));
        known.by_prefix.insert(prefix.to_owned(), Arc::downgrade(&inner));
        inner
    }
}

impl Cache {
    /// A handle to a part of this one: under a longer prefix, `shop:eu` for `namespace("eu")` of `shop`, on the same connection,
    /// with the same options. Its entries are its own; [`clear`](Self::clear) on it clears it alone, and on this handle both.
    ///
    /// The name is percent-encoded as a placeholder's value is, so that it may come from outside: no two names share entries, and
    /// none reaches into another one. What this handle itself keeps under `eu:`, by hand or by a `key` that begins so, is in the namespace, too: keep names
    /// and keys apart, as in `namespace("tenant-eu")`. A namespace counts for itself: its [`stats`](Self::stats) are not in those of this handle. Two handles of one
    /// name are one, as clones are. Finding one that somebody holds is cheap, making one costs a look at all of them: keep it where it is used often, and for
    /// as long as its statistics are wanted.
    #[must_use]
    pub fn namespace(&self, name: impl AsRef<str>) -> Self {
        let mut prefix = self.key_prefix().to_owned();
        // A string has a segment, whatever is in it.
        // mutant: a namespace's name is not escaped
        _ = segment::push(&mut prefix, name.as_ref());
        prefix.push(':');
        let shared = &self.inner.shared;
        let inner = shared.namespaces.find(&prefix, |space| Inner {
            shared: Arc::clone(shared),
            prefix: prefix.clone(),
            space,
            registry: Registry::default(),
            hold: Some(Hold::new(&shared.ending)),
        });
        Self { inner }
    }
}
