//! The epochs of a key's scopes: random numbers that are replaced to make all keys of a scope stale at once.
//!
//! They are read before a load begins, kept in its entry, and compared by every reader. An epoch that is missing vouches for nothing, and its
//! successor is random: it does not matter why it went.

use crate::backend::Backend;
use crate::budget::Budget;
use crate::entry;
use crate::error::Result;
use crate::scope::{self, Epochs};
use crate::store::Condition;
use bytes::Bytes;
use futures_util::future::join_all;
use std::collections::BTreeSet;

/// Reads the epochs of a key's scopes, and makes those that are missing.
pub(crate) async fn settle(backend: &Backend, key: &str, budget: &mut Budget) -> Result<Epochs> {
    if !backend.is_scoped() {
        return Ok(Epochs::Unused);
    }
    let keys = scope::epoch_keys(key);
    Ok(Epochs::read(&settled(backend, &keys, budget).await?))
}

/// The same for several keys.
pub(crate) async fn settle_many(
    backend: &Backend,
    keys: &[String],
    budget: &mut Budget,
) -> Result<Vec<Epochs>> {
    let scopes = Scopes::of(backend, keys);
    let values = settled(backend, &scopes.keys, budget).await?;
    Ok(scopes.read(keys, &values))
}

/// Reads the epochs of several keys' scopes.
pub(crate) async fn read_many(
    backend: &Backend,
    keys: &[String],
    budget: impl Fn() -> Budget,
) -> Result<Vec<Epochs>> {
    let scopes = Scopes::of(backend, keys);
    let values = backend.get_many(&scopes.keys, budget).await?;
    Ok(scopes.read(keys, &values))
}

/// The epochs of several keys, each scope once; none where they do not count.
struct Scopes {
    keys: Vec<String>,
    is_scoped: bool,
}

impl Scopes {
    fn of(backend: &Backend, keys: &[String]) -> Self {
        let is_scoped = backend.is_scoped();
        let scoped = keys.iter().filter(|_| is_scoped);
        let keys: BTreeSet<String> = scoped.flat_map(|key| scope::epoch_keys(key)).collect();
        Self { keys: keys.into_iter().collect(), is_scoped }
    }

    /// What is known of each key, from the epochs' values.
    fn read(&self, keys: &[String], values: &[Option<Bytes>]) -> Vec<Epochs> {
        let value = |key: &String| {
            self.keys.binary_search(key).ok().and_then(|at| values.get(at).cloned().flatten())
        };
        let epochs = |key: &String| {
            let values = scope::epoch_keys(key);
            Epochs::read(&values.iter().map(value).collect::<Vec<_>>())
        };
        let epochs = |key| if self.is_scoped { epochs(key) } else { Epochs::Unused };
        keys.iter().map(epochs).collect()
    }
}

/// What epochs' keys hold, when those that were missing have been made: where there is nothing, else in the place of what is
/// no epoch. Somebody else may have made them meanwhile.
async fn settled(
    backend: &Backend,
    keys: &[String],
    budget: &mut Budget,
) -> Result<Vec<Option<Bytes>>> {
    let mut values = backend.get_many(keys, || *budget).await?;
    for condition in [Condition::Absent, Condition::Always] {
        let missing = keys.iter().zip(&values).filter(|(_, value)| !is_epoch(value.as_ref()));
        let made = join_all(missing.map(|(key, _)| make(backend, key, condition, *budget))).await;
        if made.is_empty() {
            break;
        }
        made.into_iter().collect::<Result<()>>()?;
        values = backend.get_many(keys, || *budget).await?;
    }
    Ok(values)
}

fn is_epoch(value: Option<&Bytes>) -> bool {
    value.is_some_and(|value| entry::read_epoch(value).is_some())
}

async fn make(
    backend: &Backend,
    key: &str,
    condition: Condition<'_>,
    mut budget: Budget,
) -> Result<()> {
    let epoch = entry::epoch(entry::token()?);
    backend.set(key, epoch, Some(scope::LIFE), condition, &mut budget).await?;
    Ok(())
}

/// Makes everything in a scope stale.
pub(crate) async fn advance(backend: &Backend, scope: &str, budget: &mut Budget) -> Result<()> {
    let epoch = entry::epoch(entry::token()?);
    let key = scope::epoch_key(scope);
    backend.set(&key, epoch, Some(scope::LIFE), Condition::Always, budget).await?;
    Ok(())
}
