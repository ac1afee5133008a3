//! The callers that wait for keys on one connection. Server-assisted tracking (`CLIENT TRACKING ON
//! OPTIN`) tells when a key changed.
//!
//! <https://redis.io/docs/latest/develop/reference/client-side-caching/>. Only reads that ask for
//! tracking are tracked, so other hits cost the server nothing more. A waiting caller also looks at
//! its key from time to time, because a push is only a hint.

use crate::store::ChangeListener;
use redis::{PushInfo, PushKind, Value};
use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use tokio::sync::{Notify, oneshot};

/// The listener that hears of every change of a tracked key, on all connections of the store.
pub(super) type Following = Arc<OnceLock<Arc<dyn ChangeListener>>>;

/// The callers that wait on one connection.
#[derive(Debug, Default)]
pub(super) struct Hub {
    following: Following,
    waiting: Mutex<HashMap<Vec<u8>, Vec<oneshot::Sender<()>>>>,
    /// Signal that the connection has ended.
    ended: Notify,
}

impl Hub {
    pub(super) fn new(following: Following) -> Self {
        Self { following, ..Self::default() }
    }

    /// Begins to listen for a change of `key`. Call this before the key is read.
    pub(super) fn listen(self: &Arc<Self>, key: &str) -> impl Future<Output = ()> + Send + use<> {
        let (told, hears) = oneshot::channel();
        let key = key.as_bytes().to_vec();
        self.lock().entry(key.clone()).or_default().push(told);
        let mut listener = Listener { hub: Arc::downgrade(self), key, hears };
        async move {
            // An error means that the connection has ended, which is also a reason to look again.
            let _ = (&mut listener.hears).await;
        }
    }

    /// Handles a push of the server.
    pub(super) fn hear(&self, push: &PushInfo) {
        match (&push.kind, push.data.first()) {
            (PushKind::Invalidate, Some(Value::Array(keys))) => {
                for key in keys {
                    if let Value::BulkString(key) = key {
                        self.changed(key);
                    }
                }
            }
            // A push without keys means that the whole database was flushed.
            (PushKind::Invalidate, _) => self.all_changed(),
            (PushKind::Disconnection, _) => {
                self.all_changed();
                self.ended.notify_one();
            }
            _ => {}
        }
    }

    fn changed(&self, key: &[u8]) {
        if let Some(listener) = self.following.get() {
            // mutant: nobody hears what other processes change
            listener.changed(key);
        }
        // Dropping the senders wakes the listeners. The drop comes after the lock is released.
        // mutant: what the server tells is not heard
        let told = self.lock().remove(key);
        drop(told);
    }

    fn all_changed(&self) {
        if let Some(listener) = self.following.get() {
            // mutant: nobody hears that everything has changed
            listener.all_changed();
        }
        let told = mem::take(&mut *self.lock());
        drop(told);
    }

    /// Waits until the connection has ended. Only one task may wait.
    pub(super) async fn ended(&self) {
        self.ended.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Vec<u8>, Vec<oneshot::Sender<()>>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A caller that listens to a key, taken off the list when it is dropped. The reference to the hub
/// is weak, because the end of the hub also ends the wait.
struct Listener {
    hub: Weak<Hub>,
    key: Vec<u8>,
    hears: oneshot::Receiver<()>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.hears.close();
        let Some(hub) = self.hub.upgrade() else { return };
        let mut waiting = hub.lock();
        if let Some(listeners) = waiting.get_mut(&self.key) {
            listeners.retain(|listener| !listener.is_closed());
            if listeners.is_empty() {
                waiting.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn invalidate(keys: &[&str]) -> PushInfo {
        let keys = keys.iter().map(|key| Value::BulkString(key.as_bytes().to_vec()));
        PushInfo { kind: PushKind::Invalidate, data: vec![Value::Array(keys.collect())] }
    }

    #[test]
    fn who_listens_to_a_key_hears_of_it_alone() {
        let hub = Arc::<Hub>::default();
        let (mut a, mut b) = (Box::pin(hub.listen("a")), Box::pin(hub.listen("b")));
        hub.hear(&invalidate(&["b"]));
        assert_eq!(a.as_mut().now_or_never(), None);
        assert_eq!(b.as_mut().now_or_never(), Some(()));
        hub.hear(&PushInfo { kind: PushKind::Invalidate, data: vec![Value::Nil] });
        assert_eq!(a.as_mut().now_or_never(), Some(()), "a flush concerns every key");
    }

    #[test]
    fn a_lost_connection_is_told_to_all() {
        let hub = Arc::<Hub>::default();
        let (told, forgotten) = (hub.listen("a"), hub.listen("a"));
        hub.hear(&PushInfo { kind: PushKind::Disconnection, data: vec![] });
        assert_eq!(told.now_or_never(), Some(()));
        assert!(hub.lock().is_empty());
        drop(hub);
        assert_eq!(forgotten.now_or_never(), Some(()));
        let hub = Arc::<Hub>::default();
        let listening = hub.listen("a");
        drop(hub);
        assert_eq!(listening.now_or_never(), Some(()), "it has ended without a word");
    }

    /// A reader that stops waiting must leave no listener. If nothing reads the key with tracking
    /// again, the server never tells of it, and the listener would stay.
    #[test]
    fn who_has_left_is_forgotten() {
        let hub = Arc::<Hub>::default();
        let mut stays = Box::pin(hub.listen("a"));
        for key in ["a", "b", "c"] {
            drop(hub.listen(key));
        }
        let listed: Vec<usize> = hub.lock().values().map(Vec::len).collect();
        assert_eq!(listed, [1]);
        hub.hear(&invalidate(&["a"]));
        assert_eq!(stays.as_mut().now_or_never(), Some(()));
        drop(stays);
        assert!(hub.lock().is_empty());
    }
}
