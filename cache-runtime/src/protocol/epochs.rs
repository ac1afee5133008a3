//! The epochs of a key's scopes: random numbers. Replacing an epoch makes all keys of its scope
//! stale at once.
//!
//! Epochs are read before a load begins, kept in its entry, and compared by every reader. If an
//! epoch is missing, its entries are stale. The successor is random, so the cause of the loss does
//! not matter.

use crate::entry::envelope;
use crate::error::Result;
use crate::key::scope::{self, Epochs};
use crate::store::backend::Backend;
use crate::store::budget::Budget;
use crate::store::{Condition, Store};
use bytes::Bytes;
use futures_util::future::join_all;
use std::time::{Duration, Instant};

/// Number of epochs that are read or made at the same time.
const BATCH: usize = 1000;

/// Reads the epochs of a key's scopes, and makes the missing ones. A new epoch lives for `load`,
/// the time within which a load is renewed or stored.
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

/// Reads the epochs of several keys' scopes, and makes the missing ones, which live for `load`.
/// Each batch of 1000 epochs has a budget of its own.
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

/// Keeps the epochs of several keys' scopes for as long as the entries under the keys. An epoch
/// with less than half of `life` left gets `life` to live. Each batch of 1000 epochs has a budget
/// of its own.
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

/// Reads the values at the keys of epochs, after making the missing epochs. A value that is no
/// epoch is replaced. Another process may have made an epoch meanwhile, and that epoch stays.
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

/// Writes a new epoch that lives for `load`, the time that a load may take without a sign of life.
/// Renewals and the fill of a load prolong the epoch.
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

/// Makes all entries of the scopes stale by deleting the epochs. Deleting takes no memory on a full
/// server. The next reader makes new epochs at random.
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
