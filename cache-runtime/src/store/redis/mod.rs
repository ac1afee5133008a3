//! The store on Redis, with one multiplexed connection for each tokio runtime.

pub(crate) mod address;
mod failure;
pub(crate) mod greeting;
mod guard;
mod hub;
mod link;
mod reads;
mod rights;
#[cfg(feature = "tls")]
mod tls;

use super::{
    ChangeListener, Condition, Page, Remaining, Store, StoreFuture, Track, Tracked, Watch,
};
use crate::error::{Error, Result};
use address::Address;
use bytes::Bytes;
use greeting::Greeter;
use guard::Action;
use hub::Following;
use link::{Callers, Link};
use reads::Reads;
use redis::aio::MultiplexedConnection;
use redis::{Client, Cmd, FromRedisValue, Pipeline, RedisResult, Script, Value};
use rights::Rights;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::runtime::{Handle, Id};

/// Number of keys that one SCAN call looks at. With 100, a pass takes up to three times as long.
/// With 5,000, the slowest answers to other clients take four times as long.
const SCAN_COUNT: usize = 1000;

/// Number of keys in one batch of reads, UNLINK or SET.
const BATCH: usize = 1000;

/// Message for a server that cannot have an in-process tier in front of it.
const DOES_NOT_TELL: &str = "the Redis server does not tell of changes, so that an in-process tier could not stay true; it takes Redis 6 \
                             or later with RESP3, and a user who may run `CLIENT`; build without `local` otherwise";

/// A store on a Redis server.
pub(crate) struct RedisStore {
    dialects: Dialects,
    address: Address,
    limits: Limits,
    rights: Arc<Rights>,
    guarded: Script,
    following: Following,
    greeter: Option<Arc<dyn Greeter>>,
    /// Reads and link of each runtime. A connection's driver lives and dies with the runtime that
    /// opened it.
    lines: RwLock<Vec<(Id, Arc<Reads>)>>,
    /// `true` once no more links are opened. Changed under the lock of `lines`.
    is_closed: AtomicBool,
}

/// Clients of one server, one for each protocol.
#[derive(Clone, Debug)]
pub(super) struct Dialects {
    /// Preferred client. Its connections hear when a key changes.
    resp3: Client,
    /// Client for servers, proxies and users without `HELLO`.
    resp2: Client,
}

/// Time limits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Time for one attempt to connect.
    pub(crate) connect: Duration,
    /// Time for all store calls of one function call. Default: 100 ms.
    pub(crate) budget: Duration,
}

impl std::fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisStore").field("address", &self.address).finish_non_exhaustive()
    }
}

impl RedisStore {
    /// Makes a store, without connecting. `unused_key` is a key under the prefix that never exists.
    pub(crate) fn new(
        address: Address,
        authority: Option<Vec<u8>>,
        limits: Limits,
        unused_key: String,
    ) -> Result<Self> {
        Ok(Self {
            rights: Arc::new(Rights::new(unused_key)),
            dialects: Dialects {
                resp3: client(&address.in_resp3(), authority.clone())?,
                resp2: client(&address, authority)?,
            },
            address,
            limits,
            guarded: Script::new(include_str!("guarded.lua")),
            following: Following::default(),
            greeter: None,
            lines: RwLock::default(),
            is_closed: AtomicBool::new(false),
        })
    }

    /// Returns this store with a greeter, which greets the server at each connection.
    pub(crate) fn greeted_by(self, greeter: Arc<dyn Greeter>) -> Self {
        Self { greeter: Some(greeter), ..self }
    }

    /// Returns the reads and the link of the runtime that polls this call.
    fn reads(&self) -> Result<Arc<Reads>> {
        let runtime = Handle::try_current()
            .map_err(|_| Error::unreachable("a Redis call was polled outside a tokio runtime"))?;
        let lines = self.lines.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(reads) = find(&lines, runtime.id()) {
            return Ok(reads);
        }
        drop(lines);
        self.open_line(runtime.id())
    }

    fn link(&self) -> Result<Arc<Link>> {
        Ok(Arc::clone(&self.reads()?.link))
    }

    fn open_line(&self, runtime: Id) -> Result<Arc<Reads>> {
        let mut lines = self.lines.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(reads) = find(&lines, runtime) {
            return Ok(reads);
        }
        if self.is_closed.load(Relaxed) {
            return Err(Error::unreachable("the cache was shut down"));
        }
        lines.retain(|(_, reads)| !reads.link.is_dead());
        let link = Link::open(Callers {
            dialects: self.dialects.clone(),
            address: self.address.clone(),
            limits: self.limits,
            rights: Arc::clone(&self.rights),
            following: Arc::clone(&self.following),
            greeter: self.greeter.clone(),
        });
        let track = if self.following.get().is_some() { Track::Yes } else { Track::No };
        let reads = Arc::new(Reads::over(Arc::new(link), self.limits.budget, track));
        lines.push((runtime, Arc::clone(&reads)));
        Ok(reads)
    }

    async fn query<T: FromRedisValue>(&self, command: Cmd) -> Result<T> {
        self.link()?.ask(async |connection| command.query_async(connection).await).await
    }

    async fn pipeline<T: FromRedisValue>(&self, pipeline: Pipeline) -> Result<T> {
        self.link()?.ask(async |connection| pipeline.query_async(connection).await).await
    }

    /// Deletes keys by one command. If the server does not take several keys at once, each key has
    /// a command of its own, in one round trip.
    async fn unlink(&self, keys: &[String]) -> Result<u64> {
        let link = self.link()?;
        let mut wire = link.wire().await?;
        let mut command = redis::cmd("UNLINK");
        command.arg(keys);
        match command.query_async(&mut wire.connection).await {
            // mutant: keys go together or not at all
            Err(error) if keys.len() > 1 && failure::is_about_many_keys(&error) => {}
            answer => return answer.map_err(|error| link.blame_right(&wire, &error)),
        }
        let mut each = Pipeline::with_capacity(keys.len());
        for key in keys {
            each.cmd("UNLINK").arg(key);
        }
        let answers = each.query_async::<Vec<u64>>(&mut wire.connection).await;
        let deleted = answers.map_err(|error| link.blame_right(&wire, &error))?;
        Ok(deleted.into_iter().sum())
    }

    async fn guarded(
        &self,
        key: &str,
        condition: Condition<'_>,
        action: Action<'_>,
    ) -> Result<bool> {
        guard::act(&*self.link()?, &self.guarded, key, condition, action).await
    }
}

fn find(lines: &[(Id, Arc<Reads>)], runtime: Id) -> Option<Arc<Reads>> {
    let line = lines.iter().find(|(id, reads)| *id == runtime && !reads.link.is_dead());
    line.map(|(_, reads)| Arc::clone(reads))
}

#[cfg(feature = "tls")]
fn client(address: &Address, authority: Option<Vec<u8>>) -> Result<Client> {
    tls::client(address, authority)
}

#[cfg(not(feature = "tls"))]
fn client(address: &Address, _authority: Option<Vec<u8>>) -> Result<Client> {
    open(address)
}

fn open(address: &Address) -> Result<Client> {
    Client::open(address.info.clone())
        .map_err(|error| Error::config(format!("unusable Redis address: {}", error.category())))
}

/// Returns the argument of `PX`, which is at least 1, because 0 is an error. Returns `None` for no
/// expiry. A time beyond the range of Redis' clock also means no expiry.
fn milliseconds(ttl: Option<Duration>) -> Option<i64> {
    let millis = i64::try_from(ttl?.as_millis()).ok()?;
    (millis <= i64::MAX / 2).then_some(millis.max(1))
}

/// Tells whether an answer of `PTTL` is a time shorter than `least`.
fn needs_time(left: Option<&Value>, least: Duration) -> bool {
    let Some(Value::Int(left)) = left else { return false };
    u64::try_from(*left).is_ok_and(|left| Duration::from_millis(left) < least)
}

fn set_command(key: &str, value: &[u8], ttl: Option<Duration>) -> Cmd {
    let mut command = redis::cmd("SET");
    command.arg(key).arg(value);
    if let Some(time) = milliseconds(ttl) {
        command.arg("PX").arg(time);
    }
    command
}

impl Store for RedisStore {
    fn name(&self) -> &'static str {
        "redis"
    }

    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Bytes>> {
        Box::pin(async move { Ok(self.reads()?.read(key, &[], Track::No).await?.value) })
    }

    fn listen(&self, listener: Arc<dyn ChangeListener>) -> StoreFuture<'_, ()> {
        // The listener is set before the first connection. It ignores changes of keys that were not
        // read for it.
        let _ = self.following.set(listener);
        Box::pin(async move {
            let wire = self.link()?.wire().await?;
            // mutant: a server that does not tell gets a tier
            wire.hub.map(|_| ()).ok_or_else(|| Error::config(DOES_NOT_TELL))
        })
    }

    fn read<'a>(
        &'a self,
        key: &'a str,
        beside: &'a [String],
        track: Track,
    ) -> StoreFuture<'a, Tracked> {
        Box::pin(async move { self.reads()?.read(key, beside, track).await })
    }

    fn prolong<'a>(
        &'a self,
        keys: &'a [String],
        time: Duration,
    ) -> StoreFuture<'a, Vec<Option<Bytes>>> {
        Box::pin(async move {
            // An empty pipeline would be an error.
            if keys.is_empty() {
                return Ok(Vec::new());
            }
            let mut read = Pipeline::with_capacity(2 * keys.len());
            for key in keys {
                read.cmd("GET").arg(key).cmd("PTTL").arg(key);
            }
            let answers: Vec<Value> = self.pipeline(read).await?;
            let mut values = Vec::with_capacity(keys.len());
            let mut prolong = Pipeline::new();
            for (key, answers) in keys.iter().zip(answers.chunks(2)) {
                // A write revokes the validity of its key, so keys with enough time are not
                // written.
                if needs_time(answers.last(), time / 2) {
                    prolong.cmd("PEXPIRE").arg(key).arg(milliseconds(Some(time))).ignore();
                }
                values.push(match answers.first() {
                    Some(Value::BulkString(value)) => Some(Bytes::copy_from_slice(value)),
                    _ => None,
                });
            }
            if !prolong.is_empty() {
                self.pipeline::<()>(prolong).await?;
            }
            Ok(values)
        })
    }

    fn heads<'a>(
        &'a self,
        keys: &'a [String],
        length: usize,
    ) -> StoreFuture<'a, Vec<Option<Bytes>>> {
        Box::pin(async move {
            let mut heads = Vec::with_capacity(keys.len());
            for batch in keys.chunks(BATCH) {
                let mut pipeline = Pipeline::with_capacity(batch.len());
                // A foreign value is an error of its own key, and must not fail the other keys.
                pipeline.ignore_errors();
                for key in batch {
                    pipeline.cmd("GETRANGE").arg(key).arg(0).arg(length.saturating_sub(1));
                }
                let answers: Vec<RedisResult<Bytes>> = self.pipeline(pipeline).await?;
                // For an absent key, the server returns an empty string.
                let head = |head: RedisResult<Bytes>| head.ok().filter(|head| !head.is_empty());
                heads.extend(answers.into_iter().map(head));
            }
            Ok(heads)
        })
    }

    fn watch<'a>(&'a self, key: &'a str) -> StoreFuture<'a, (Option<Bytes>, Watch)> {
        Box::pin(async move {
            let reads = self.reads()?;
            let link = &reads.link;
            let mut wire = link.wire().await?;
            let Some(hub) = wire.hub.clone() else {
                let read = reads.read_alone(key, Track::No).await?;
                return Ok((read.value, Watch::none()));
            };
            let changed = hub.listen(key);
            let mut read = redis::cmd("GET");
            read.arg(key);
            let answer = reads::ask(&mut wire, read, Track::Yes).await;
            let (value, validity) = answer.map_err(|error| link.blame(&wire, &error))?;
            // If the server will not tell of changes, callers rely on repeated looks.
            let watch = validity.map_or_else(Watch::none, |_| Watch::new(changed));
            Ok((value, watch))
        })
    }

    fn get_many<'a>(&'a self, keys: &'a [String]) -> StoreFuture<'a, Vec<Option<Bytes>>> {
        Box::pin(async move {
            let mut values = Vec::with_capacity(keys.len());
            for batch in keys.chunks(BATCH) {
                let mut command = redis::cmd("MGET");
                command.arg(batch);
                values.extend(self.query::<Vec<Option<Bytes>>>(command).await?);
            }
            Ok(values)
        })
    }

    fn set<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        ttl: Option<Duration>,
        condition: Condition<'a>,
    ) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let mut command = set_command(key, &value, ttl);
            match condition {
                Condition::Always => {}
                Condition::Absent => _ = command.arg("NX"),
                Condition::StartsWith(_) | Condition::Foreign => {
                    return self.guarded(key, condition, Action::Set(&value, ttl)).await;
                }
            }
            let write = async |connection: &mut MultiplexedConnection| {
                command.query_async::<Option<String>>(connection).await
            };
            let written = self.link()?.ask_by_right(write).await?;
            Ok(written.is_some())
        })
    }

    fn set_many(
        &self,
        entries: Vec<(String, Bytes)>,
        ttl: Option<Duration>,
    ) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            for batch in entries.chunks(BATCH) {
                let mut pipeline = Pipeline::with_capacity(batch.len());
                for (key, value) in batch {
                    pipeline.add_command(set_command(key, value, ttl)).ignore();
                }
                self.pipeline::<()>(pipeline).await?;
            }
            Ok(())
        })
    }

    fn remove<'a>(&'a self, keys: &'a [String]) -> StoreFuture<'a, u64> {
        Box::pin(async move {
            let mut removed = 0;
            for batch in keys.chunks(BATCH) {
                removed += self.unlink(batch).await?;
            }
            Ok(removed)
        })
    }

    fn remove_if<'a>(&'a self, key: &'a str, condition: Condition<'a>) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            match condition {
                Condition::Always => Ok(self.remove(&[key.to_owned()]).await? > 0),
                // An absent key cannot be deleted.
                Condition::Absent => Ok(false),
                _ => self.guarded(key, condition, Action::Delete).await,
            }
        })
    }

    fn restamp<'a>(&'a self, key: &'a str, old: &'a [u8], new: &'a [u8]) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            if old.len() != new.len() {
                return Ok(false);
            }
            self.guarded(key, Condition::StartsWith(old), Action::Stamp(new)).await
        })
    }

    fn remaining<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Remaining> {
        Box::pin(async move {
            let mut command = redis::cmd("PTTL");
            command.arg(key);
            // https://redis.io/docs/latest/commands/pttl/: -2 no key, -1 no expiry.
            Ok(match self.query::<i64>(command).await? {
                -2 => Remaining::Absent,
                left => u64::try_from(left).map_or(Remaining::Endless, |left| {
                    Remaining::Left(Duration::from_millis(left))
                }),
            })
        })
    }

    fn scan<'a>(&'a self, pattern: &'a str, cursor: u64) -> StoreFuture<'a, Page> {
        Box::pin(async move {
            let mut command = redis::cmd("SCAN");
            command.arg(cursor).arg("MATCH").arg(pattern).arg("COUNT").arg(SCAN_COUNT);
            let (next, keys): (u64, Vec<Vec<u8>>) = self.query(command).await?;
            // Every key of this crate is a `String`. A key that is not UTF-8 is foreign, and is
            // left out.
            let keys = keys.into_iter().filter_map(|key| String::from_utf8(key).ok()).collect();
            Ok(Page { keys, next: (next != 0).then_some(next) })
        })
    }

    fn connection(&self) -> u64 {
        let Ok(runtime) = Handle::try_current() else { return 0 };
        let lines = self.lines.read().unwrap_or_else(PoisonError::into_inner);
        // mutant: a pass goes on with a cursor of another connection
        find(&lines, runtime.id()).map_or(0, |reads| reads.link.serial())
    }

    fn ping(&self) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            let command = redis::cmd("PING");
            // The ping also finds a right that another connection has lost.
            let ask = async |connection: &mut MultiplexedConnection| {
                command.query_async::<()>(connection).await
            };
            self.link()?.ask_by_right(ask).await
        })
    }

    fn close(&self) {
        let mut lines = self.lines.write().unwrap_or_else(PoisonError::into_inner);
        self.is_closed.store(true, Relaxed);
        let closed = std::mem::take(&mut *lines);
        drop(lines);
        // Dropping the links ends their supervisor tasks. The drop comes after the lock is
        // released.
        drop(closed);
    }

    fn timed_out(&self) {
        // This call may come while the runtime ends, so it opens no link.
        let Ok(runtime) = Handle::try_current() else { return };
        let lines = self.lines.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(reads) = find(&lines, runtime.id()) {
            reads.link.timed_out();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance;
    use ::testkit::RedisServer;
    use guard::{Deletion, Way};

    /// Time limit of these tests, which do not test time.
    const AMPLE: Duration = Duration::from_secs(20);

    fn store(url: &str) -> RedisStore {
        let limits = Limits { connect: AMPLE, budget: AMPLE };
        RedisStore::new(Address::parse(url).unwrap(), None, limits, "k:~probe".into()).unwrap()
    }

    #[tokio::test]
    async fn the_store_keeps_the_rules() {
        let server = RedisServer::start();
        conformance::check(&store(&server.url())).await;
    }

    #[tokio::test]
    async fn what_is_not_bytes_is_foreign() {
        let server = RedisServer::start();
        let store = store(&server.url());
        server.command(&["LPUSH", "list", "1"]);
        assert!(store.get("list").await.unwrap_err().is_foreign());
        assert_eq!(store.get_many(&["list".to_owned()]).await.unwrap(), vec![None]);
        assert!(!store.remove_if("list", Condition::StartsWith(b"")).await.unwrap());
        let value = Bytes::from_static(b"ours");
        assert!(store.set("list", value, None, Condition::Foreign).await.unwrap());
        assert!(!store.remove_if("list", Condition::Foreign).await.unwrap());
        assert_eq!(server.get_raw("list").as_deref(), Some(&b"ours"[..]));
    }

    const LEASE: &[u8] = b"cache/1 lease 000000000000000000000000000000ff\n";
    const OTHER: &[u8] = b"cache/1 lease 000000000000000000000000000000ee\n";

    /// Returns the store of a user that may do everything but run scripts.
    fn store_without_scripts(server: &RedisServer) -> RedisStore {
        server.command(&["ACL", "SETUSER", "app", "on", ">pass", "~*", "+@all", "-@scripting"]);
        store(&format!("redis://app:pass@127.0.0.1:{}", server.port()))
    }

    #[tokio::test]
    async fn the_store_keeps_the_rules_without_scripts() {
        let server = RedisServer::start();
        let store = store_without_scripts(&server);
        if server.conditional_delete().is_none() {
            let refused = store.ping().await.expect_err("nothing could be stored safely");
            assert!(refused.to_string().contains("EVALSHA"), "{refused}");
            return;
        }
        conformance::check(&store).await;
        assert!(matches!(store.link().unwrap().way(), Way::Commands(_)));
        server.command(&["LPUSH", "list", "1"]);
        assert!(!store.remove_if("list", Condition::StartsWith(b"")).await.unwrap());
        assert!(!store.remove_if("list", Condition::StartsWith(LEASE)).await.unwrap());
        let kept =
            store.remove_if("list", Condition::Foreign).await.expect_err("it takes a script");
        assert!(kept.is_server(), "the connection is not to blame: {kept}");
    }

    /// A lease is the whole value of its key, so this test goes by the best means of the server.
    #[tokio::test]
    async fn a_lease_is_for_its_holder_alone() {
        let server = RedisServer::start();
        let store = store(&server.url());
        let ours = Condition::StartsWith(LEASE);
        let value = || Bytes::from_static(b"value");
        for held in [Some(OTHER), Some(&b"value"[..]), None] {
            server.flush();
            if let Some(held) = held {
                server.set_raw("k", held);
            }
            assert!(!store.set("k", value(), Some(AMPLE), ours).await.unwrap(), "{held:?}");
            assert!(!store.remove_if("k", ours).await.unwrap(), "{held:?}");
            assert_eq!(server.get_raw("k").as_deref(), held);
        }
        server.command(&["LPUSH", "list", "1"]);
        assert!(!store.set("list", value(), None, ours).await.unwrap());
        assert!(!store.remove_if("list", ours).await.unwrap());
        server.set_raw("k", LEASE);
        assert!(store.set("k", value(), Some(AMPLE), ours).await.unwrap());
        assert_eq!(server.get_raw("k").as_deref(), Some(&b"value"[..]));
        let left = store.remaining("k").await;
        assert!(matches!(left, Ok(Remaining::Left(left)) if left <= AMPLE), "{left:?}");
        server.set_raw("k", LEASE);
        assert!(store.remove_if("k", ours).await.unwrap());
        assert_eq!(server.get_raw("k"), None);
    }

    /// This server behaves like that after a failover to an older server behind a proxy, which
    /// keeps its clients' connections.
    #[tokio::test]
    async fn a_server_that_compares_no_more_is_asked_by_scripts() {
        let server = RedisServer::start();
        let store = store(&server.url());
        let link = store.link().unwrap();
        store.ping().await.unwrap();
        let ours = Condition::StartsWith(LEASE);
        let missing = match server.conditional_delete() {
            Some("delex") => Deletion::DelIfEq,
            _ => Deletion::DelEx,
        };
        for held in [LEASE, OTHER] {
            let is_ours = held == LEASE;
            server.set_raw("k", held);
            link.go_by(Way::Both(missing));
            assert_eq!(store.set("k", Bytes::new(), None, ours).await.unwrap(), is_ours);
            assert_eq!(link.way() == Way::Scripts, !server.has_set_ifeq());
            server.set_raw("k", held);
            link.go_by(Way::Both(missing));
            assert_eq!(store.remove_if("k", ours).await.unwrap(), is_ours);
            assert_eq!(link.way(), Way::Scripts);
            assert_eq!(link.serial(), 0, "it is the same connection");
        }
    }

    /// Leases are taken on one connection, and some are released on another one.
    #[test]
    fn a_right_that_one_connection_has_lost_is_asked_for_by_all() {
        let server = RedisServer::start();
        server.command(&["ACL", "SETUSER", "app", "on", ">pass", "~*", "+@all"]);
        let store = store(&format!("redis://app:pass@127.0.0.1:{}", server.port()));
        let [one, other, late] = [(); 3].map(|()| tokio::runtime::Runtime::new().unwrap());
        let take = async || store.set("k", Bytes::new(), Some(AMPLE), Condition::Absent).await;
        let keys = ["k".to_owned()];
        assert!(one.block_on(take()).unwrap());
        assert_eq!(other.block_on(store.remove(&keys)).unwrap(), 1);
        // `one` loses the right while it is connected. In the first round `refused` is connected
        // too, and in the second round it connects without the right.
        for refused in [other, late] {
            server.command(&["ACL", "SETUSER", "app", "-unlink"]);
            refused.block_on(store.remove(&keys)).expect_err("it is refused");
            one.block_on(take()).expect_err("what could not be given back is not taken");
            assert_eq!(server.get_raw("k"), None);
            server.command(&["ACL", "SETUSER", "app", "+unlink"]);
            let takes = async || matches!(take().await, Ok(true));
            one.block_on(::testkit::eventually(AMPLE, takes, "the right is back"));
            server.flush();
        }
    }

    #[test]
    fn a_ttl_is_one_that_redis_takes() {
        for (time, argument) in [
            (Some(Duration::from_nanos(1)), Some(1)),
            (Some(Duration::from_millis(7)), Some(7)),
            (Some(Duration::MAX), None),
            (Some(Duration::from_millis(i64::MAX.unsigned_abs())), None),
            (None, None),
        ] {
            assert_eq!(milliseconds(time), argument, "{time:?}");
        }
    }
}
