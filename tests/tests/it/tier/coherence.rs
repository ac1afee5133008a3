//! What makes the tier forget: other processes, this one, and a lost connection.

use super::stage::{Database, SOON, builder, cache, change, here, number, warm};
use bytes::Bytes;
use cache_runtime::store::{
    ChangeListener, Condition, Page, Remaining, Store, StoreFuture, Track, Tracked, Watch,
};
use cache_runtime::{Cache, Error, key, prime};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::{RedisServer, eventually};

#[tokio::test]
async fn another_process_is_heard() {
    let (server, database) = (RedisServer::start(), Database::default());
    let (reads, writes) = (cache(&server).await, cache(&server).await);
    warm(&reads, &database, 1).await;
    warm(&reads, &database, 2).await;
    change(&writes, &database, 1, 10).await;
    let is_new = async || *number(&reads, &database, 1).await == 11;
    eventually(SOON, is_new, "the new value is read").await;
    let kept = here(&reads);
    assert_eq!(*number(&reads, &database, 2).await, 2, "that was not invalidated");
    assert_eq!(here(&reads), kept + 1);
}

/// The own process needs no push: one that never comes changes nothing.
#[tokio::test]
async fn an_own_invalidation_is_seen_at_once() {
    let (server, database) = (RedisServer::start(), Database::default());
    let cache = deaf(&server).await;
    for value in 1..20 {
        warm(&cache, &database, 1).await;
        change(&cache, &database, 1, value).await;
        assert_eq!(*number(&cache, &database, 1).await, 1 + value);
    }
    for pattern in ["numbers:*", "n*", "*"] {
        warm(&cache, &database, 1).await;
        database.write(database.read() + 1);
        cache.invalidate(pattern).await.unwrap();
        assert_eq!(*number(&cache, &database, 1).await, 1 + database.read(), "{pattern}");
    }
}

#[cache_runtime::cached(ttl = 60, key = "plain:<id>", id = "tier.plain")]
async fn plain(id: u64) -> u64 {
    id
}

#[tokio::test]
async fn what_is_stored_by_hand_is_seen_at_once() {
    let server = RedisServer::start();
    let cache = deaf(&server).await;
    let calls = async {
        for _ in 0..4 {
            assert_eq!(plain(1).await, 1);
        }
        prime!(plain(1), &2).await.unwrap();
        assert_eq!(plain(1).await, 2);
        for _ in 0..2 {
            plain(1).await;
        }
        let key = key!(plain(1)).unwrap();
        cache.set(key.as_str(), 3, 60).await.unwrap();
        assert_eq!(plain(1).await, 3);
        for _ in 0..2 {
            plain(1).await;
        }
        cache.set_many([(key.as_str(), 4)], 60).await.unwrap();
        assert_eq!(plain(1).await, 4);
        for _ in 0..2 {
            plain(1).await;
        }
        cache.remove(key.as_str()).await.unwrap();
        assert_eq!(plain(1).await, 1);
    };
    cache.scope(calls).await;
    assert!(here(&cache) > 5);
}

#[tokio::test]
async fn the_embedded_store_needs_no_push() {
    let database = Database::default();
    let cache = Cache::builder().memory().local(100).build().await.unwrap();
    for value in 1..20 {
        warm(&cache, &database, 1).await;
        change(&cache, &database, 1, value).await;
        assert_eq!(*number(&cache, &database, 1).await, 1 + value);
    }
}

#[tokio::test]
async fn an_empty_server_is_heard() {
    let (server, database) = (RedisServer::start(), Database::default());
    let cache = cache(&server).await;
    warm(&cache, &database, 1).await;
    database.write(10);
    server.flush();
    let is_new = async || *number(&cache, &database, 1).await == 11;
    eventually(SOON, is_new, "everything is read anew").await;
}

/// Nobody would tell: what was kept is not served, whatever the server holds when it is back.
#[tokio::test]
async fn nothing_is_served_when_the_connection_is_lost() {
    let (server, database) = (RedisServer::start(), Database::default());
    let cache = cache(&server).await;
    warm(&cache, &database, 1).await;
    server.kill();
    let is_away = async || !cache.health().await.reachable;
    eventually(SOON, is_away, "the server is known to be away").await;
    let kept = here(&cache);
    database.write(10);
    assert_eq!(*number(&cache, &database, 1).await, 11, "it runs its load");
    server.restart();
    let is_back = async || cache.health().await.reachable;
    eventually(SOON, is_back, "the server is back").await;
    assert_eq!(here(&cache), kept);
    let is_valid = async || {
        assert_eq!(*number(&cache, &database, 1).await, 11);
        here(&cache) > kept
    };
    eventually(SOON, is_valid, "it is kept again").await;
}

/// The connection ends; the server and what it holds stay.
#[tokio::test]
async fn what_changed_while_the_connection_was_down_is_not_missed() {
    let (server, database) = (RedisServer::start(), Database::default());
    let reads = cache(&server).await;
    let writes = Cache::builder().redis(server.url()).budget(SOON).build().await.unwrap();
    for value in 1..10 {
        let before = here(&reads);
        let is_valid = async || {
            number(&reads, &database, 1).await;
            here(&reads) > before
        };
        eventually(SOON, is_valid, "the value is kept").await;
        server.command(&["CLIENT", "KILL", "TYPE", "normal"]);
        change(&writes, &database, 1, value).await;
        let is_new = async || *number(&reads, &database, 1).await == 1 + value;
        eventually(SOON, is_new, "the new value is read").await;
        assert_eq!(*number(&reads, &database, 1).await, 1 + value, "never the old one again");
    }
}

/// A server that has stopped answering tells nothing either.
#[tokio::test]
async fn nothing_is_served_while_the_server_does_not_answer() {
    let (server, database) = (RedisServer::start(), Database::default());
    let brief = builder(&server).budget(Duration::from_millis(200));
    let cache = brief.build().await.unwrap();
    warm(&cache, &database, 1).await;
    server.freeze();
    number(&cache, &database, 2).await;
    let kept = here(&cache);
    database.write(10);
    assert_eq!(*number(&cache, &database, 1).await, 11);
    assert_eq!(here(&cache), kept);
    server.thaw();
}

/// A layer that is there to disturb what the tier hears.
#[derive(Debug)]
struct Ears {
    inner: Arc<dyn Store>,
    /// Never tells the tier of anything.
    is_deaf: bool,
    /// Holds back the next answer until its key was changed and the follower has heard of it.
    overtake: Arc<AtomicBool>,
    listener: Mutex<Option<Arc<dyn ChangeListener>>>,
}

#[derive(Debug)]
struct Nobody;

impl ChangeListener for Nobody {
    fn changed(&self, _key: &[u8]) {}

    fn all_changed(&self) {}
}

async fn disturbed(server: &RedisServer, is_deaf: bool, overtake: &Arc<AtomicBool>) -> Cache {
    let overtake = Arc::clone(overtake);
    let layer = move |inner| {
        let listener = Mutex::default();
        Arc::new(Ears { inner, is_deaf, overtake, listener }) as Arc<dyn Store>
    };
    builder(server).layer(layer).build().await.unwrap()
}

async fn deaf(server: &RedisServer) -> Cache {
    disturbed(server, true, &Arc::default()).await
}

impl Store for Ears {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Bytes>> {
        self.inner.get(key)
    }

    fn watch<'a>(&'a self, key: &'a str) -> StoreFuture<'a, (Option<Bytes>, Watch)> {
        self.inner.watch(key)
    }

    fn listen(&self, listener: Arc<dyn ChangeListener>) -> StoreFuture<'_, ()> {
        *self.listener.lock().unwrap() = Some(Arc::clone(&listener));
        self.inner.listen(if self.is_deaf { Arc::new(Nobody) } else { listener })
    }

    fn read<'a>(
        &'a self,
        key: &'a str,
        beside: &'a [String],
        track: Track,
    ) -> StoreFuture<'a, Tracked> {
        Box::pin(async move {
            let read = self.inner.read(key, beside, track).await?;
            if read.value.is_some() && self.overtake.swap(false, SeqCst) {
                self.inner.remove(&[key.to_owned()]).await?;
                let listener = self.listener.lock().unwrap().clone();
                listener.ok_or_else(Error::foreign)?.changed(key.as_bytes());
            }
            Ok(read)
        })
    }

    fn get_many<'a>(&'a self, keys: &'a [String]) -> StoreFuture<'a, Vec<Option<Bytes>>> {
        self.inner.get_many(keys)
    }

    fn set<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        ttl: Option<Duration>,
        condition: Condition<'a>,
    ) -> StoreFuture<'a, bool> {
        self.inner.set(key, value, ttl, condition)
    }

    fn set_many(
        &self,
        entries: Vec<(String, Bytes)>,
        ttl: Option<Duration>,
    ) -> StoreFuture<'_, ()> {
        self.inner.set_many(entries, ttl)
    }

    fn remove<'a>(&'a self, keys: &'a [String]) -> StoreFuture<'a, u64> {
        self.inner.remove(keys)
    }

    fn remove_if<'a>(&'a self, key: &'a str, condition: Condition<'a>) -> StoreFuture<'a, bool> {
        self.inner.remove_if(key, condition)
    }

    fn restamp<'a>(&'a self, key: &'a str, old: &'a [u8], new: &'a [u8]) -> StoreFuture<'a, bool> {
        self.inner.restamp(key, old, new)
    }

    fn remaining<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Remaining> {
        self.inner.remaining(key)
    }

    fn scan<'a>(&'a self, pattern: &'a str, cursor: u64) -> StoreFuture<'a, Page> {
        self.inner.scan(pattern, cursor)
    }

    fn connection(&self) -> u64 {
        self.inner.connection()
    }

    fn ping(&self) -> StoreFuture<'_, ()> {
        self.inner.ping()
    }

    fn timed_out(&self) {
        self.inner.timed_out();
    }
}

/// The push of an invalidation overtakes the answer of a read that was before it.
#[tokio::test]
async fn what_was_read_before_a_push_is_not_kept_after_it() {
    let (server, database) = (RedisServer::start(), Database::default());
    let overtake = Arc::<AtomicBool>::default();
    let cache = disturbed(&server, false, &overtake).await;
    number(&cache, &database, 1).await;
    overtake.store(true, SeqCst);
    database.write(10);
    assert_eq!(*number(&cache, &database, 1).await, 1, "it had begun before");
    assert!(!overtake.load(SeqCst));
    assert_eq!(*number(&cache, &database, 1).await, 11);
    assert_eq!(here(&cache), 0);
}
