//! The health of a handle and its store.

use crate::cache::Cache;
use crate::error::{Error, Result};
use crate::key::scope;
use crate::store::Condition;
use bytes::Bytes;
use serde::ser::{Serialize, SerializeStruct, Serializer};
use std::fmt;
use std::time::{Duration, Instant};

/// Time for which the probe stands, the value that finds out whether the store takes values again.
const PROBE: Duration = Duration::from_secs(1);

/// The state of a handle and its store, at the moment of [`Cache::health`].
///
/// Serialized, it has all fields, with `latency_ms` in place of the latency, and `well`
/// ([`is_well`](Self::is_well)). `Debug` shows in one line what is not as it should be.
#[derive(Clone)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "each field answers a question of its own")]
pub struct Health {
    /// `true` if calls are cached.
    pub enabled: bool,
    /// `true` if the store answered within the budget.
    pub reachable: bool,
    /// `true` if the store takes values: it took the last one, or takes one now. A server that is
    /// full and evicts nothing (`maxmemory` with `noeviction`) answers, and takes none. Without an
    /// answer, the earlier state stands.
    pub writable: bool,
    /// The store's name.
    pub store: &'static str,
    /// Time that the answer took. `None` without an answer.
    pub latency: Option<Duration>,
    /// Reason of a missing answer or a refused value. The error never holds a password.
    pub error: Option<Error>,
    /// Number of invalidations that the store failed and that wait for a retry, and of those that
    /// run while their caller has gone. Keys that they match count as missing here. Other processes
    /// may still read their entries.
    pub overdue_invalidations: usize,
    /// `true` if other handles of the prefix use another [`Strategy`](crate::Strategy). Until all
    /// handles agree, prefix patterns cost a scan as well as their epoch.
    pub mixed_strategies: bool,
    /// Number of times that the server was another one than before: see
    /// [`Stats::server_changes`](crate::Stats::server_changes).
    pub server_changes: u64,
    /// Policy of the server when its memory is full, such as `allkeys-lru`. `None` if the server
    /// does not tell.
    pub eviction_policy: Option<String>,
    /// Harm that the eviction policy does to this cache. `None` if the policy is fit or unknown.
    pub eviction_harm: Option<&'static str>,
}

impl Health {
    /// Returns whether the store answers and takes values, and no invalidation is overdue. A
    /// disabled handle is well.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.error.is_none() && self.writable && self.overdue_invalidations == 0
    }
}

#[expect(clippy::missing_fields_in_debug, reason = "`Debug` shows what is not as it should be")]
impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut health = f.debug_struct("Health");
        health.field("well", &self.is_well()).field("store", &self.store);
        if let Some(latency) = self.latency {
            health.field("latency", &latency);
        }
        for (name, is_so) in [("reachable", self.reachable), ("writable", self.writable)] {
            if self.enabled && !is_so {
                health.field(name, &is_so);
            }
        }
        if let Some(error) = &self.error {
            health.field("error", &format_args!("\"{error}\""));
        }
        if self.overdue_invalidations > 0 {
            health.field("overdue_invalidations", &self.overdue_invalidations);
        }
        if self.mixed_strategies {
            health.field("mixed_strategies", &true);
        }
        if self.server_changes > 0 {
            health.field("server_changes", &self.server_changes);
        }
        if let Some(harm) = self.eviction_harm {
            health.field("eviction_harm", &harm);
        }
        health.finish()
    }
}

impl Serialize for Health {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let latency = self.latency.map(|latency| latency.as_secs_f64() * 1000.0);
        let error = self.error.as_ref().map(ToString::to_string);
        let mut health = serializer.serialize_struct("Health", 12)?;
        health.serialize_field("well", &self.is_well())?;
        health.serialize_field("enabled", &self.enabled)?;
        health.serialize_field("reachable", &self.reachable)?;
        health.serialize_field("writable", &self.writable)?;
        health.serialize_field("store", self.store)?;
        health.serialize_field("latency_ms", &latency)?;
        health.serialize_field("error", &error)?;
        health.serialize_field("overdue_invalidations", &self.overdue_invalidations)?;
        health.serialize_field("mixed_strategies", &self.mixed_strategies)?;
        health.serialize_field("server_changes", &self.server_changes)?;
        health.serialize_field("eviction_policy", &self.eviction_policy)?;
        health.serialize_field("eviction_harm", &self.eviction_harm)?;
        health.end()
    }
}

impl Cache {
    /// Asks the store for an answer, within the budget. If the store refused a value before, stores
    /// a small value under a key of the cache's own. The store's answer tells whether it takes
    /// values again.
    pub async fn health(&self) -> Health {
        let started = Instant::now();
        let answer =
            self.on_tokio(async move |cache| cache.backend().ping(&mut cache.budget()).await);
        let answer = answer.await;
        let latency = answer.is_ok().then(|| started.elapsed());
        let refusal = match (&answer, self.backend().refusal()) {
            (Ok(()), Some(_)) => self.probe().await.err(),
            (_, refusal) => refusal,
        };
        let reachable = answer.is_ok() && self.is_enabled();
        let writable = refusal.is_none();
        let fleet = self.fleet();
        let (eviction_policy, eviction_harm) = fleet.map(|it| it.policy()).unwrap_or_default();
        Health {
            enabled: self.is_enabled(),
            reachable,
            writable,
            store: self.store_name(),
            latency,
            error: answer.err().or(refusal),
            overdue_invalidations: self.overdue().len(),
            mixed_strategies: fleet.is_some_and(|fleet| fleet.is_mixed()),
            server_changes: fleet.map_or(0, |fleet| fleet.changes()),
            eviction_policy,
            eviction_harm,
        }
    }

    /// Stores a value that nobody reads.
    async fn probe(&self) -> Result<()> {
        let key = scope::probe_key(self.prefix());
        let stored = self.on_tokio(async move |cache| {
            let (backend, mut budget) = (cache.backend(), cache.budget());
            let value = Bytes::from_static(b"probe\n");
            backend.set(&key, value, Some(PROBE), Condition::Always, &mut budget).await
        });
        stored.await?;
        self.note_success();
        Ok(())
    }
}
