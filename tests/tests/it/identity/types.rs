//! Types of one name: closures of one function, and types of two blocks.

use super::tiered;
use crate::support::memory;
use cache_runtime::cached;
use std::marker::PhantomData;

struct Loader<F> {
    load: F,
}

impl<F: Fn(u8) -> String> Loader<F> {
    #[cached(ttl = 60, skip(self))]
    async fn load(&self, id: u8) -> String {
        (self.load)(id)
    }

    #[cached(ttl = 60, id = "loader.named", skip(self))]
    async fn named(&self, id: u8) -> String {
        (self.load)(id)
    }
}

#[cached(ttl = 60)]
async fn by_type<T: Name>() -> String {
    T::NAME.to_owned()
}

#[cached(ttl = 60, skip(make))]
async fn skipped(make: impl Fn() -> String, id: u8) -> String {
    format!("{} {id}", make())
}

trait Name {
    const NAME: &'static str;
}

/// Two closures of one function are both `…::{{closure}}`: in another process the second one may come first, so that neither is cached.
#[tokio::test]
async fn closures_of_one_function() {
    for cache in [memory().await, tiered().await] {
        let calls = async {
            let users = Loader { load: |id| format!("user {id}") };
            let orders = Loader { load: |id| format!("order {id}") };
            for _ in 0..2 {
                assert_eq!(users.load(1).await, "user 1");
                assert_eq!(orders.load(1).await, "order 1");
                assert_eq!(users.named(1).await, "user 1");
                assert_eq!(orders.named(1).await, "order 1");
            }
        };
        cache.scope(calls).await;
        assert_eq!((cache.stats().uncached, cache.stats().stores), (8, 0));
    }
}

/// Functions and function pointers have names of their own.
#[tokio::test]
async fn functions_as_types() {
    fn user(id: u8) -> String {
        format!("user {id}")
    }
    let cache = memory().await;
    let calls = async {
        for _ in 0..2 {
            assert_eq!(Loader { load: user }.load(1).await, "user 1");
        }
    };
    cache.scope(calls).await;
    assert_eq!((cache.stats().loads, cache.stats().hits), (1, 1));
}

/// What is skipped may be of any type.
#[tokio::test]
async fn closures_that_are_skipped() {
    let cache = memory().await;
    let calls = async {
        for _ in 0..2 {
            assert_eq!(skipped(|| "a".to_owned(), 1).await, "a 1");
            assert_eq!(skipped(|| "another".to_owned(), 1).await, "a 1");
        }
    };
    cache.scope(calls).await;
    assert_eq!((cache.stats().loads, cache.stats().hits, cache.stats().uncached), (1, 3, 0));
}

/// Two types of one name: the second makes both run without the cache.
#[tokio::test]
async fn types_of_one_name_in_two_blocks() {
    // What one handle has seen holds for all: the one that keeps values in process goes first.
    for cache in [tiered().await, memory().await] {
        let calls = async {
            let first = async || {
                struct Row;
                impl Name for Row {
                    const NAME: &'static str = "first";
                }
                by_type::<Row>().await
            };
            let second = async || {
                struct Row;
                impl Name for Row {
                    const NAME: &'static str = "second";
                }
                by_type::<Row>().await
            };
            // Read often enough to be kept in process.
            for _ in 0..3 {
                assert_eq!(first().await, "first");
            }
            for _ in 0..2 {
                assert_eq!(second().await, "second");
                assert_eq!(first().await, "first");
            }
        };
        cache.scope(calls).await;
        assert!(cache.stats().uncached >= 2, "{:?}", cache.stats());
    }
}

struct Of<T>(PhantomData<T>);

impl<T: Name> Of<T> {
    #[cached(ttl = 60)]
    async fn name() -> String {
        T::NAME.to_owned()
    }
}

#[tokio::test]
async fn owners_of_one_name_in_two_blocks() {
    for cache in [tiered().await, memory().await] {
        let calls = async {
            let first = {
                struct Row;
                impl Name for Row {
                    const NAME: &'static str = "first";
                }
                Of::<Row>::name().await
            };
            let second = {
                struct Row;
                impl Name for Row {
                    const NAME: &'static str = "second";
                }
                Of::<Row>::name().await
            };
            assert_eq!((first.as_str(), second.as_str()), ("first", "second"));
        };
        cache.scope(calls).await;
    }
}

#[cached(ttl = 60, id = "count")]
async fn count<T>() -> String {
    std::any::type_name::<T>().to_owned()
}

#[cached(ttl = 60, id = "count<u8>")]
async fn count_of_bytes() -> String {
    "bytes".to_owned()
}

#[cached(ttl = 60, id = "named@it::identity::types::Of<u8>")]
async fn an_id_like_a_method() -> String {
    "function".to_owned()
}

impl Of<u8> {
    #[cached(ttl = 60, id = "named")]
    async fn named() -> String {
        "method".to_owned()
    }
}

#[tokio::test]
async fn an_id_imitates_neither_types_nor_owners() {
    let cache = memory().await;
    let calls = async {
        for _ in 0..2 {
            assert_eq!(count::<u8>().await, "u8");
            assert_eq!(count_of_bytes().await, "bytes");
            assert_eq!(an_id_like_a_method().await, "function");
            assert_eq!(Of::<u8>::named().await, "method");
        }
    };
    cache.scope(calls).await;
    assert_eq!((cache.stats().loads, cache.stats().hits), (4, 4));
}
