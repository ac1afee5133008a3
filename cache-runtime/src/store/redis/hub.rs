//! Who waits for which key on one connection: server-assisted tracking (`CLIENT TRACKING ON OPTIN`) tells when it changed.
//!
//! <https://redis.io/docs/latest/develop/reference/client-side-caching/>. Only reads that ask for it are tracked, so that hits
//! cost the server nothing more. Whoever waits looks again from time to time all the same: a push is a hint.

use redis::{PushInfo, PushKind, Value};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, oneshot};

/// The callers that wait on one connection.
#[derive(Debug, Default)]
pub(super) struct Hub {
    waiting: Mutex<HashMap<Vec<u8>, Vec<oneshot::Sender<()>>>>,
    /// Tells that the connection has ended.
    ended: Notify,
}

impl Hub {
    /// Begins to listen for a change of `key`; to be called before the key is read.
    pub(super) fn listen(&self, key: &str) -> impl Future<Output = ()> + Send + use<> {
        let (told, hears) = oneshot::channel();
        let mut waiting = self.lock();
        let listeners = waiting.entry(key.as_bytes().to_vec()).or_default();
        listeners.retain(|listener| !listener.is_closed());
        listeners.push(told);
        drop(waiting);
        async move {
            // An error means that the connection has ended, which is a reason to look, too.
            let _ = hears.await;
        }
    }

    /// Hears what the server says unasked.
    pub(super) fn hear(&self, push: &PushInfo) {
        match (&push.kind, push.data.first()) {
            (PushKind::Invalidate, Some(Value::Array(keys))) => {
                let mut waiting = self.lock();
                for key in keys {
                    // Whoever listened is told by the sender's end.
                    if let Value::BulkString(key) = key {
                        waiting.remove(key);
                    }
                }
            }
            // Everything was flushed.
            (PushKind::Invalidate, _) => self.lock().clear(),
            (PushKind::Disconnection, _) => {
                self.lock().clear();
                self.ended.notify_one();
            }
            _ => {}
        }
    }

    /// Returns when the connection has ended; for one who asks.
    pub(super) async fn ended(&self) {
        self.ended.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Vec<u8>, Vec<oneshot::Sender<()>>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
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
        let hub = Hub::default();
        let (mut a, mut b) = (Box::pin(hub.listen("a")), Box::pin(hub.listen("b")));
        hub.hear(&invalidate(&["b"]));
        assert_eq!(a.as_mut().now_or_never(), None);
        assert_eq!(b.as_mut().now_or_never(), Some(()));
        hub.hear(&PushInfo { kind: PushKind::Invalidate, data: vec![Value::Nil] });
        assert_eq!(a.as_mut().now_or_never(), Some(()), "a flush concerns every key");
    }

    #[test]
    fn a_lost_connection_is_told_to_all_and_nobody_stays_listed() {
        let hub = Hub::default();
        let listening = hub.listen("a");
        drop(hub.listen("a"));
        drop(hub.listen("a"));
        let listed = |hub: &Hub| hub.lock().values().map(Vec::len).sum::<usize>();
        assert_eq!(listed(&hub), 2, "who left is forgotten when the next one comes");
        hub.hear(&PushInfo { kind: PushKind::Disconnection, data: vec![] });
        assert_eq!(listening.now_or_never(), Some(()));
        assert_eq!(listed(&hub), 0);
    }
}
