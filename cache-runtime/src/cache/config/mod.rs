//! A handle's options as a value that a configuration file holds.

pub(crate) mod duration;
pub(crate) mod env;
pub(crate) mod setting;
pub(crate) mod variables;

use super::Cache;
use super::builder::{
    CacheBuilder, OnUnreachable, Strategy, check_capacity, check_lease, check_prefix,
};
use crate::cache::config::env::named;
use crate::entry::ttl::Ttl;
use crate::error::{Error, Result};
use crate::store::fleet::AfterOutage;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// The options of a handle as a configuration file has them. An option that is left out has the
/// default of [`Cache::builder`].
///
/// Times are seconds, or text such as `"250ms"` and `"1h30m"`, as in the attributes. An unknown
/// field, or a field of another kind, is an error when the file is read. If a value is unusable,
/// [`Cache::from_config`] names its field.
///
/// A setting that is text may contain variables of the environment: `${NAME}`, or
/// `${NAME:-default}` for a variable that may be missing or empty. With variables, numbers and
/// `true` are written as text. `$${` stands for `${`. Variables are read when the file is read. A
/// missing variable is an error that names the field and the variable. The value of a variable
/// stands in no message and in no log line.
///
/// A configuration that is written is read back as it was, except for a URL with a password, which
/// is left out. `Debug` shows no URL.
///
/// ```toml
/// url = "redis://:${REDIS_PASSWORD}@${REDIS_HOST:-127.0.0.1}:6379"
/// prefix = "shop"
/// default_ttl = "5m"
/// on_unreachable = "warn"
/// local = { entries = 10000, cap = "5s" }
///
/// [ttls]                                  # for `#[cached(ttl = "@templates")]`
/// templates = "1h"
/// analytics = 60
/// ```
#[derive(Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct CacheConfig {
    /// `false` makes every function run without the cache. By default `true`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "field::enabled")]
    pub enabled: Option<bool>,
    /// `redis://`, `rediss://`, `unix:/path` or `memory:`. The default is `memory:`. The URL is
    /// left out of a written configuration if it holds a password, or is unusable and may hold one.
    #[serde(
        skip_serializing_if = "is_not_written",
        serialize_with = "escaped",
        deserialize_with = "field::url"
    )]
    pub url: Option<String>,
    /// Prefix of every key: see [`CacheBuilder::prefix`].
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "escaped",
        deserialize_with = "field::prefix"
    )]
    pub prefix: Option<String>,
    /// TTL of functions without one: see [`CacheBuilder::default_ttl`]. `"never"` keeps entries
    /// until they are invalidated or evicted.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "field::default_ttl")]
    pub default_ttl: Option<Ttl>,
    /// Time that the store may add to one call: see [`CacheBuilder::budget`].
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "field::budget")]
    pub budget: Option<Time>,
    /// Time that a lease outlives its process: see [`CacheBuilder::lease`].
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "field::lease")]
    pub lease: Option<Time>,
    /// Time that a call waits for another caller's load: see [`CacheBuilder::wait`].
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "field::wait")]
    pub wait: Option<Time>,
    /// Time that one attempt to connect may take: see [`CacheBuilder::connect_timeout`].
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "field::connect_timeout")]
    pub connect_timeout: Option<Time>,
    /// Capacity of the embedded store in bytes: see [`CacheBuilder::memory_capacity`].
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "field::memory_capacity")]
    pub memory_capacity: Option<u64>,
    /// Largest encoded value in bytes: see [`CacheBuilder::max_entry_size`].
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "field::max_entry_size")]
    pub max_entry_size: Option<usize>,
    /// Size in bytes from which on values are compressed: see [`CacheBuilder::compress`].
    #[cfg(feature = "zstd")]
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "field::compress")]
    pub compress: Option<usize>,
    /// `"warn"` or `"error"`: see [`CacheBuilder::on_unreachable`].
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "field::on_unreachable")]
    pub on_unreachable: Option<OnUnreachable>,
    /// `"scan"` or `"scoped"`: see [`CacheBuilder::strategy`].
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "field::strategy")]
    pub strategy: Option<Strategy>,
    /// `"trust"`, `"check"` or `"forget"`: see [`CacheBuilder::after_outage`].
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "field::after_outage")]
    pub after_outage: Option<AfterOutage>,
    /// Bounds of the in-process tier: see [`CacheBuilder::local`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local: Option<LocalConfig>,
    /// TTLs by name, for `#[cached(ttl = "@name")]`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "field::ttls")]
    pub ttls: BTreeMap<String, Ttl>,
}

/// The bounds of the in-process tier in a [`CacheConfig`].
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct LocalConfig {
    /// Number of entries: see [`CacheBuilder::local`].
    #[serde(deserialize_with = "field::entries")]
    pub entries: usize,
    /// Capacity in bytes: see [`CacheBuilder::local_bytes`].
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "field::bytes")]
    pub bytes: Option<u64>,
    /// Time that a value is served without asking the store: see [`CacheBuilder::local_cap`].
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "field::cap")]
    pub cap: Option<Time>,
}

/// A time in a [`CacheConfig`]: seconds, or text such as `"250ms"`. If a time is not of whole
/// milliseconds, or too long to be counted in them, it has serde's form of a [`Duration`]:
/// `{ secs = 0, nanos = 500 }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time(pub Duration);

impl fmt::Debug for CacheConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheConfig")
            .field("prefix", &self.prefix)
            .field("ttls", &self.ttls)
            .finish_non_exhaustive()
    }
}

/// Tells whether a URL is left out of a written configuration.
#[expect(clippy::ref_option, reason = "serde hands over the field")]
fn is_not_written(url: &Option<String>) -> bool {
    !url.as_deref().is_some_and(env::holds_no_secret)
}

/// Writes text with each `${` escaped, so that the text is read back as it is.
#[expect(clippy::ref_option, reason = "serde hands over the field")]
fn escaped<S: Serializer>(
    text: &Option<String>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    text.as_deref().map(variables::escape).serialize(serializer)
}

/// Readers of the fields of a configuration, for serde.
mod field {
    use super::{AfterOutage, BTreeMap, Deserializer, OnUnreachable, Strategy, Time, Ttl, fmt};
    use crate::cache::config::setting;
    use crate::cache::config::setting::Field;
    use serde::de::{DeserializeSeed, MapAccess, Visitor};
    use std::marker::PhantomData;

    macro_rules! optional {
        ($($name:ident($path:literal): $type:ty),* $(,)?) => {$(
            pub(super) fn $name<'de, D: Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Option<$type>, D::Error> {
                setting::optional($path, deserializer)
            }
        )*};
    }

    optional! {
        enabled("enabled"): bool,
        url("url"): String,
        prefix("prefix"): String,
        default_ttl("default_ttl"): Ttl,
        budget("budget"): Time,
        lease("lease"): Time,
        wait("wait"): Time,
        connect_timeout("connect_timeout"): Time,
        memory_capacity("memory_capacity"): u64,
        max_entry_size("max_entry_size"): usize,
        on_unreachable("on_unreachable"): OnUnreachable,
        strategy("strategy"): Strategy,
        after_outage("after_outage"): AfterOutage,
        bytes("local.bytes"): u64,
        cap("local.cap"): Time,
    }

    #[cfg(feature = "zstd")]
    optional! { compress("compress"): usize }

    pub(super) fn entries<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
        Field("local.entries", PhantomData).deserialize(deserializer)
    }

    pub(super) fn ttls<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Ttls, D::Error> {
        deserializer.deserialize_map(OfTtls)
    }

    type Ttls = BTreeMap<String, Ttl>;

    struct OfTtls;

    impl<'de> Visitor<'de> for OfTtls {
        type Value = Ttls;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("names with TTLs")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ttls, A::Error> {
            let mut ttls = Ttls::new();
            while let Some(name) = map.next_key::<String>()? {
                let ttl = map.next_value_seed(Field(&format!("ttls.{name}"), PhantomData))?;
                ttls.insert(name, ttl);
            }
            Ok(ttls)
        }
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        setting::deserialize(deserializer)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let text = format!("{}ms", self.0.as_millis());
        match duration::parse(&text) {
            // mutant: a time that is not of whole milliseconds is written as if it were
            Ok(ms) if Duration::from_millis(ms) == self.0 => serializer.serialize_str(&text),
            _ => self.0.serialize(serializer),
        }
    }
}

/// Reads a [`Time`], or `"never"`.
impl<'de> Deserialize<'de> for Ttl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        setting::deserialize(deserializer)
    }
}

impl Serialize for Ttl {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Self::After(time) => Time(*time).serialize(serializer),
            Self::Never => serializer.serialize_str("never"),
        }
    }
}

impl Cache {
    /// Builds a handle from a configuration.
    ///
    /// # Errors
    ///
    /// A field holds something unusable. The error names the field, and never repeats a password.
    /// Further errors are those of [`CacheBuilder::build`].
    pub async fn from_config(config: CacheConfig) -> Result<Self> {
        config.into_builder()?.build().await
    }
}

impl CacheConfig {
    /// Returns a builder with these options, for options that a file cannot hold, such as an
    /// application's own store or a layer.
    ///
    /// # Errors
    ///
    /// A field holds something unusable. The error names the field.
    pub fn into_builder(self) -> Result<CacheBuilder> {
        let names = |field: &str| field.to_owned();
        let mut builder = Cache::builder();
        if let Some(url) = &self.url {
            builder = builder.target(named("url", env::target(url))?);
        }
        self.apply(builder, &names)
    }

    /// Sets everything but the store. Errors call each field by the name that `names` returns.
    pub(crate) fn apply(&self, builder: CacheBuilder, names: Names<'_>) -> Result<CacheBuilder> {
        let builder = self.set_place(builder, names)?;
        let builder = self.set_times(builder, names)?;
        self.set_sizes(builder, names)
    }

    /// Sets the options about the store and the prefix.
    fn set_place(&self, mut builder: CacheBuilder, names: Names<'_>) -> Result<CacheBuilder> {
        if self.enabled == Some(false) {
            builder = builder.disabled();
        }
        if let Some(prefix) = &self.prefix {
            named(&names("prefix"), check_prefix(prefix))?;
            builder = builder.prefix(prefix);
        }
        if let Some(on_unreachable) = self.on_unreachable {
            builder = builder.on_unreachable(on_unreachable);
        }
        if let Some(strategy) = self.strategy {
            builder = builder.strategy(strategy);
        }
        if let Some(after_outage) = self.after_outage {
            builder = builder.after_outage(after_outage);
        }
        Ok(builder)
    }

    /// Sets the TTLs and the times that work may take.
    fn set_times(&self, mut builder: CacheBuilder, names: Names<'_>) -> Result<CacheBuilder> {
        if let Some(ttl) = self.default_ttl {
            builder = builder.default_ttl(positive_ttl(&names("default_ttl"), ttl)?);
        }
        for (name, ttl) in &self.ttls {
            builder = builder.named_ttl(name, positive_ttl(&names(&format!("ttls.{name}")), *ttl)?);
        }
        if let Some(Time(budget)) = self.budget {
            builder = builder.budget(positive(&names("budget"), budget)?);
        }
        if let Some(Time(lease)) = self.lease {
            named(&names("lease"), check_lease(lease))?;
            builder = builder.lease(lease);
        }
        if let Some(Time(wait)) = self.wait {
            builder = builder.wait(wait);
        }
        if let Some(Time(timeout)) = self.connect_timeout {
            builder = builder.connect_timeout(positive(&names("connect_timeout"), timeout)?);
        }
        Ok(builder)
    }

    /// Sets the options about sizes and compression.
    fn set_sizes(&self, mut builder: CacheBuilder, names: Names<'_>) -> Result<CacheBuilder> {
        if let Some(bytes) = self.memory_capacity {
            named(&names("memory_capacity"), check_capacity(bytes))?;
            builder = builder.memory_capacity(bytes);
        }
        if let Some(bytes) = self.max_entry_size {
            builder = builder.max_entry_size(positive(&names("max_entry_size"), bytes)?);
        }
        #[cfg(feature = "zstd")]
        if let Some(bytes) = self.compress {
            builder = builder.compress(bytes);
        }
        if let Some(local) = &self.local {
            builder = local.apply(builder, names)?;
        }
        Ok(builder)
    }
}

/// Function from a field to its name in messages: its path, or the variable that it was read from.
pub(crate) type Names<'a> = &'a dyn Fn(&str) -> String;

impl LocalConfig {
    fn apply(&self, builder: CacheBuilder, names: Names<'_>) -> Result<CacheBuilder> {
        let mut builder = builder.local(positive(&names("local.entries"), self.entries)?);
        if let Some(bytes) = self.bytes {
            builder = builder.local_bytes(positive(&names("local.bytes"), bytes)?);
        }
        if let Some(Time(cap)) = self.cap {
            builder = builder.local_cap(positive(&names("local.cap"), cap)?);
        }
        Ok(builder)
    }
}

fn positive_ttl(field: &str, ttl: Ttl) -> Result<Ttl> {
    if ttl.is_zero() {
        return Err(Error::config(format!("{field}: a TTL of zero stores nothing")));
    }
    Ok(ttl)
}

/// Returns a time or a number, or an error if it is zero.
fn positive<T: Default + PartialEq>(field: &str, value: T) -> Result<T> {
    if value == T::default() {
        return Err(Error::config(format!("{field}: it is zero; leave it out for the default")));
    }
    Ok(value)
}
