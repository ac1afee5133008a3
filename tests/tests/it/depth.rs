//! How deep annotated functions can be nested. rustc follows the type of a future through 128
//! layers; a chain of bare functions has four for each, and one of annotated functions five. What
//! stands in the way of this compiling stands in the way of a user's own code.

use crate::support::is_send;
use cache_runtime::{Cache, cached, invalidates};

/// Functions of which each awaits the next, down to one that waits.
macro_rules! chain {
    ($(#[$($attribute:tt)*])* $last:ident) => {
        $(#[$($attribute)*])*
        pub(super) async fn $last(id: u64) -> u64 {
            tokio::task::yield_now().await;
            id
        }
    };
    ($(#[$($attribute:tt)*])* $this:ident $next:ident $($rest:ident)*) => {
        $(#[$($attribute)*])*
        pub(super) async fn $this(id: u64) -> u64 {
            $next(id).await + 1
        }
        chain! { $(#[$($attribute)*])* $next $($rest)* }
    };
}

mod read {
    use super::cached;
    chain! { #[cached(ttl = 60)] a b c d e f g h i j k l m n o p q r s t u v w x }
}

mod stale {
    use super::cached;
    chain! {
        #[cached(ttl = 60, stale = "1m", stale_if_error = "1h")]
        a b c d e f g h i j k l m n o p q r s t u v w x
    }
}

mod write {
    use super::invalidates;
    chain! { #[invalidates("chain:<result>:*")] a b c d e f g h i j k l m n o p q r s t u v w x }
}

#[tokio::test]
async fn functions_are_nested_to_four_fifths_of_the_depth_of_bare_ones() {
    let cache = Cache::builder().build().await.unwrap();
    assert_eq!(cache.scope(is_send(read::a(1))).await, 24);
    assert_eq!(cache.scope(is_send(stale::a(1))).await, 24);
    assert_eq!(cache.scope(is_send(write::a(1))).await, 24);
    assert_eq!((cache.stats().loads, cache.stats().invalidations), (48, 24));
}
