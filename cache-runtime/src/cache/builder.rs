//! Building a handle.

use super::invalidation::cleanup::Sweeper;
use super::invalidation::passes::Passes;
use super::namespace::Namespaces;
use super::{Cache, Inner, SharedParts};
use crate::cache::invalidation::repeats::Repeats;
use crate::cache::warnings::Warnings;
use crate::entry::ttl::Ttl;
use crate::error::{Error, Result};
use crate::function::origin::Origin;
use crate::function::stats::Registry;
use crate::key::glob;
use crate::key::scope;
use crate::protocol::renewal::Renewals;
use crate::protocol::retry::Overdue;
use crate::rt::bridge;
use crate::rt::ending::{Ending, Hold, Phase};
use crate::store::backend::{Backend, Kind};
use crate::store::budget::Budget;
use crate::store::fleet::{self, AfterOutage, Fleet};
use crate::store::memory::MemoryStore;
use crate::store::redis::address::Address;
use crate::store::redis::{Limits, RedisStore};
use crate::store::tier::{Bounds, Tier};
use crate::store::{Store, StoreFuture};
use futures_util::future::join;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// In less memory the embedded store has no room for a lease and its value.
const MIN_CAPACITY: u64 = 16 << 10;

/// The longest prefix, in bytes. It is part of every key.
const MAX_PREFIX: usize = 128;

/// A shorter lease would be lost between two renewals by a moment's pause.
const MIN_LEASE: Duration = Duration::from_millis(100);

/// A longer lease would keep others waiting for a process that is gone.
const MAX_LEASE: Duration = Duration::from_secs(3600);

/// What [`CacheBuilder::build`] does when the store cannot be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase", try_from = "String")]
#[non_exhaustive]
pub enum OnUnreachable {
    /// Logs a warning and builds: functions run without the cache until the store is there. The default.
    #[default]
    Warn,
    /// Fails.
    Error,
}

/// How a prefix pattern such as `sql:users:*` is invalidated on a store outside this process. Other patterns are looked for among
/// all keys either way, and one key is deleted by its name.
///
/// The handles that share a prefix should use the same strategy. While they do not, each notices
/// it, and those with scopes scan as well: that is how a running fleet is changed, process by
/// process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase", try_from = "String")]
#[non_exhaustive]
pub enum Strategy {
    /// Looks through all keys of the database, and deletes those that match. It costs the keyspace
    /// for each pass, and the write waits: about a second among a million keys. All patterns of a
    /// write go in one pass, which writes of the same time share.
    #[default]
    Scan,
    /// Deletes a random number, the scope's epoch, that was read before each load, is kept in each entry and compared by each reader. It
    /// costs the same among any number of keys; reading costs a little more. What is stale is deleted behind.
    Scoped,
}

// By hand, so that a mistake in a configuration is answered with the words that there are.
impl TryFrom<String> for OnUnreachable {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        match &*word {
            "warn" => Ok(Self::Warn),
            "error" => Ok(Self::Error),
            _ => Err(format!("expected `warn` or `error`, not `{word}`")),
        }
    }
}

impl TryFrom<String> for Strategy {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        match &*word {
            "scan" => Ok(Self::Scan),
            "scoped" => Ok(Self::Scoped),
            _ => Err(format!("expected `scan` or `scoped`, not `{word}`")),
        }
    }
}

/// Options for a [`Cache`].
#[must_use = "a builder does nothing until `build` is awaited"]
pub struct CacheBuilder {
    target: Target,
    prefix: String,
    default_expiry: Ttl,
    named_ttls: BTreeMap<String, Ttl>,
    budget: Duration,
    lease: Duration,
    wait: Duration,
    connect_timeout: Duration,
    memory_capacity: u64,
    max_entry_size: usize,
    /// From how many bytes on values are compressed, if they are.
    compress: Option<usize>,
    /// How many entries the in-process tier holds, if there is one.
    local: Option<usize>,
    local_bytes: u64,
    local_cap: Duration,
    strategy: Strategy,
    after_outage: AfterOutage,
    authority: Option<Vec<u8>>,
    on_unreachable: OnUnreachable,
    layers: Vec<Layer>,
}

/// What [`CacheBuilder::layer`] puts before a store.
type Layer = Box<dyn FnOnce(Arc<dyn Store>) -> Arc<dyn Store> + Send>;

/// Which store to build.
pub(crate) enum Target {
    Memory,
    Disabled,
    /// A URL that nobody has looked at yet.
    Url(String),
    Redis(Box<Address>),
    Own(Arc<dyn Store>),
}

impl fmt::Debug for CacheBuilder {
    /// Shows no URL: it may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheBuilder").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl Cache {
    /// Begins to build a handle. Without further options: the embedded store, prefix `cache`, TTL five minutes,
    /// budget 100 ms.
    pub fn builder() -> CacheBuilder {
        CacheBuilder {
            target: Target::Memory,
            prefix: "cache".to_owned(),
            default_expiry: Ttl::After(Duration::from_secs(300)),
            named_ttls: BTreeMap::new(),
            budget: Duration::from_millis(100),
            lease: Duration::from_secs(10),
            wait: Duration::from_secs(2),
            connect_timeout: Duration::from_secs(1),
            memory_capacity: 64 << 20,
            max_entry_size: 16 << 20,
            compress: None,
            local: None,
            local_bytes: 64 << 20,
            local_cap: Duration::from_secs(5),
            strategy: Strategy::default(),
            after_outage: AfterOutage::default(),
            authority: None,
            on_unreachable: OnUnreachable::Warn,
            layers: Vec::new(),
        }
    }
}

impl CacheBuilder {
    /// Uses a Redis server: `redis://[[user]:password@]host[:port][/database]`, `rediss://…` for TLS (feature `tls`), or
    /// `unix:/path/to/socket[?db=1&user=name&pass=secret]`. Percent-encode `%`, `/`, `?`, `#` and `@` in a password (and `&` behind
    /// `pass=`); `+` is a plus. A bad URL is reported by [`build`](Self::build), and so is a part that would be left out: a host
    /// before a socket's path, a user without a password.
    pub fn redis(self, url: impl Into<String>) -> Self {
        self.target(Target::Url(url.into()))
    }

    /// Uses the embedded store: bounded, in this process, gone with it.
    pub fn memory(self) -> Self {
        self.target(Target::Memory)
    }

    /// Uses no store: every function simply runs, and nothing is invalidated.
    pub fn disabled(self) -> Self {
        self.target(Target::Disabled)
    }

    /// Uses a store of the application's own.
    pub fn store(self, store: impl Store) -> Self {
        self.target(Target::Own(Arc::new(store)))
    }

    /// Puts a layer before the store, whichever it is: one that measures, or one that injects faults in tests. A second
    /// layer stands before the first. The embedded store is called through a trait object then, and slower.
    pub fn layer(
        mut self,
        layer: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store> + Send + 'static,
    ) -> Self {
        self.layers.push(Box::new(layer));
        self
    }

    pub(crate) fn target(self, target: Target) -> Self {
        Self { target, ..self }
    }

    /// Sets what stands before every key, by default `cache`. Programs that share a server but not their entries
    /// need different ones. 1 to 128 bytes, no white space. A handle touches no key outside its
    /// prefix; one with the prefix `shop` also reaches the keys of one with `shop:eu`: patterns and
    /// [`clear`](Cache::clear) include them. Parts of one handle are its
    /// [namespaces](Cache::namespace).
    pub fn prefix(self, prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), ..self }
    }

    /// Sets the TTL of functions without `ttl`, by default five minutes. Zero is refused by
    /// [`build`](Self::build); [`Ttl::Never`] keeps entries until they are invalidated or evicted.
    pub fn default_ttl(self, ttl: impl Into<Ttl>) -> Self {
        Self { default_expiry: ttl.into(), ..self }
    }

    /// Sets the TTL of functions with `ttl = "@name"`. Functions whose name has none use the default TTL, and a warning is logged.
    /// Zero is refused by [`build`](Self::build).
    pub fn named_ttl(mut self, name: impl Into<String>, ttl: impl Into<Ttl>) -> Self {
        self.named_ttls.insert(name.into(), ttl.into());
        self
    }

    /// Sets what the store may add to one function call in the worst case, by default 100 ms. After a miss of it the
    /// store is passed over until it answers again. An invalidation may take so long for each round trip.
    pub fn budget(self, budget: Duration) -> Self {
        Self { budget, ..self }
    }

    /// Sets how long a lease stands when the process that holds it is gone, by default 10 s; option `lease` for one
    /// function. It is renewed while its load runs, so that it needs not be longer than a load. A process that stands still
    /// for longer loses its leases, and what it was loading is not stored.
    pub fn lease(self, time: Duration) -> Self {
        Self { lease: time, ..self }
    }

    /// Sets how long a call waits for another caller's load of the same key, by default 2 s; option `wait` for one
    /// function. After it one of those who wait loads beside the load that they wait for, and one more
    /// each time that so long is over, of all processes together; whichever load ends first is for all.
    /// With zero nobody waits: each call runs its own load, and does not store what it loads while
    /// somebody else loads.
    pub fn wait(self, time: Duration) -> Self {
        Self { wait: time, ..self }
    }

    /// Sets how long one attempt to connect may take, by default 1 s. No caller waits for it but
    /// [`build`](Self::build), once.
    pub fn connect_timeout(self, timeout: Duration) -> Self {
        Self { connect_timeout: timeout, ..self }
    }

    /// Sets how much the embedded store may hold, in bytes, by default 64 MiB and at least 16 KiB. A value that is larger than
    /// nearly all of it is not stored, and counted as skipped.
    pub fn memory_capacity(self, bytes: u64) -> Self {
        Self { memory_capacity: bytes, ..self }
    }

    /// Sets the largest encoded value that is stored or read back, in bytes, by default 16 MiB.
    pub fn max_entry_size(self, bytes: usize) -> Self {
        Self { max_entry_size: bytes, ..self }
    }

    /// Compresses values from so many bytes on, by zstd; by default none is. Option `compress` for one function. A value that gets no smaller
    /// is stored as it is; either way [`max_entry_size`](Self::max_entry_size) bounds its full size.
    ///
    /// Every build with the feature `zstd` reads both, whatever it was told here; one without takes compressed entries for broken.
    #[cfg(feature = "zstd")]
    pub fn compress(self, bytes: usize) -> Self {
        Self { compress: Some(bytes), ..self }
    }

    /// Keeps up to so many values in this process, decoded, in front of the store: a hit there costs no round trip. Off by default.
    ///
    /// The store tells of every change (`CLIENT TRACKING`, <https://redis.io/docs/latest/develop/reference/client-side-caching/>),
    /// and this handle's own writes and invalidations are seen at once. **An invalidation by another process is seen when the
    /// server's word of it arrives**, usually within a millisecond, and not before its `#[invalidates]` function returns: until then
    /// the old value may be served here. When the connection is lost nothing is served until changes are told again; where it is dead
    /// without a word, and in a runtime that does not run, a value is served at most as long as
    /// [`local_cap`](Self::local_cap) says.
    ///
    /// A value whose type is `Clone + Send + Sync` is copied for each caller: return an `Arc<T>` to share it, with
    /// whatever can be changed inside it. Others are decoded for each caller. A value is
    /// kept when it is read for the second time. Fails to [`build`](Self::build) with a store that does not tell of changes: it
    /// takes Redis 6 with RESP3, and a user who may run `CLIENT`.
    pub fn local(self, entries: usize) -> Self {
        Self { local: Some(entries), ..self }
    }

    /// Sets how much the in-process tier may hold, in bytes, by default 64 MiB. Values count as large as they are stored.
    pub fn local_bytes(self, bytes: u64) -> Self {
        Self { local_bytes: bytes, ..self }
    }

    /// Sets for how long the in-process tier serves a value without asking the store again, by default 5 s; option `local` for one
    /// function.
    pub fn local_cap(self, time: Duration) -> Self {
        Self { local_cap: time, ..self }
    }

    /// Sets how prefix patterns are invalidated, by default [`Strategy::Scan`].
    pub fn strategy(self, strategy: Strategy) -> Self {
        Self { strategy, ..self }
    }

    /// Sets what to do when a server comes back that may hold the past, by default
    /// [`AfterOutage::Check`].
    pub fn after_outage(self, choice: AfterOutage) -> Self {
        Self { after_outage: choice, ..self }
    }

    /// Trusts this certificate authority (PEM) for `rediss://`, in place of the system's.
    pub fn tls_authority(self, pem: impl Into<Vec<u8>>) -> Self {
        Self { authority: Some(pem.into()), ..self }
    }

    /// Sets what to do when the store cannot be reached, by default [`OnUnreachable::Warn`].
    pub fn on_unreachable(self, choice: OnUnreachable) -> Self {
        Self { on_unreachable: choice, ..self }
    }

    /// Builds the handle. On Redis it waits for the first connection, at most for the connect timeout.
    ///
    /// # Errors
    ///
    /// An option is unusable, or the store cannot do what one asks for ([`Error::is_config`]); or, if asked for with
    /// [`on_unreachable`](Self::on_unreachable), the store cannot be reached.
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops the handle with its connection.
    pub async fn build(self) -> Result<Cache> {
        self.built().await
    }

    /// Boxed here, it is compiled with this crate and not with each that awaits it.
    fn built(mut self) -> StoreFuture<'static, Cache> {
        Box::pin(async move {
            self.check()?;
            let patience = self.connect_timeout;
            let on_unreachable = self.on_unreachable;
            let cache = self.finish()?;
            match cache.first_contact(patience).await {
                Err(error) if error.is_config() || on_unreachable == OnUnreachable::Error => {
                    Err(error)
                }
                _ => Ok(cache),
            }
        })
    }

    fn check(&mut self) -> Result<()> {
        check_prefix(&self.prefix)?;
        if self.default_expiry.is_zero() {
            return Err(Error::config(
                "the default TTL is zero; use `disabled()` to store nothing",
            ));
        }
        if let Some((name, _)) = self.named_ttls.iter().find(|(_, ttl)| ttl.is_zero()) {
            return Err(Error::config(format!("the TTL `{name}` is zero: it would store nothing")));
        }
        for (name, time) in [("budget", self.budget), ("connect timeout", self.connect_timeout)] {
            if time.is_zero() {
                return Err(Error::config(format!(
                    "the {name} is zero: nothing could ever be done"
                )));
            }
        }
        check_lease(self.lease)?;
        if self.local == Some(0) || self.local_bytes == 0 || self.local_cap.is_zero() {
            return Err(Error::config(
                "the in-process tier has no room or no time; leave `local` out to have none",
            ));
        }
        check_capacity(self.memory_capacity)
    }

    fn finish(self) -> Result<Cache> {
        let limits = Limits { connect: self.connect_timeout, budget: self.budget };
        let is_scoped = self.strategy == Strategy::Scoped;
        let fleet = Arc::new(Fleet::new(&self.prefix, is_scoped, self.after_outage));
        let unused = scope::probe_key(&self.prefix);
        let redis = |address, authority| redis(address, authority, limits, unused, &fleet);
        let store = match self.target {
            Target::Memory => embedded(self.memory_capacity, self.max_entry_size),
            Target::Disabled => Kind::Disabled,
            Target::Own(store) => Kind::Remote(store),
            Target::Redis(address) => redis(*address, self.authority)?,
            Target::Url(url) => redis(Address::parse(&url)?, self.authority)?,
        };
        let store = self.layers.into_iter().fold(store, Kind::layered);
        let (bytes, cap) = (self.local_bytes, self.local_cap);
        let tier = self.local.map(|entries| Tier::new(Bounds { entries, bytes, cap }));
        let backend = Backend::new(store, tier).in_fleet(Arc::clone(&fleet));
        let backend = if is_scoped { backend.scoped(self.prefix.len()) } else { backend };
        let prefix = self.prefix + ":";
        let ending = Arc::<Ending>::default();
        let shared = SharedParts {
            backend: Arc::new(backend),
            everything: glob::escape(&prefix).into_owned() + "*",
            default_expiry: self.default_expiry,
            named_ttls: self.named_ttls,
            budget: self.budget,
            lease: self.lease,
            wait: self.wait,
            flights: Arc::default(),
            renewals: Arc::new(Renewals::new(Arc::clone(&ending))),
            overdue: Overdue::default(),
            repeats: Arc::new(Repeats::new(Arc::clone(&ending))),
            sweeper: Sweeper::default(),
            passes: Passes::default(),
            nesting: AtomicUsize::new(0),
            warnings: Arc::new(Warnings::new(Arc::clone(&ending))),
            max_entry_size: self.max_entry_size,
            compress: self.compress,
            namespaces: Namespaces::default(),
            ending,
        };
        let shared = Arc::new(shared);
        forget_when_told(&fleet, &shared, prefix.clone());
        let hold = Hold::new(&shared.ending);
        Ok(Cache::over(shared, prefix, Some(hold)))
    }
}

impl Kind {
    fn layered(self, layer: Layer) -> Self {
        match self {
            Self::Memory(store) => Self::Remote(layer(store)),
            Self::Remote(store) => Self::Remote(layer(store)),
            Self::Disabled => Self::Disabled,
        }
    }
}

fn embedded(capacity: u64, max_entry_size: usize) -> Kind {
    Kind::Memory(Arc::new(MemoryStore::new(capacity, max_entry_size)))
}

fn redis(
    address: Address,
    authority: Option<Vec<u8>>,
    limits: Limits,
    unused_key: String,
    fleet: &Arc<Fleet>,
) -> Result<Kind> {
    let store = RedisStore::new(address, authority, limits, unused_key)?;
    let greeter = Arc::clone(fleet);
    Ok(Kind::Remote(Arc::new(store.greeted_by(greeter))))
}

/// Makes a handle take everything under its prefix for missing until it was deleted, when the
/// server may hold the past.
fn forget_when_told(fleet: &Fleet, shared: &Arc<SharedParts>, prefix: String) {
    let shared = Arc::downgrade(shared);
    fleet.forget_by(move || {
        let Some(shared) = shared.upgrade() else { return };
        let cache = Cache::over(shared, prefix.clone(), None);
        let everything = cache.everything().to_owned();
        cache.owe(&everything, Origin::Everything);
    });
}

/// Looks at the marks of a handle now and then, for as long as it is there and was not shut down.
async fn attend(backend: Weak<Backend>, ending: Arc<Ending>, budget: Duration) {
    loop {
        ending.rest(fleet::LOOK_EVERY).await;
        // mutant: a handle that was shut down looks at the marks of others
        if ending.phase() == Phase::Closed {
            return;
        }
        let Some(backend) = backend.upgrade() else { return };
        if let Err(error) = backend.renew_marks(|| Budget::new(budget)).await {
            tracing::debug!(target: "cache_runtime", %error, "the marks of the handle were not renewed");
        }
    }
}

pub(crate) fn check_capacity(bytes: u64) -> Result<()> {
    if bytes >= MIN_CAPACITY {
        return Ok(());
    }
    Err(Error::config(
        "the memory capacity is below 16 KiB, which is no room for a lease and a value; it counts bytes. Use `disabled()` to store nothing",
    ))
}

pub(crate) fn check_lease(lease: Duration) -> Result<()> {
    if (MIN_LEASE..=MAX_LEASE).contains(&lease) {
        return Ok(());
    }
    Err(Error::config("a lease is between 100 ms and one hour"))
}

pub(crate) fn check_prefix(prefix: &str) -> Result<()> {
    if prefix.is_empty() {
        return Err(Error::config(
            "the prefix is empty; without one `clear` would empty the database",
        ));
    }
    if prefix.len() > MAX_PREFIX {
        return Err(Error::config(format!("the prefix is longer than {MAX_PREFIX} bytes")));
    }
    if prefix.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(Error::config("the prefix contains white space or control characters"));
    }
    if prefix.starts_with(':') || prefix.ends_with(':') {
        return Err(Error::config(
            "the prefix begins or ends with `:`; the colon behind it is added",
        ));
    }
    Ok(())
}

impl Cache {
    /// A handle on parts that are there.
    fn over(shared: Arc<SharedParts>, prefix: String, hold: Option<Hold>) -> Self {
        let inner = Inner { shared, prefix, space: 0, registry: Registry::default(), hold };
        Self { inner: Arc::new(inner) }
    }

    /// Waits until the store has answered once, and tells of changes if the handle needs that, or could not be reached.
    async fn first_contact(&self, patience: Duration) -> Result<()> {
        if !self.needs_tokio() {
            return Ok(());
        }
        let cache = self.clone();
        let contact = async move {
            let (backend, ending) = (Arc::downgrade(cache.backend()), Arc::clone(cache.ending()));
            tokio::spawn(attend(backend, ending, cache.budget_time()));
            let answer = tokio::time::timeout(patience, cache.backend().first_contact()).await;
            answer.unwrap_or_else(|_| Err(Error::timeout()))
        };
        let here = bridge::run_on_tokio(true, || contact);
        let (answer, ()) = join(here, self.contact_apart(patience)).await;
        answer.unwrap_or_else(|| Err(Error::unreachable("no thread for the cache")))
    }

    /// Opens the connection of the cache's own thread, too, where writes of this runtime invalidate
    /// there: the first of them is not to wait for it.
    async fn contact_apart(&self, patience: Duration) {
        if bridge::is_lent_a_runtime() {
            let cache = self.clone();
            let ping = async move { cache.backend().ping(&mut Budget::new(patience)).await };
            // Without an answer it is as if nobody had asked.
            _ = bridge::run_apart(ping).await;
        }
    }
}
