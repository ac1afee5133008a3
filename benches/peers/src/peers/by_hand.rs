//! Read-through as it is written by hand around a client: `GET`, else load and `SET`; a failure is the caller's.

use super::ReadThrough;
use crate::database::{self, LANG, PAGE, TENANT, User};

/// A client of Redis, as far as this needs it.
pub(crate) trait Client: Clone + Send + Sync + 'static {
    type Bytes: AsRef<[u8]> + Send;

    fn get(&self, key: String) -> impl Future<Output = Result<Option<Self::Bytes>, String>> + Send;

    /// Stores bytes, to expire with everything else here.
    fn set(&self, key: String, value: Vec<u8>) -> impl Future<Output = Result<(), String>> + Send;

    fn delete(&self, key: String) -> impl Future<Output = Result<(), String>> + Send;
}

#[derive(Clone)]
pub(crate) struct ByHand<C> {
    /// What its keys begin with: another peer on the same server must not find its entries.
    pub(crate) prefix: &'static str,
    pub(crate) client: C,
}

/// Returns the key of a call, as people write it.
pub(crate) fn key(prefix: &str, id: u64) -> String {
    format!("{prefix}:user:{TENANT}:{id}:{LANG}:{}", PAGE.unwrap_or_default())
}

impl<C: Client> ReadThrough for ByHand<C> {
    type Value = User;

    async fn call(&self, id: u64) -> Result<User, String> {
        let key = key(self.prefix, id);
        if let Some(json) = self.client.get(key.clone()).await? {
            return serde_json::from_slice(json.as_ref()).map_err(|error| error.to_string());
        }
        let user = database::load(id).await;
        let json = serde_json::to_vec(&user).map_err(|error| error.to_string())?;
        self.client.set(key, json).await?;
        Ok(user)
    }

    async fn invalidate(&self, id: u64) -> Result<(), String> {
        self.client.delete(key(self.prefix, id)).await
    }
}
