//! Where entries are: the embedded store called directly, or any other store within a budget.

use crate::budget::Budget;
use crate::error::Result;
use crate::store::memory::MemoryStore;
use crate::store::{Condition, Store, TimeToLive, Watch};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;

/// A store, as the algorithms use it. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) enum Backend {
    /// In this process: no await, no timeout, no runtime needed.
    Memory(Arc<MemoryStore>),
    /// Behind a trait: Redis, or the application's own.
    Remote(Arc<dyn Store>),
    /// Nowhere: every function simply runs.
    Disabled,
}

impl Backend {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Memory(store) => store.name(),
            Self::Remote(store) => store.name(),
            Self::Disabled => "disabled",
        }
    }

    /// Whether store calls need a tokio runtime.
    pub(crate) fn needs_tokio(&self) -> bool {
        matches!(self, Self::Remote(_))
    }

    /// Whether the store would keep an entry of this size; the embedded one has its bounds.
    pub(crate) fn has_room(&self, key: &str, entry: &Bytes) -> bool {
        match self {
            Self::Memory(store) => store.has_room_for(key, entry),
            Self::Remote(_) | Self::Disabled => true,
        }
    }

    pub(crate) async fn get(&self, key: &str, budget: &mut Budget) -> Result<Option<Bytes>> {
        match self {
            Self::Memory(store) => Ok(store.read(key)),
            Self::Remote(store) => budget.spend(&**store, store.get(key)).await,
            Self::Disabled => Ok(None),
        }
    }

    /// Reads a key so that a value of another kind is an error, as it is not in reads that go together with others.
    pub(crate) async fn read_exactly(
        &self,
        key: &str,
        budget: &mut Budget,
    ) -> Result<Option<Bytes>> {
        Ok(self.watch(key, budget).await?.0)
    }

    /// Reads a key, and tells later when it may have changed.
    pub(crate) async fn watch(
        &self,
        key: &str,
        budget: &mut Budget,
    ) -> Result<(Option<Bytes>, Watch)> {
        match self {
            Self::Memory(store) => Ok((store.read(key), Watch::none())),
            Self::Remote(store) => budget.spend(&**store, store.watch(key)).await,
            Self::Disabled => Ok((None, Watch::none())),
        }
    }

    /// Writes a key if `condition` holds, and says whether it did. The embedded store refuses what is too large for it.
    pub(crate) async fn set(
        &self,
        key: &str,
        value: Bytes,
        time_to_live: Option<Duration>,
        condition: Condition<'_>,
        budget: &mut Budget,
    ) -> Result<bool> {
        match self {
            Self::Memory(store) => Ok(store.write(key, value, time_to_live, condition)),
            Self::Remote(store) => {
                let set = store.set(key, value, time_to_live, condition);
                budget.spend(&**store, set).await
            }
            Self::Disabled => Ok(false),
        }
    }

    /// Replaces the first bytes of a value by others of the same length if they are still the same.
    pub(crate) async fn restamp(
        &self,
        key: &str,
        old: &[u8],
        new: &[u8],
        budget: &mut Budget,
    ) -> Result<bool> {
        match self {
            Self::Memory(store) => Ok(store.stamp(key, old, new)),
            Self::Remote(store) => budget.spend(&**store, store.restamp(key, old, new)).await,
            Self::Disabled => Ok(false),
        }
    }

    /// Deletes what a key holds if it is still what `condition` says.
    pub(crate) async fn remove_if(
        &self,
        key: &str,
        condition: Condition<'_>,
        budget: &mut Budget,
    ) -> Result<bool> {
        match self {
            Self::Memory(store) => Ok(store.delete_if(key, condition)),
            Self::Remote(store) => budget.spend(&**store, store.remove_if(key, condition)).await,
            Self::Disabled => Ok(false),
        }
    }

    pub(crate) async fn time_to_live(&self, key: &str, budget: &mut Budget) -> Result<TimeToLive> {
        match self {
            Self::Memory(store) => Ok(store.left(key)),
            Self::Remote(store) => budget.spend(&**store, store.time_to_live(key)).await,
            Self::Disabled => Ok(TimeToLive::Absent),
        }
    }
}
