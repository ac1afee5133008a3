//! A handle's options as a value that a configuration file holds.

use super::Cache;
use super::builder::{CacheBuilder, OnUnreachable, Strategy, check_lease, check_prefix};
use crate::duration;
use crate::env::{self, named};
use crate::error::{Error, Result};
use crate::expiry::Expiry;
use crate::fleet::AfterOutage;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// The options of a handle as a configuration file has them; each that is left out is as [`Cache::builder`] says.
///
/// Times are seconds, or text such as `"250ms"` and `"1h30m"`, as in the attributes. A field that is unknown, or of another kind, is an error
/// when the file is read; [`Cache::from_config`] says which field holds something unusable.
///
/// What is written is read back the same, but for a URL with a password, which is left out. `Debug` shows no URL.
///
/// ```toml
/// url = "redis://127.0.0.1:6379"
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
    /// `false`: every function simply runs. By default `true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// `redis://…`, `rediss://…`, `unix:/path` or `memory:`, which is also what it is without. It is not written if it holds a password, or
    /// is unusable, so that nobody knows what it holds.
    #[serde(skip_serializing_if = "is_not_written")]
    pub url: Option<String>,
    /// See [`CacheBuilder::prefix`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// See [`CacheBuilder::default_ttl`]; `"never"` keeps entries until they are invalidated or evicted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_ttl: Option<Lifetime>,
    /// See [`CacheBuilder::budget`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<Time>,
    /// See [`CacheBuilder::lease`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease: Option<Time>,
    /// See [`CacheBuilder::wait`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait: Option<Time>,
    /// See [`CacheBuilder::connect_timeout`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_timeout: Option<Time>,
    /// See [`CacheBuilder::memory_capacity`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_capacity: Option<u64>,
    /// See [`CacheBuilder::max_entry_size`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_entry_size: Option<usize>,
    /// See [`CacheBuilder::compress`]: from how many bytes on.
    #[cfg(feature = "zstd")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compress: Option<usize>,
    /// See [`CacheBuilder::on_unreachable`]: `"warn"` or `"error"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_unreachable: Option<OnUnreachable>,
    /// See [`CacheBuilder::strategy`]: `"scan"` or `"scoped"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<Strategy>,
    /// See [`CacheBuilder::after_outage`]: `"trust"`, `"check"` or `"forget"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_outage: Option<AfterOutage>,
    /// See [`CacheBuilder::local`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local: Option<LocalConfig>,
    /// TTLs by name, for `#[cached(ttl = "@name")]`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub ttls: BTreeMap<String, Lifetime>,
}

/// The bounds of the in-process tier in a [`CacheConfig`].
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct LocalConfig {
    /// See [`CacheBuilder::local`].
    pub entries: usize,
    /// See [`CacheBuilder::local_bytes`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// See [`CacheBuilder::local_cap`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Time>,
}

/// A time in a [`CacheConfig`]: seconds, or text such as `"250ms"`. One that is not of whole milliseconds, or too long to be counted in
/// them, is written and read as serde does with a [`Duration`]: `{ secs = 0, nanos = 500 }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time(pub Duration);

/// A TTL in a [`CacheConfig`]: a [`Time`], or `"never"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime(pub Expiry);

impl fmt::Debug for CacheConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheConfig")
            .field("prefix", &self.prefix)
            .field("ttls", &self.ttls)
            .finish_non_exhaustive()
    }
}

/// Whether a URL is left out where a configuration is written.
#[expect(clippy::ref_option, reason = "serde hands over the field")]
fn is_not_written(url: &Option<String>) -> bool {
    !url.as_deref().is_some_and(env::holds_no_secret)
}

/// Reads a time from a number or from text, or from what only code can have made.
struct OfTime;

impl<'de> Visitor<'de> for OfTime {
    type Value = Duration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("seconds, such as 300, or a duration, such as \"5m\"")
    }

    fn visit_u64<E: de::Error>(self, seconds: u64) -> std::result::Result<Duration, E> {
        self.visit_str(&seconds.to_string())
    }

    fn visit_i64<E: de::Error>(self, seconds: i64) -> std::result::Result<Duration, E> {
        let seconds = u64::try_from(seconds).map_err(|_| E::custom("a time cannot be negative"))?;
        self.visit_u64(seconds)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> std::result::Result<Duration, E> {
        duration::parse(text).map(Duration::from_millis).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> std::result::Result<Duration, A::Error> {
        Duration::deserialize(MapAccessDeserializer::new(map))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(OfTime).map(Self)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let text = format!("{}ms", self.0.as_millis());
        match duration::parse(&text) {
            Ok(ms) if Duration::from_millis(ms) == self.0 => serializer.serialize_str(&text),
            _ => self.0.serialize(serializer),
        }
    }
}

/// The same, or `"never"`.
struct OfLifetime;

impl<'de> Visitor<'de> for OfLifetime {
    type Value = Expiry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("seconds, such as 300, a duration, such as \"5m\", or \"never\"")
    }

    fn visit_u64<E: de::Error>(self, seconds: u64) -> std::result::Result<Expiry, E> {
        OfTime.visit_u64(seconds).map(Expiry::After)
    }

    fn visit_i64<E: de::Error>(self, seconds: i64) -> std::result::Result<Expiry, E> {
        OfTime.visit_i64(seconds).map(Expiry::After)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> std::result::Result<Expiry, E> {
        if text == "never" {
            return Ok(Expiry::Never);
        }
        OfTime.visit_str(text).map(Expiry::After)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> std::result::Result<Expiry, A::Error> {
        OfTime.visit_map(map).map(Expiry::After)
    }
}

impl<'de> Deserialize<'de> for Lifetime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(OfLifetime).map(Self)
    }
}

impl Serialize for Lifetime {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self.0 {
            Expiry::After(time) => Time(time).serialize(serializer),
            Expiry::Never => serializer.serialize_str("never"),
        }
    }
}

impl Cache {
    /// Builds a handle from a configuration.
    ///
    /// # Errors
    ///
    /// A field holds something unusable; the error names it and never repeats a password. What else can fail is said at
    /// [`CacheBuilder::build`].
    pub async fn from_config(config: CacheConfig) -> Result<Self> {
        config.into_builder()?.build().await
    }
}

impl CacheConfig {
    /// A builder with these options, for what a file cannot hold: a store of one's own, say, or a layer.
    ///
    /// # Errors
    ///
    /// A field holds something unusable; the error names it.
    pub fn into_builder(self) -> Result<CacheBuilder> {
        let builder = self.set_place(Cache::builder())?;
        let builder = self.set_times(builder)?;
        self.set_sizes(builder)
    }

    /// Where entries are, and how it is dealt with.
    fn set_place(&self, mut builder: CacheBuilder) -> Result<CacheBuilder> {
        if let Some(url) = &self.url {
            builder = builder.target(named("url", env::target(url))?);
        }
        if self.enabled == Some(false) {
            builder = builder.disabled();
        }
        if let Some(prefix) = &self.prefix {
            named("prefix", check_prefix(prefix))?;
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

    /// How long things last, and may take.
    fn set_times(&self, mut builder: CacheBuilder) -> Result<CacheBuilder> {
        if let Some(Lifetime(ttl)) = self.default_ttl {
            builder = builder.default_ttl(positive_ttl("default_ttl", ttl)?);
        }
        for (name, Lifetime(ttl)) in &self.ttls {
            builder = builder.named_ttl(name, positive_ttl(&format!("ttls.{name}"), *ttl)?);
        }
        if let Some(Time(budget)) = self.budget {
            builder = builder.budget(positive("budget", budget)?);
        }
        if let Some(Time(lease)) = self.lease {
            named("lease", check_lease(lease))?;
            builder = builder.lease(lease);
        }
        if let Some(Time(wait)) = self.wait {
            builder = builder.wait(wait);
        }
        if let Some(Time(timeout)) = self.connect_timeout {
            builder = builder.connect_timeout(positive("connect_timeout", timeout)?);
        }
        Ok(builder)
    }

    /// How much is kept, and in which form.
    fn set_sizes(&self, mut builder: CacheBuilder) -> Result<CacheBuilder> {
        if let Some(bytes) = self.memory_capacity {
            builder = builder.memory_capacity(positive("memory_capacity", bytes)?);
        }
        if let Some(bytes) = self.max_entry_size {
            builder = builder.max_entry_size(positive("max_entry_size", bytes)?);
        }
        #[cfg(feature = "zstd")]
        if let Some(bytes) = self.compress {
            builder = builder.compress(bytes);
        }
        if let Some(local) = &self.local {
            builder = local.apply(builder)?;
        }
        Ok(builder)
    }
}

impl LocalConfig {
    fn apply(&self, builder: CacheBuilder) -> Result<CacheBuilder> {
        let mut builder = builder.local(positive("local.entries", self.entries)?);
        if let Some(bytes) = self.bytes {
            builder = builder.local_bytes(positive("local.bytes", bytes)?);
        }
        if let Some(Time(cap)) = self.cap {
            builder = builder.local_cap(positive("local.cap", cap)?);
        }
        Ok(builder)
    }
}

pub(crate) fn positive_ttl(field: &str, ttl: Expiry) -> Result<Expiry> {
    if ttl.is_zero() {
        return Err(Error::config(format!("{field}: a TTL of zero stores nothing")));
    }
    Ok(ttl)
}

/// A time or a number that is not zero.
fn positive<T: Default + PartialEq>(field: &str, value: T) -> Result<T> {
    if value == T::default() {
        return Err(Error::config(format!("{field}: it is zero; leave it out for the default")));
    }
    Ok(value)
}
