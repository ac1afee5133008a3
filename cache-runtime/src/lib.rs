//! Caches the results of functions in Redis, by attributes. A query function with
//! [`#[cached]`](macro@cached) reads through Redis. A write with
//! [`#[invalidates]`](macro@invalidates) deletes the entries that it made stale, once the write has
//! succeeded.
//!
//! ```
//! use cache_runtime::{Cache, cached, invalidates};
//!
//! #[cached(ttl = "5m", key = "price:<item>")]
//! async fn price(item: &str) -> Result<u32, std::num::ParseIntError> {
//!     item.len().to_string().parse()
//! }
//!
//! #[invalidates(price(item))]
//! async fn set_price(item: &str, _price: u32) {}
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let cache = Cache::builder().memory().build().await?;
//! cache.install()?;
//! assert_eq!((price("tea").await?, price("tea").await?), (3, 3));
//! assert_eq!((cache.stats().loads, cache.stats().hits), (1, 1));
//! set_price("tea", 4).await;
//! assert_eq!(cache.stats().deleted, 1);
//! # Ok(())
//! # }
//! ```
//!
//! # The nouns
//!
//! * A **load** is the body of a cached function while it runs on a **miss**.
//! * A **key** is `{prefix}:{readable part}:{hash}`. The hash tells any two calls apart. See
//!   [`Key`].
//! * A **store** keeps entries by key: Redis, the embedded store, or your own [`store::Store`].
//! * A **handle**, [`Cache`], is a store, a prefix, and settings. Functions use the handle in
//!   [`scope`](Cache::scope), else the [`install`](Cache::install)ed one, else none.
//! * A **lease** is the right to fill one key. The lease stands at the key while its load runs.
//! * A **flight** is the callers of one key in this process that share a load.
//! * The **budget** is the time that a store may add to one call, by default 100 ms.
//!
//! The pages of both attributes list their options.
//!
//! # Consistency
//!
//! After an `#[invalidates]` function has returned, no call in any process is answered with a value
//! whose load began before that write. Callers of one key wait for one load. [`consistency`] has
//! the reasons and the limits.
//!
//! # When Redis is down
//!
//! Annotated functions run as if they had no attribute. The first call to notice may take one
//! budget longer, by default 100 ms. From then on a breaker answers at once, and one task per
//! runtime looks for the server. Within a second of the server's return, calls hit again.
//!
//! Faults are counted in [`Stats`], and logged through `tracing` under the target `cache_runtime`.
//! Operations on the handle itself report an [`Error`].
//!
//! When a process ends, [`Cache::shutdown`] delivers its pending work, such as an invalidation that
//! Redis has not taken.
//!
//! # Crate features
//!
//! | feature | default | what it is for | what it brings in |
//! |---|---|---|---|
//! | `msgpack` | yes | `codec = "msgpack"` | `rmp-serde`, `serde-transcode` |
//! | `sqlx` | no | a call whose sqlx 0.9 connection is in a transaction runs without the cache | `sqlx-core`, without a runtime and without TLS |
//! | `tls` | no | `rediss://` URLs, with the system's root certificates | `rustls`, `ring`, `tokio-rustls`, `rustls-native-certs`; it excludes `subtle` before 2.5, and so `argon2` 0.3 |
//! | `zstd` | yes | `compress = 4096` | `zstd`, which compiles C |
//!
//! Without the feature `tls`, [`CacheBuilder::build`] refuses a `rediss://` URL with an error that
//! names the feature.
//!
//! # Limits
//!
//! This cache is no database: an entry may be evicted at any time. This cache is no lock and no
//! queue. Cache only functions whose result depends on their arguments, and on data whose writes
//! invalidate them.

mod cache;
mod call;
mod entry;
mod error;
mod function;
mod key;
mod protocol;
mod rt;
pub mod store;
mod write;

#[doc = include_str!("../CONSISTENCY.md")]
pub mod consistency {}

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use cache::builder::{CacheBuilder, Strategy};
pub use cache::context::mode::{Observed, Source, bypass, observe, refresh};
pub use cache::health::Health;
pub use cache::invalidation::Invalidated;
pub use cache::warmup::Warmup;
pub use cache::{Cache, CacheConfig, Keys, Shutdown, Way};
pub use cache_macros::Shape;
/// Deletes the entry of one call. The macro expands to a future of `Result<Invalidated>`.
///
/// ```
/// use cache_runtime::{Cache, cached, invalidate};
///
/// #[cached(ttl = "5m", skip(db))]
/// async fn user(db: &str, id: u64) -> String {
///     format!("{id} of {db}")
/// }
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), cache_runtime::Error> {
/// # let cache = Cache::builder().memory().build().await?;
/// # cache.scope(async {
/// user("db", 7).await;
/// assert_eq!(invalidate!(user(7)).await?.deleted, 1);
/// # Ok(()) }).await }
/// ```
pub use cache_macros::invalidate;
/// Returns the key of one call, an `Option<Key>`, without making the call.
///
/// ```
/// use cache_runtime::{cached, key};
///
/// #[cached(key = "user:<id>", id = "user")]
/// async fn user(id: u64) -> String {
///     id.to_string()
/// }
///
/// let key = key!(user(7)).expect("a number has its place in a key");
/// assert!(key.as_str().starts_with("user:7:"));
/// ```
pub use cache_macros::key;
/// Stores a known value for one call, as if the function had returned it. The macro expands to a
/// future of `Result<()>`.
///
/// ```
/// use cache_runtime::{Cache, cached, prime};
///
/// #[cached(ttl = "5m")]
/// async fn user(id: u64) -> Result<String, std::fmt::Error> {
///     Ok(id.to_string())
/// }
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let cache = Cache::builder().memory().build().await?;
/// # cache.scope(async {
/// prime!(user(7), &"Ada".to_owned()).await?;
/// assert_eq!(user(7).await?, "Ada");
/// # Ok(()) }).await }
/// ```
pub use cache_macros::prime;
pub use cache_macros::{cached, invalidates};
pub use entry::ttl::Ttl;
pub use error::{Error, Result};
pub use function::shape::Shape;
pub use function::stats::Stats;
pub use key::Key;
pub use write::invalidations_without_handle;
pub use write::transaction::{TransactionScope, defer, defer_commit};

/// Settings of a handle as values that a configuration file holds.
pub mod config {
    pub use crate::cache::builder::{OnUnreachable, Strategy};
    pub use crate::cache::{CacheConfig, LocalConfig, Time};
    pub use crate::entry::ttl::Ttl;
    pub use crate::store::fleet::AfterOutage;
}

/// Codecs, which write values into entries and read them back: the option `codec`.
pub mod codec {
    #[cfg(feature = "msgpack")]
    pub use crate::entry::codec::MessagePack;
    pub use crate::entry::codec::{Codec, CodecError, Json, Lossy};
}

/// Counts of a handle, from [`Cache::stats`].
pub mod stats {
    pub use crate::function::stats::{Counts, Stats};
}

/// Warm-ups, which load calls before anybody asks for them: see [`Warmup`].
pub mod warmup {
    pub use crate::cache::warmup::{Loads, Progress, Report, Warmed, Warming, Warmup};
}

/// Escapes a value for a pattern, as placeholders do: percent-encoded, `~` for `None`, and
/// shortened by a hash if long.
///
/// # Errors
///
/// The value has no text ([`Error::is_key`]): it holds a float that is not finite, or its
/// `Serialize` implementation failed.
pub fn segment(value: &(impl serde::Serialize + ?Sized)) -> Result<String> {
    let mut text = String::new();
    let pushed = key::segment::push(&mut text, value);
    pushed.map(|()| text).map_err(|reason| Error::key(reason.to_string()))
}
