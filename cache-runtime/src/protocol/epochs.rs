//! The epochs of a key's scopes: random numbers that are replaced to make all keys of a scope stale at once.
//!
//! They are read before a load begins, kept in its entry, and compared by every reader. An epoch that is missing vouches for nothing, and its
//! successor is random: it does not matter why it went.

use crate::entry::envelope;
use crate::error::Result;
use crate::key::scope::{self, Epochs};
use crate::store::backend::Backend;
use crate::store::budget::Budget;
use crate::store::{Condition, Store};
use bytes::Bytes;
use futures_util::future::join_all;
use std::time::{Duration, Instant};

/// How many epochs are made at the same time.
const BATCH: usize = 1000;

/// Reads the epochs of a key's scopes, and makes those that are missing: for as long as a load may
/// take to be renewed, or stored.
pub(crate) async fn settle(
    backend: &Backend,
    key: &str,
    load: Duration,
    budget: &mut Budget,
) -> Result<Epochs> {
    if !backend.is_scoped() {
        return Ok(Epochs::Unused);
    }
    let keys = backend.epoch_keys(key);
    Ok(Epochs::read(&settled(backend, &keys, load, budget).await?))
}

/// The same for several keys; each thousand epochs within a budget of its own.
pub(crate) async fn settle_many(
    backend: &Backend,
    keys: &[String],
    load: Duration,
    budget: impl Fn() -> Budget,
) -> Result<Vec<Epochs>> {
    if !backend.is_scoped() {
        return Ok(vec![Epochs::Unused; keys.len()]);
    }
    let scopes = backend.epoch_keys_of(keys);
    let mut values = Vec::with_capacity(scopes.keys().len());
    for batch in scopes.keys().chunks(BATCH) {
        values.extend(settled(backend, batch, load, &mut budget()).await?);
    }
    Ok(scopes.read(keys, &values))
}

/// Sees to it that the epochs of several keys' scopes stay for as long as what is stored under the keys.
pub(crate) async fn prolong_many(
    backend: &Backend,
    keys: &[String],
    life: Duration,
    budget: impl Fn() -> Budget,
) -> Result<()> {
    if !backend.is_scoped() {
        return Ok(());
    }
    for batch in backend.epoch_keys_of(keys).keys().chunks(BATCH) {
        backend.prolong(batch, life, &mut budget()).await?;
    }
    Ok(())
}

/// Reads the epochs of several keys' scopes.
pub(crate) async fn read_many(
    backend: &Backend,
    keys: &[String],
    budget: impl Fn() -> Budget,
) -> Result<Vec<Epochs>> {
    let scopes = backend.epoch_keys_of(keys);
    let values = backend.get_many(scopes.keys(), budget).await?;
    Ok(scopes.read(keys, &values))
}

/// What epochs' keys hold, when those that were missing have been made: where there is nothing, else in the place of what is
/// no epoch. Somebody else may have made them meanwhile.
async fn settled(
    backend: &Backend,
    keys: &[String],
    load: Duration,
    budget: &mut Budget,
) -> Result<Vec<Option<Bytes>>> {
    let mut values = read(backend, keys, budget).await?;
    for condition in [Condition::Absent, Condition::Always] {
        let missing = keys.iter().zip(&values).filter(|(_, value)| !is_epoch(value.as_ref()));
        let missing: Vec<&String> = missing.map(|(key, _)| key).collect();
        if missing.is_empty() {
            break;
        }
        make(backend, &missing, load, condition, budget).await?;
        values = read(backend, keys, budget).await?;
    }
    Ok(values)
}

async fn read(
    backend: &Backend,
    keys: &[String],
    budget: &mut Budget,
) -> Result<Vec<Option<Bytes>>> {
    let started = Instant::now();
    let values = backend.get_many(keys, || *budget).await;
    budget.charge(started.elapsed());
    values
}

fn is_epoch(value: Option<&Bytes>) -> bool {
    value.is_some_and(|value| envelope::read_epoch(value).is_some())
}

/// Makes epochs, all at the same time.
async fn make(
    backend: &Backend,
    keys: &[&String],
    load: Duration,
    condition: Condition<'_>,
    budget: &mut Budget,
) -> Result<()> {
    let (started, left) = (Instant::now(), *budget);
    let made =
        join_all(keys.iter().map(async |key| replace(backend, key, load, condition, left).await));
    let made = made.await;
    budget.charge(started.elapsed());
    made.into_iter().collect()
}

/// Writes a new epoch, which stays for as long as a load may take without a sign of life: its
/// renewals and its fill prolong it.
async fn replace(
    backend: &Backend,
    key: &str,
    load: Duration,
    condition: Condition<'_>,
    mut budget: Budget,
) -> Result<()> {
    let epoch = envelope::epoch(envelope::token()?);
    backend.set(key, epoch, Some(load), condition, &mut budget).await?;
    Ok(())
}

/// Makes everything in scopes stale: deletes their epochs, which takes no memory on a full server.
/// The next reader makes new ones, at random.
pub(crate) async fn retire(
    store: &dyn Store,
    scopes: &[String],
    budget: impl Fn() -> Budget,
) -> Result<()> {
    let keys: Vec<String> = scopes.iter().map(|scope| scope::epoch_key(scope)).collect();
    for batch in keys.chunks(BATCH) {
        budget().spend(store, store.remove(batch)).await?;
    }
    Ok(())
}
