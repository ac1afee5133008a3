//! The manifest calls the runtime `cache`, and no attribute says so.

use cache::{Shape, cached, invalidates};

/// What is stored.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, Shape)]
pub struct Price(pub u64);

/// Reads through the cache.
#[cached(ttl = 60, shape, id = "price")]
pub async fn price(id: u64) -> Price {
    Price(id)
}

/// Invalidates.
#[invalidates(price(id))]
pub async fn set_price(id: u64) {}

#[cfg(test)]
mod tests {
    use super::*;
    use cache::{Cache, invalidate, key, prime};

    #[tokio::test]
    async fn what_is_annotated_finds_the_runtime() {
        let cache = Cache::builder().memory().build().await.unwrap();
        let scene = async {
            prime!(price(1), &Price(7)).await.unwrap();
            assert_eq!((price(1).await, price(2).await), (Price(7), Price(2)));
            set_price(1).await;
            invalidate!(price(2)).await.unwrap();
            assert_eq!(price(1).await, Price(1));
            assert!(key!(price(1)).is_some());
        };
        cache.scope(scene).await;
        assert_eq!((cache.stats().loads, cache.stats().deleted), (2, 2));
    }
}
