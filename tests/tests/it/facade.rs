//! The runtime under another name: a facade re-exports it, and the attributes say where.

use std::collections::HashMap;

/// The one crate that an application depends on.
mod shop {
    pub(crate) mod cache {
        pub(crate) use cache_runtime as runtime;
    }
}

use shop::cache::runtime::{
    Cache, Shape, Source, cached, invalidate, invalidates, key, observe, prime,
};

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, Shape)]
#[shape(crate = shop::cache::runtime)]
struct User {
    #[shape(opaque)]
    name: String,
}

#[cached(crate = shop::cache::runtime, ttl = 60, shape, none_ttl = 5, store_if = Option::is_some)]
async fn user(id: u64) -> Result<Option<User>, &'static str> {
    Ok(Some(User { name: id.to_string() }))
}

#[cached(crate = "crate::facade::shop::cache::runtime", ttl = 60, each = ids, codec = "msgpack", compress = 10)]
async fn users(ids: &[u64]) -> HashMap<u64, String> {
    ids.iter().map(|id| (*id, id.to_string())).collect()
}

#[cached(crate = shop::cache::runtime, ttl = 60, stale = "1m")]
#[invalidates("user:<id>:*", crate = shop::cache::runtime)]
fn both(id: u64) -> u64 {
    id
}

#[invalidates(user(id), refresh, crate = shop::cache::runtime)]
async fn write(id: u64) -> Result<u64, &'static str> {
    Ok(id)
}

/// A macro of the facade says it for its users.
macro_rules! facade {
    ($name:ident, $runtime:path) => {
        #[cached(crate = $runtime, ttl = 60)]
        async fn $name(id: u64) -> u64 {
            id
        }
    };
}

facade!(by_a_macro, crate::facade::shop::cache::runtime);

#[tokio::test]
async fn a_facade_is_reached_by_its_path() {
    let cache = Cache::builder().memory().build().await.unwrap();
    let scene = async {
        for source in [Source::Miss, Source::Hit] {
            let seen = [
                observe(user(1)).await.1,
                observe(users(&[1])).await.1,
                observe(async { both(1) }).await.1,
                observe(by_a_macro(1)).await.1,
            ];
            assert_eq!(seen.map(|seen| seen.last), [Some(source); 4]);
        }
        write(1).await.unwrap();
        assert_eq!(observe(user(1)).await.1.last, Some(Source::Hit), "it was refreshed");
        assert!(key!(crate = shop::cache::runtime, user(1)).is_some());
        let given = Some(User { name: "x".to_owned() });
        prime!(crate = shop::cache::runtime, user(1), &given).await.unwrap();
        assert_eq!(user(1).await, Ok(given));
        let deleted = invalidate!(crate = shop::cache::runtime, user(1)).await.unwrap().deleted;
        assert_eq!(deleted, 1);
    };
    cache.scope(scene).await;
}
