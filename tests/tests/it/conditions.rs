//! `#[cfg]` and `#[cfg_attr]` on parameters: what is not compiled is no argument.

use cache_runtime::{Cache, Source, cached, invalidates, key, observe};
use std::collections::HashMap;

#[cached(key = "there:<id>", ttl = 60)]
async fn there(id: u64, #[cfg(test)] kind: u8, #[cfg(not(test))] session: &str) -> u64 {
    #[cfg(not(test))]
    let kind = session.len() as u64;
    id + u64::from(kind)
}

#[cached(ttl = 60, skip(session, first), unordered(ids, missing))]
fn skipped(
    ids: Vec<u64>,
    #[cfg(not(test))] session: &str,
    #[cfg(test)] first: u64,
    #[cfg(not(test))] missing: Vec<u64>,
) -> u64 {
    #[cfg(not(test))]
    let first = (session.len() + missing.len()) as u64;
    first + ids.len() as u64
}

#[cached(ttl = 60)]
async fn by_attribute(
    id: u64,
    #[cfg_attr(test, cached(skip), allow(unused_variables))] trace: u8,
    #[cfg_attr(not(test), cached(skip))] kind: u8,
) -> u64 {
    id + u64::from(kind)
}

#[cached(ttl = 60, each = ids)]
async fn each(#[cfg(test)] kind: u8, ids: &[u64]) -> HashMap<u64, u8> {
    ids.iter().map(|id| (*id, kind)).collect()
}

struct Repo;

trait Reads {
    fn read(&self, id: u64, kind: u8) -> u64;
}

impl Reads for Repo {
    #[cached(ttl = 60, skip(self))]
    fn read(&self, id: u64, #[cfg(any(test, unix))] kind: u8, #[cfg(any())] gone: u8) -> u64 {
        id + u64::from(kind)
    }
}

#[cached(ttl = 60)]
async fn of_generics<#[cfg(test)] T, #[cfg(not(test))] U: serde::Serialize>(
    #[cfg(test)] value: T,
    #[cfg(not(test))] value: U,
) -> u64
where
    T: serde::Serialize,
{
    let _ = value;
    7
}

#[invalidates("there:<id>:*", there(id, kind))]
async fn write(#[cfg(test)] id: u64, #[cfg(not(test))] id: i64, #[cfg(test)] kind: u8) -> u64 {
    id + u64::from(kind)
}

#[cached(ttl = 60)]
#[invalidates("there:<id>:*")]
async fn both(#[cfg(test)] id: u64, #[cfg(not(test))] other: u64) -> u64 {
    id
}

#[tokio::test]
async fn what_is_not_compiled_is_no_argument() {
    let cache = Cache::builder().memory().build().await.unwrap();
    let scene = async {
        for source in [Source::Miss, Source::Hit] {
            let seen = [
                observe(there(1, 2)).await.1,
                observe(async { skipped(vec![1, 2], 3) }).await.1,
                observe(by_attribute(1, 2, 3)).await.1,
                observe(each(1, &[2])).await.1,
                observe(async { Repo.read(1, 2) }).await.1,
                observe(of_generics("x")).await.1,
            ];
            assert_eq!(seen.map(|seen| seen.last), [Some(source); 6]);
        }
        let (_, seen) = observe(async { skipped(vec![2, 1], 4) }).await;
        assert_eq!(seen.last, Some(Source::Hit));
        assert_eq!(observe(by_attribute(1, 7, 3)).await.1.last, Some(Source::Hit));
        assert_eq!(observe(by_attribute(1, 2, 4)).await.1.last, Some(Source::Miss));
        assert!(key!(there(1, 2)).is_some());
        write(1, 2).await;
        assert_eq!(observe(there(1, 2)).await.1.last, Some(Source::Miss));
        both(1).await;
        assert_eq!(observe(there(1, 2)).await.1.last, Some(Source::Miss));
    };
    cache.scope(scene).await;
}
