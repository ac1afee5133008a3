//! Methods: every receiver, traits, their `impl` blocks, generic types.

#![deny(warnings)]
#![warn(clippy::pedantic, clippy::nursery, missing_docs, rust_2018_idioms, unused)]
#![forbid(unsafe_code)]
// `main`, where this file is a module of silence.rs.
#![allow(unreachable_pub)]

use cache_runtime::{Cache, cached, invalidates};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// Users of one tenant.
struct Users {
    tenant: String,
}

impl Users {
    #[cached(key = "user:<self.tenant>:<id>")]
    async fn by_ref(&self, id: u64) -> Result<String, std::fmt::Error> {
        if id == 0 {
            return Err(std::fmt::Error);
        }
        Ok(format!("{}{id}", self.tenant))
    }

    #[cached(skip(self))]
    async fn by_mut(&mut self, id: u64) -> u64 {
        self.tenant.push('x');
        id
    }

    #[cached(skip(self))]
    async fn by_value(mut self, id: u64) -> String {
        self.tenant.push('x');
        format!("{}{id}", self.tenant)
    }

    #[cached(skip(self))]
    fn by_value_blocking(mut self) -> String {
        self.tenant.push('x');
        self.tenant
    }

    #[cached(key = "<self.tenant>")]
    async fn by_arc(self: Arc<Self>, id: u64) -> u64 {
        id + self.tenant.len() as u64
    }

    #[cached(key = "<self.tenant>")]
    async fn by_box(self: Box<Self>, id: u64) -> u64 {
        id + self.tenant.len() as u64
    }

    #[cached(key = "<self.tenant>")]
    async fn by_pin(self: Pin<&mut Self>, id: u64) -> u64 {
        id + self.tenant.len() as u64
    }

    #[cached]
    async fn marked(#[cached(skip)] &self, id: u64) -> u64 {
        id + self.tenant.len() as u64
    }

    #[cached(key = "<self.tenant>")]
    fn blocking(&self, suffix: &str) -> String {
        format!("{}{suffix}", self.tenant)
    }

    #[cached]
    async fn associated(id: u64) -> u64 {
        id
    }

    #[invalidates("user:<self.tenant>:<id>", self.by_ref(id), Self::associated(id))]
    async fn rename(&mut self, id: u64, name: String) -> Result<(), std::fmt::Error> {
        if id == 0 {
            return Err(std::fmt::Error);
        }
        self.tenant = name;
        Ok(())
    }
}

/// Carries its cache.
struct WithCache<T> {
    cache: Cache,
    shared: Arc<Cache>,
    value: T,
}

impl<T: Clone + Sync + serde::Serialize + serde::de::DeserializeOwned> WithCache<T> {
    #[cached(cache = self.cache, skip(self))]
    async fn value(&self) -> T {
        self.value.clone()
    }

    #[cached(cache = self.shared, skip(self))]
    fn shared(&self) -> T {
        self.value.clone()
    }

    #[invalidates("values:*", cache = self.cache)]
    async fn set(&mut self, value: T) -> T {
        self.value = value.clone();
        value
    }
}

/// Methods with bodies, and without.
trait Store {
    #[cached(skip(self))]
    fn count(&self, of: &str) -> usize {
        of.len()
    }

    #[cached]
    fn limit(id: u64) -> u64 {
        id
    }

    fn total(&self, id: u64) -> impl Future<Output = u64> + Send;

    fn default_limit(id: u64) -> u64;
}

impl Store for Users {
    #[cached(key = "total:<self.tenant>")]
    async fn total(&self, id: u64) -> u64 {
        id + self.tenant.len() as u64
    }

    #[cached(companion = false)]
    fn default_limit(id: u64) -> u64 {
        id
    }
}

/// Runs nothing: that it compiles in silence is the test.
pub fn main() {
    let users = || Users { tenant: String::new() };
    let mut one = users();
    drop((one.by_ref(1), one.marked(1), one.total(1)));
    drop(one.by_mut(1));
    drop(one.rename(1, String::new()));
    drop((users().by_value(1), Arc::new(users()).by_arc(1), Box::new(users()).by_box(1)));
    drop(Pin::new(&mut one).by_pin(1));
    drop(Users::associated(1));
    let _ = (one.blocking("a"), users().by_value_blocking(), one.count("a"));
    let _ = (Users::limit(1), Users::default_limit(1));
    let _ = |mut with: WithCache<u8>| {
        drop((with.value(), with.shared()));
        drop(with.set(1));
    };
}
