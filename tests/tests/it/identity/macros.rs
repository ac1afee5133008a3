//! Functions that one `macro_rules!` call, or one included file, writes several times: they have one file, line and column.

use super::tiered;
use crate::support::memory;
use cache_runtime::{Cache, cached};

macro_rules! repos {
    ($($repo:ident, $name:literal;)*) => {$(
        struct $repo;

        impl $repo {
            #[cached(ttl = 60, id = "repo.find", skip(self))]
            async fn find(&self, id: u8) -> String {
                format!("{} {id}", $name)
            }

            #[cached(ttl = 60, id = $name)]
            async fn named(id: u8) -> String {
                format!("{} {id}", $name)
            }

            #[cached(ttl = 60)]
            async fn by_path(id: u8) -> String {
                format!("{} {id}", $name)
            }
        }
    )*};
}

repos! {
    Users, "users";
    Orders, "orders";
}

/// Calls everything twice, on a handle with an in-process tier and on one without.
async fn on_both(calls: impl AsyncFn()) -> [Cache; 2] {
    let handles = [memory().await, tiered().await];
    for handle in &handles {
        handle.scope(async { calls().await }).await;
        handle.scope(async { calls().await }).await;
    }
    handles
}

#[tokio::test]
async fn methods_that_one_macro_call_writes() {
    let handles = on_both(async || {
        assert_eq!(Users.find(1).await, "users 1");
        assert_eq!(Orders.find(1).await, "orders 1");
        assert_eq!(Users::named(1).await, "users 1");
        assert_eq!(Orders::named(1).await, "orders 1");
        assert_eq!(Users::by_path(1).await, "users 1");
        assert_eq!(Orders::by_path(1).await, "orders 1");
    })
    .await;
    for handle in handles {
        assert_eq!((handle.stats().loads, handle.stats().hits), (6, 6));
    }
}

macro_rules! in_blocks {
    ($($value:literal $id:literal)*) => {
        [$({
            #[cached(ttl = 60)]
            async fn inner(id: u8) -> String {
                format!("{VALUE} {id}")
            }
            #[cached(ttl = 60, id = $id)]
            async fn named(id: u8) -> String {
                format!("{VALUE} {id}")
            }
            const VALUE: &str = $value;
            (inner(1).await, named(1).await)
        }),*]
    };
}

/// The two functions `inner` are written alike, at one place, with one path. Nothing tells them apart: neither is cached.
#[tokio::test]
async fn local_functions_that_one_macro_call_writes() {
    let handles = on_both(async || {
        let [first, second] = in_blocks!("first" "blocks.first" "second" "blocks.second");
        assert_eq!(first, ("first 1".to_owned(), "first 1".to_owned()));
        assert_eq!(second, ("second 1".to_owned(), "second 1".to_owned()));
    })
    .await;
    for handle in handles {
        let stats = handle.stats();
        assert_eq!((stats.uncached, stats.loads, stats.hits), (4, 2, 2));
    }
}

/// The same by hand: the two stand at two places, whatever they are made of.
#[tokio::test]
async fn local_functions_of_the_same_words() {
    let handles = on_both(async || {
        let first = {
            const VALUE: u8 = 1;
            #[cached(ttl = 60)]
            async fn inner() -> u8 {
                VALUE
            }
            inner().await
        };
        let second = {
            const VALUE: u8 = 2;
            #[cached(ttl = 60)]
            async fn inner() -> u8 {
                VALUE
            }
            inner().await
        };
        assert_eq!((first, second), (1, 2));
    })
    .await;
    for handle in handles {
        assert_eq!((handle.stats().loads, handle.stats().hits), (2, 2));
    }
}

mod first {
    const NAME: &str = "first";
    include!("included.rs");
}

mod second {
    const NAME: &str = "second";
    include!("included.rs");
}

#[tokio::test]
async fn functions_of_a_file_that_is_included_twice() {
    let handles = on_both(async || {
        assert_eq!(first::by_path(1).await, "first 1");
        assert_eq!(second::by_path(1).await, "second 1");
        assert_eq!(first::by_id(1).await, "first 1");
        assert_eq!(second::by_id(1).await, "second 1");
    })
    .await;
    for handle in handles {
        // Both have one `id`, and neither is cached once the other one is known.
        assert!(handle.stats().uncached >= 2, "{:?}", handle.stats());
    }
}
