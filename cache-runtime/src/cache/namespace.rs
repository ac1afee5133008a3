//! Namespaces: handles under longer prefixes, on one store.

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
    /// Number of namespaces that were ever made. The handle itself is number zero.
    made: u64,
}

impl Namespaces {
    /// Returns the namespace with this prefix, and makes one if nobody holds it any more.
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
    /// Returns a namespace of this handle: a handle under a longer prefix, on the same connection,
    /// with the same options. On the handle `shop`, `namespace("eu")` has the prefix `shop:eu`.
    ///
    /// A namespace has entries of its own. [`clear`](Self::clear) on a namespace clears the
    /// namespace alone, and on this handle both.
    ///
    /// The name is percent-encoded as a placeholder's value is, so that a name may come from
    /// outside. Two different names share no entries, and no namespace reaches into another one.
    ///
    /// Keys of this handle that begin with `eu:`, by hand or by the option `key`, are in the
    /// namespace `eu`, too. Keep names and keys apart, as in `namespace("tenant-eu")`.
    ///
    /// A namespace counts for itself: its [`stats`](Self::stats) are not in the statistics of this
    /// handle. Two namespaces of one name are one handle, as clones are.
    ///
    /// Finding a namespace that somebody holds is cheap. Making one costs a look at all namespaces.
    /// Keep a namespace where it is used often, and for as long as its statistics are wanted.
    #[must_use]
    pub fn namespace(&self, name: impl AsRef<str>) -> Self {
        let mut prefix = self.key_prefix().to_owned();
        // Every string has a segment, so that this cannot fail.
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
