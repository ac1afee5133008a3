//! Types of an application that are called as those of the standard library are.

use cache_runtime::{Cache, Source, cached, invalidates, key, observe};

mod own {
    use serde::{Deserialize, Serialize};

    macro_rules! types {
        ($($name:ident<$($param:ident),*>)*) => {$(
            #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
            pub(crate) struct $name<$($param),*>(pub(crate) ($($param,)* u8,));
        )*};
    }

    types! { String<> Vec<T> Option<T> Result<T, E> Box<T> HashMap<K, V> }
}

#[cached(ttl = 60, key = "named:<name.0.0>:<ids.0.1>")]
async fn by_path(name: own::String, ids: own::Vec<u8>, boxed: own::Box<own::Option<u8>>) -> u8 {
    name.0.0 + ids.0.1 + boxed.0.1
}

#[invalidates(by_path(own::String((1,)), own::Vec((2, 3)), own::Box((own::Option((4, 5)), 6))))]
async fn write() {}

#[cached(ttl = 60)]
async fn option(id: u8) -> own::Option<u8> {
    own::Option((id, 1))
}

#[cached(ttl = 60)]
fn result(id: u8) -> own::Result<u8, u8> {
    own::Result((id, 1, 2))
}

#[cached(ttl = 60)]
async fn inside(id: u8) -> Result<own::Result<u8, u8>, own::String> {
    if id == 0 { Err(own::String((0,))) } else { Ok(own::Result((id, 1, 2))) }
}

#[cached(ttl = 60, stale = "1m")]
async fn map(id: u8) -> own::HashMap<own::String, own::Vec<u8>> {
    own::HashMap((own::String((id,)), own::Vec((id, 1)), 2))
}

/// Without a path in front.
mod imported {
    use super::cached;
    use super::own::{Option, Result, String, Vec};

    #[cached(ttl = 60, key = "<name.0.0>")]
    pub(super) async fn arguments(name: String, ids: Vec<u8>) -> Option<u8> {
        Option((name.0.0, ids.0.1))
    }

    #[cached(ttl = 60)]
    pub(super) async fn named(name: String, ids: Vec<u8>) -> u8 {
        name.0.0 + ids.0.1
    }

    #[cached(ttl = 60)]
    pub(super) fn result(id: u8) -> Result<Option<u8>, String> {
        Result((Option((id, 1)), String((2,)), 3))
    }
}

#[tokio::test]
async fn types_are_what_they_are_and_not_what_they_are_called() {
    let cache = Cache::builder().memory().build().await.unwrap();
    let arguments = || (own::String((1,)), own::Vec((2, 3)), own::Box((own::Option((4, 5)), 6)));
    let call = async || {
        let (name, ids, boxed) = arguments();
        observe(by_path(name, ids, boxed)).await.1.last
    };
    let scene = async {
        for source in [Source::Miss, Source::Hit] {
            assert_eq!(call().await, Some(source));
            let seen = [
                observe(option(1)).await.1,
                observe(async { result(1) }).await.1,
                observe(inside(1)).await.1,
                observe(map(1)).await.1,
                observe(imported::arguments(own::String((1,)), own::Vec((1, 2)))).await.1,
                observe(async { imported::result(1) }).await.1,
            ];
            assert_eq!(seen.map(|seen| seen.last), [Some(source); 6]);
        }
        let (name, ids, boxed) = arguments();
        assert!(key!(by_path(name, ids, boxed)).is_some());
        assert!(key!(imported::named(own::String((1,)), own::Vec((1, 2)))).is_some());
        write().await;
        assert_eq!(call().await, Some(Source::Miss));
    };
    cache.scope(scene).await;
}
