//! Values that do not come back as they were stored: `Serialize` and `Deserialize` of their type disagree.

use cache_runtime::{Cache, cached, prime};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::{HashMap, HashSet};
use std::fmt;
use testkit::Log;

async fn embedded() -> Cache {
    Cache::builder().memory_capacity(1 << 20).build().await.expect("the embedded store")
}

/// How often something was logged.
fn said(log: &Log, what: &str) -> usize {
    log.text().matches(what).count()
}

/// Written as a number, and read from a buffer that knows no number of 128 bits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Wide {
    #[serde(flatten)]
    inner: Inner,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Inner {
    id: u128,
}

#[cached(ttl = "1h", key = "wide:<id>")]
async fn wide(id: u64) -> Wide {
    Wide { inner: Inner { id: u128::MAX - u128::from(id) } }
}

#[tokio::test]
async fn a_value_that_cannot_be_read_back_is_not_stored_and_said_once() {
    let log = Log::default();
    let _listens = log.listen();
    let cache = embedded().await;
    cache
        .scope(async {
            for id in [1, 2, 3, 4, 5, 6, 7, 1] {
                wide(id).await;
            }
        })
        .await;
    let stats = cache.stats();
    assert_eq!((stats.skipped, stats.stores, stats.loads), (8, 0, 8));
    assert_eq!(said(&log, "cannot read"), 1);
    assert!(log.text().contains("wide"));
}

#[tokio::test]
async fn a_value_that_cannot_be_read_back_cannot_be_primed() {
    let cache = embedded().await;
    let value = Wide { inner: Inner { id: u128::MAX } };
    let primed = cache.scope(async { prime!(wide(1), &value).await }).await;
    let error = primed.expect_err("nobody could read it").to_string();
    assert!(error.contains("cannot read"), "{error}");
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct User {
    name: String,
    #[serde(skip_serializing, default)]
    password_hash: String,
}

fn user(id: u64) -> User {
    User { name: format!("user {id}"), password_hash: "secret".to_owned() }
}

#[cached(ttl = "1h", key = "compared:<id>")]
async fn compared(id: u64) -> User {
    user(id)
}

/// Shown by `Debug` alone, and with a set whose elements have no order.
#[derive(Debug, Serialize, Deserialize)]
struct Shown {
    tags: HashSet<u64>,
    #[serde(skip)]
    token: u64,
}

#[cached(ttl = "1h", key = "shown:<token>")]
async fn shown(token: u64) -> Result<Option<Shown>, ()> {
    Ok(Some(Shown { tags: (0..20).collect(), token }))
}

#[derive(Serialize, Deserialize)]
struct Hidden {
    #[serde(skip)]
    token: u64,
}

/// Nothing tells its values apart.
#[cached(ttl = "1h", key = "hidden:<token>")]
fn hidden(token: u64) -> Hidden {
    Hidden { token }
}

#[cached(ttl = "1h", key = "generic", id = "brought_back.generic")]
async fn generic<T>(value: T) -> T
where
    T: Serialize + serde::de::DeserializeOwned + Clone + Send + Sync,
{
    value
}

#[tokio::test]
async fn a_value_that_comes_back_different_is_said_once_for_each_function() {
    let log = Log::default();
    let _listens = log.listen();
    let cache = embedded().await;
    cache
        .scope(async {
            for id in 1..5 {
                assert_eq!(compared(id).await.password_hash, "secret");
                assert_eq!(shown(id).await.unwrap().unwrap().token, id);
            }
            assert_eq!(compared(1).await.password_hash, "", "as it was stored");
        })
        .await;
    assert_eq!(said(&log, "another value than the load"), 2);
    assert!(
        log.text().contains("brought_back::compared") && log.text().contains("brought_back::shown")
    );
    assert!(!log.text().contains("secret"), "values are not said");
}

#[tokio::test]
async fn values_that_come_back_equal_are_not_spoken_of() {
    let log = Log::default();
    let _listens = log.listen();
    let cache = embedded().await;
    cache
        .scope(async {
            assert!(shown(0).await.unwrap().is_some());
            let map: HashMap<u64, Vec<f64>> = (0..20).map(|id| (id, vec![0.1, 1e300])).collect();
            assert_eq!(generic(map.clone()).await, map);
        })
        .await;
    let hidden_here = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(cache.scope(async { hidden(1).token }))
    });
    assert_eq!(hidden_here.await.expect("it ends"), 1);
    assert_eq!(said(&log, "another value than the load"), 0);
}

/// Of a type of an application's own, one implementation panics.
macro_rules! panics {
    ($type:ident, $function:ident, $($implementation:item)*) => {
        #[derive(Clone, Serialize)]
        struct $type(u64);

        $($implementation)*

        #[cached(ttl = "1h", key = "panics:<id>")]
        async fn $function(id: u64) -> $type {
            $type(id)
        }
    };
}

panics!(
    InDeserialize,
    in_deserialize,
    impl<'de> Deserialize<'de> for InDeserialize {
        fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            panic!("in `Deserialize`")
        }
    }
);

panics!(
    InPartialEq,
    in_partial_eq,
    impl<'de> Deserialize<'de> for InPartialEq {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            u64::deserialize(from).map(Self)
        }
    }
    impl PartialEq for InPartialEq {
        fn eq(&self, _: &Self) -> bool {
            panic!("in `PartialEq`")
        }
    }
);

panics!(
    InDebug,
    in_debug,
    impl<'de> Deserialize<'de> for InDebug {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            u64::deserialize(from).map(Self)
        }
    }
    impl fmt::Debug for InDebug {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("in `Debug`")
        }
    }
);

/// The loads have succeeded: nobody asked for what comes back.
#[tokio::test]
async fn a_panic_while_a_value_is_read_back_is_not_the_callers() {
    let log = Log::default();
    let _listens = log.listen();
    let cache = embedded().await;
    cache
        .scope(async {
            for id in [1, 2, 3, 4, 5, 6, 1] {
                assert_eq!(in_deserialize(id).await.0, id);
                assert_eq!(in_partial_eq(id).await.0, id);
                assert_eq!(in_debug(id).await.0, id);
            }
        })
        .await;
    let stats = cache.stats();
    assert_eq!((stats.skipped, stats.stores, stats.loads), (21, 0, 21));
    assert_eq!(said(&log, "panicked"), 3, "{}", log.text());
    for function in ["in_deserialize", "in_partial_eq", "in_debug"] {
        assert_eq!(said(&log, &format!("brought_back::{function}")), 1, "{}", log.text());
    }
    let primed = cache.scope(async { prime!(in_deserialize(1), &InDeserialize(1)).await }).await;
    assert!(primed.expect_err("nobody could read it").to_string().contains("panicked"));
}
