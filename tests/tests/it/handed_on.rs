//! What a `macro_rules!` hands on into the attributes, as whatever fragment: it arrives in a group that nobody sees.

use cache_runtime::{Cache, Source, cached, invalidate, invalidates, key, observe, prime};
use std::time::Duration;

mod users {
    use super::cached;

    #[cached(key = "user:<id>", ttl = 60)]
    pub(super) async fn user(id: u64) -> String {
        id.to_string()
    }

    #[cached(key = "named:<name>", ttl = 60)]
    pub(super) async fn named(name: String, ids: Vec<u8>) -> String {
        format!("{name}{}", ids.len())
    }
}

macro_rules! reads {
    (
        $vis:vis $name:ident<$lifetime:lifetime>($argument:ident: $argument_type:ty, $pattern:pat_param)
            -> $value:ty, $failure:ty, $body:block
        $key:literal, $ttl:expr, $time:literal, $keep:expr, $codec:path, $id:literal, $number:literal,
        $part:literal, $handle:ident, $cache:expr, $off:literal
    ) => {
        #[cached(
            key = $key, ttl = $ttl, stale = $time, stale_if_error = "1h", codec = $codec, id = $id,
            version = $number, compress = $number, jitter = $part, early = $part, local = $off,
            lease = $time, wait = $time, single_flight = $off, cache = $cache, skip($handle),
            store_if = $keep, companion = $off
        )]
        $vis async fn $name<$lifetime>(
            $handle: &$lifetime Cache,
            $argument: $argument_type,
            $pattern: (u8, u8),
        ) -> Result<$value, $failure> $body
    };
}

reads! {
    pub(crate) all<'a>(id: u64, (first, _)) -> String, &'static str, { Ok(format!("all {}", 1)) }
    "all:<id>:<first>", Duration::from_secs(60), "1m", |value: &String| !value.is_empty(),
    cache_runtime::codec::MessagePack, "all", 4096, 0.1, handle, handle, false
}

macro_rules! timed {
    ($name:ident, $rule:expr, $each:ident, $none:literal) => {
        #[cached(ttl = $rule, skip(_unused), none_ttl = $none)]
        async fn $name(id: u64, _unused: u8) -> Option<u64> {
            Some(id)
        }

        #[cached(ttl = $none, each = $each)]
        async fn listed($each: Vec<u64>) -> Vec<(u64, u64)> {
            $each.into_iter().map(|id| (id, id)).collect()
        }
    };
}

timed!(timed, |value| value.unwrap_or(7), ids, "5s");

macro_rules! writes {
    ($pattern:literal, $call:expr, $path:path, $argument:expr, $time:literal, $when:literal) => {
        #[invalidates($pattern, $call, $path($argument), when = $when, again_after = $time)]
        async fn write(id: u64) -> Result<u64, &'static str> {
            Ok(id)
        }

        #[invalidates($call, $path($argument), refresh)]
        async fn write_and_refresh(id: u64) -> Result<u64, &'static str> {
            Ok(id)
        }
    };
}

writes!("all:<id>:*", users::user(7), users::user, 8, "1s", "always");

macro_rules! named {
    ($call:expr, $path:path, $text:literal, $list:expr, $value:expr) => {{
        let whole = key!($call).unwrap();
        assert_eq!(whole.as_str(), key!($path($text.to_owned(), $list)).unwrap().as_str());
        assert_eq!(whole.as_str(), key!($path($text, $list)).unwrap().as_str());
        prime!($path($text, $list), $value).await.unwrap();
        assert_eq!(invalidate!($call).await.unwrap().deleted, 1);
    }};
}

#[tokio::test]
async fn fragments_are_what_they_stand_for() {
    let cache = Cache::builder().memory().build().await.unwrap();
    let scene = async {
        for source in [Source::Miss, Source::Hit] {
            let (read, seen) = observe(all(&cache, 1, (2, 3))).await;
            assert_eq!((read.as_deref(), seen.last), (Ok("all 1"), Some(source)));
            let (read, seen) = observe(timed(1, 2)).await;
            assert_eq!((read, seen.last), (Some(1), Some(source)));
            assert_eq!(listed(vec![1, 2]).await, [(1, 1), (2, 2)]);
            users::user(7).await;
            users::user(8).await;
        }
        write(1).await.unwrap();
        for seen in [
            observe(all(&cache, 1, (2, 3))).await.1,
            observe(users::user(7)).await.1,
            observe(users::user(8)).await.1,
        ] {
            assert_eq!(seen.last, Some(Source::Miss));
        }
        write_and_refresh(1).await.unwrap();
        assert_eq!(observe(users::user(8)).await.1.last, Some(Source::Hit));
        named!(
            users::named(String::from("x"), vec![1]),
            users::named,
            "x",
            vec![1],
            &String::from("value")
        );
    };
    cache.scope(scene).await;
}
