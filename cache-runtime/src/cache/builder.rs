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

/// Smallest capacity of the embedded store, in bytes. A smaller store has no room for a lease and
/// its value.
const MIN_CAPACITY: u64 = 16 << 10;

/// Longest prefix, in bytes. The bound keeps keys short, because the prefix is part of every key.
const MAX_PREFIX: usize = 128;

/// Shortest lease. A short pause of the process between two renewals would lose a shorter one.
const MIN_LEASE: Duration = Duration::from_millis(100);

/// Longest lease. With a longer one, callers would wait too long for a process that is gone.
const MAX_LEASE: Duration = Duration::from_secs(3600);

/// The result of [`CacheBuilder::build`] if the store cannot be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase", try_from = "String")]
#[non_exhaustive]
pub enum OnUnreachable {
    /// Logs a warning and builds the handle. Functions run without the cache until the store is
    /// reachable. This is the default.
    #[default]
    Warn,
    /// Returns an error.
    Error,
}

/// The way in which a prefix pattern such as `sql:users:*` is invalidated on a store outside this
/// process.
///
/// With both strategies, any other pattern is looked for among all keys, and one key is deleted by
/// its name.
///
/// Handles that share a prefix should use the same strategy. While they differ, each handle
/// notices, and handles with scopes scan as well. A running fleet can therefore change its strategy
/// process by process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase", try_from = "String")]
#[non_exhaustive]
pub enum Strategy {
    /// Looks through all keys of the database, and deletes those that match. This is the default.
    ///
    /// Each pass costs a look at the whole keyspace, and the write waits: about a second among a
    /// million keys. All patterns of a write go in one pass, which writes of the same time share.
    #[default]
    Scan,
    /// Deletes the scope's epoch, a random number. Each load reads the epoch first, each entry
    /// holds it, and each reader compares it.
    ///
    /// An invalidation costs the same among any number of keys, and a read costs a little more.
    /// Stale entries are deleted in the background.
    Scoped,
}

// Written by hand, so that a mistake in a configuration is answered with the possible words.
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
    /// Size in bytes from which on values are compressed. `None` means never.
    compress: Option<usize>,
    /// Number of entries that the in-process tier holds. `None` means no tier.
    local: Option<usize>,
    local_bytes: u64,
    local_cap: Duration,
    strategy: Strategy,
    after_outage: AfterOutage,
    authority: Option<Vec<u8>>,
    on_unreachable: OnUnreachable,
    layers: Vec<Layer>,
}

/// A layer that [`CacheBuilder::layer`] puts before a store.
type Layer = Box<dyn FnOnce(Arc<dyn Store>) -> Arc<dyn Store> + Send>;

/// The store to build.
pub(crate) enum Target {
    Memory,
    Disabled,
    /// A URL that was not parsed yet.
    Url(String),
    Redis(Box<Address>),
    Own(Arc<dyn Store>),
}

impl fmt::Debug for CacheBuilder {
    /// Leaves the URL out, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheBuilder").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl Cache {
    /// Begins to build a handle. The defaults are the embedded store, the prefix `cache`, a TTL of
    /// five minutes, and a budget of 100 ms.
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
    /// Uses a Redis server: `redis://[[user]:password@]host[:port][/database]`, `rediss://…` for
    /// TLS (feature `tls`), or `unix:/path/to/socket[?db=1&user=name&pass=secret]`.
    ///
    /// Percent-encode `%`, `/`, `?`, `#` and `@` in a password, and `&` behind `pass=`. A `+` is a
    /// plus.
    ///
    /// [`build`](Self::build) reports a bad URL, and a part that would have no effect: a host
    /// before a socket's path, or a user without a password.
    pub fn redis(self, url: impl Into<String>) -> Self {
        self.target(Target::Url(url.into()))
    }

    /// Uses the embedded store, which is bounded, in this process, and gone when the process ends.
    pub fn memory(self) -> Self {
        self.target(Target::Memory)
    }

    /// Uses no store: every function runs without the cache, and nothing is invalidated.
    pub fn disabled(self) -> Self {
        self.target(Target::Disabled)
    }

    /// Uses a store of the application's own.
    pub fn store(self, store: impl Store) -> Self {
        self.target(Target::Own(Arc::new(store)))
    }

    /// Puts a layer before any store: to measure it, for example, or to inject faults in tests.
    ///
    /// A second layer stands before the first. With a layer, the embedded store is called through a
    /// trait object, which is slower.
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

    /// Sets the prefix of every key, 1 to 128 bytes without white space, by default `cache`.
    ///
    /// Programs that share a server but not their entries need different prefixes. A handle touches
    /// no key outside its prefix. A handle with the prefix `shop` also reaches the keys of one with
    /// `shop:eu`: its patterns and its [`clear`](Cache::clear) include them. To divide one handle,
    /// use its [namespaces](Cache::namespace).
    pub fn prefix(self, prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), ..self }
    }

    /// Sets the TTL of functions without `ttl`, by default five minutes. [`build`](Self::build)
    /// refuses zero. [`Ttl::Never`] keeps entries until they are invalidated or evicted.
    pub fn default_ttl(self, ttl: impl Into<Ttl>) -> Self {
        Self { default_expiry: ttl.into(), ..self }
    }

    /// Sets the TTL of functions with `ttl = "@name"`. If a function asks for a name that was not
    /// set, the function uses the default TTL, and a warning is logged. [`build`](Self::build)
    /// refuses zero.
    pub fn named_ttl(mut self, name: impl Into<String>, ttl: impl Into<Ttl>) -> Self {
        self.named_ttls.insert(name.into(), ttl.into());
        self
    }

    /// Sets the time that the store may add to one function call in the worst case, by default 100
    /// ms.
    ///
    /// If the store exceeds the budget, calls pass the store over until it answers again. An
    /// invalidation may take one budget for each round trip.
    pub fn budget(self, budget: Duration) -> Self {
        Self { budget, ..self }
    }

    /// Sets how long a lease outlives the process that holds it, 100 ms to one hour, by default 10
    /// s. The option `lease` sets the time for one function.
    ///
    /// A lease is renewed while its load runs, so that a lease may be shorter than a load. A
    /// process that stands still for longer than this time loses its leases, and what it was
    /// loading is not stored.
    pub fn lease(self, time: Duration) -> Self {
        Self { lease: time, ..self }
    }

    /// Sets how long a call waits for another caller's load of the same key, by default 2 s. The
    /// option `wait` sets the time for one function.
    ///
    /// After this time, one of the waiting callers loads beside the running load. One more caller
    /// does so each time that the same time is over, one in all processes together. The load that
    /// ends first serves all callers.
    ///
    /// With zero, nobody waits: each call runs its own load. A value loaded while another caller
    /// loads the same key is not stored.
    pub fn wait(self, time: Duration) -> Self {
        Self { wait: time, ..self }
    }

    /// Sets how long one attempt to connect may take, by default 1 s. Only [`build`](Self::build)
    /// waits for an attempt, once.
    pub fn connect_timeout(self, timeout: Duration) -> Self {
        Self { connect_timeout: timeout, ..self }
    }

    /// Sets the capacity of the embedded store in bytes, at least 16 KiB, by default 64 MiB. A
    /// value larger than nearly all of the capacity is not stored, and counts as skipped.
    pub fn memory_capacity(self, bytes: u64) -> Self {
        Self { memory_capacity: bytes, ..self }
    }

    /// Sets the largest encoded value that is stored or read back, in bytes, by default 16 MiB.
    pub fn max_entry_size(self, bytes: usize) -> Self {
        Self { max_entry_size: bytes, ..self }
    }

    /// Compresses values of at least this many bytes by zstd, by default none. The option
    /// `compress` sets the size for one function.
    ///
    /// A value that compression makes no smaller is stored as it is. In both cases
    /// [`max_entry_size`](Self::max_entry_size) bounds the full size.
    ///
    /// Every build with the feature `zstd` reads both compressed and plain entries, whatever was
    /// set here. A build without the feature takes compressed entries for broken.
    #[cfg(feature = "zstd")]
    pub fn compress(self, bytes: usize) -> Self {
        Self { compress: Some(bytes), ..self }
    }

    /// Keeps up to this many decoded values in this process, in front of the store. A hit there
    /// costs no round trip. By default there is no such tier.
    ///
    /// The store tells this process of every change (`CLIENT TRACKING`,
    /// <https://redis.io/docs/latest/develop/reference/client-side-caching/>). This handle's own
    /// writes and invalidations are seen at once. **An invalidation by another process is seen when
    /// the server's word of it arrives**, usually within a millisecond. Until then this process may
    /// serve the old value, even after the other process' `#[invalidates]` function has returned.
    ///
    /// If the connection is lost, the tier serves nothing until changes are told again. If the
    /// connection is dead without a word, or the runtime does not run, the tier serves a value at
    /// most for [`local_cap`](Self::local_cap).
    ///
    /// A value whose type is `Clone + Send + Sync` is copied for each caller. Return an `Arc<T>` to
    /// share the value instead, with any interior mutability it has. Values of other types are
    /// decoded for each caller. A value enters the tier when it is read for the second time.
    ///
    /// [`build`](Self::build) fails if the store does not tell of changes. On Redis, this takes
    /// version 6 with RESP3, and a user who may run `CLIENT`.
    pub fn local(self, entries: usize) -> Self {
        Self { local: Some(entries), ..self }
    }

    /// Sets the capacity of the in-process tier in bytes, by default 64 MiB. A value counts with
    /// the size of its stored form.
    pub fn local_bytes(self, bytes: u64) -> Self {
        Self { local_bytes: bytes, ..self }
    }

    /// Sets how long the in-process tier serves a value without asking the store again, by default
    /// 5 s. The option `local` sets the time for one function.
    pub fn local_cap(self, time: Duration) -> Self {
        Self { local_cap: time, ..self }
    }

    /// Sets the way in which prefix patterns are invalidated, by default [`Strategy::Scan`].
    pub fn strategy(self, strategy: Strategy) -> Self {
        Self { strategy, ..self }
    }

    /// Sets what happens to entries when a server comes back that may hold the past, by default
    /// [`AfterOutage::Check`].
    pub fn after_outage(self, choice: AfterOutage) -> Self {
        Self { after_outage: choice, ..self }
    }

    /// Trusts this certificate authority (PEM) for `rediss://`, in place of the system's
    /// authorities.
    pub fn tls_authority(self, pem: impl Into<Vec<u8>>) -> Self {
        Self { authority: Some(pem.into()), ..self }
    }

    /// Sets the result of [`build`](Self::build) if the store cannot be reached, by default
    /// [`OnUnreachable::Warn`].
    pub fn on_unreachable(self, choice: OnUnreachable) -> Self {
        Self { on_unreachable: choice, ..self }
    }

    /// Builds the handle. On Redis, waits for the first connection, at most for the [connect
    /// timeout](Self::connect_timeout), by default 1 s.
    ///
    /// # Errors
    ///
    /// An option is unusable, or the store cannot do what an option asks for
    /// ([`Error::is_config`]). With [`OnUnreachable::Error`], the store cannot be reached.
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops the handle with its connection.
    pub async fn build(self) -> Result<Cache> {
        self.built().await
    }

    /// Builds the handle in a boxed future, which is compiled with this crate and not with each
    /// crate that awaits it.
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

/// Tells the fleet what to do if the server may hold the past. The handle then takes everything
/// under its prefix for missing, until all of it was deleted.
fn forget_when_told(fleet: &Fleet, shared: &Arc<SharedParts>, prefix: String) {
    let shared = Arc::downgrade(shared);
    fleet.forget_by(move || {
        let Some(shared) = shared.upgrade() else { return };
        let cache = Cache::over(shared, prefix.clone(), None);
        let everything = cache.everything().to_owned();
        cache.owe(&everything, Origin::Everything);
    });
}

/// Renews and reads the fleet's marks at an interval, until the handle is shut down or nobody holds
/// its parts any more.
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
    /// Makes a handle of parts that exist already.
    fn over(shared: Arc<SharedParts>, prefix: String, hold: Option<Hold>) -> Self {
        let inner = Inner { shared, prefix, space: 0, registry: Registry::default(), hold };
        Self { inner: Arc::new(inner) }
    }

    /// Waits until the store has answered, and tells of changes if the handle needs that. Returns
    /// an error if the store could not be reached in time.
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

    /// Opens the connection of the cache's own thread, too, if writes of this runtime invalidate
    /// there. Without this, the first such write would wait for the connection.
    async fn contact_apart(&self, patience: Duration) {
        if bridge::is_lent_a_runtime() {
            let cache = self.clone();
            let ping = async move { cache.backend().ping(&mut Budget::new(patience)).await };
            // A missing answer changes nothing: the first write then connects.
            _ = bridge::run_apart(ping).await;
        }
    }
}
