//! Whether a store is well.

use crate::cache::Cache;
use crate::error::{Error, Result};
use crate::key::scope;
use crate::store::Condition;
use bytes::Bytes;
use serde::ser::{Serialize, SerializeStruct, Serializer};
use std::fmt;
use std::time::{Duration, Instant};

/// For how long the value stands that is stored to find out whether the store takes values again.
const PROBE: Duration = Duration::from_secs(1);

/// How a store is, at the moment it was asked.
///
/// Serialized it has its fields, `well` ([`is_well`](Self::is_well)), and `latency_ms` in place of
/// the latency. `Debug` shows in one line what is not as it should be.
#[derive(Clone)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "each answers a question of its own")]
pub struct Health {
    /// Whether calls are cached at all.
    pub enabled: bool,
    /// Whether the store answered within the budget.
    pub reachable: bool,
    /// Whether the store takes values: it did when it was last given one, or does now. A server
    /// that is full and evicts nothing (`maxmemory` with `noeviction`) answers, and takes none.
    /// Without an answer it is as it was.
    pub writable: bool,
    /// The store's name.
    pub store: &'static str,
    /// How long the answer took.
    pub latency: Option<Duration>,
    /// Why there was none, or why no value is taken; it never holds a password.
    pub error: Option<Error>,
    /// Invalidations that the store has failed and that wait to be made up for, and those that run
    /// while their caller has gone. What they match counts as missing here; other processes may
    /// still read it.
    pub overdue_invalidations: usize,
    /// Whether other handles of the prefix invalidate in another way
    /// ([`Strategy`](crate::Strategy)): until they agree, prefix patterns cost a scan as well as
    /// their epoch.
    pub mixed_strategies: bool,
    /// How often the server was another one than before, as
    /// [`Stats::server_changes`](crate::Stats::server_changes) says.
    pub server_changes: u64,
    /// What the server does when its memory is full, such as `allkeys-lru`; `None`: it does not
    /// say.
    pub eviction_policy: Option<String>,
    /// What that will do to this cache, if it is no good.
    pub eviction_harm: Option<&'static str>,
}

impl Health {
    /// Whether nothing is wrong: the store answers and takes values, and no invalidation is
    /// overdue. A handle that is disabled is well.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.error.is_none() && self.writable && self.overdue_invalidations == 0
    }
}

#[expect(clippy::missing_fields_in_debug, reason = "it shows what is not as it should be")]
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
    /// Asks the store whether it answers, within the budget. If it has refused a value, it is given
    /// a small one, under a key of the cache's own, to find out whether it takes values again.
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
