//! Large objects, and those that are too large.

use crate::canned::Canned;
use crate::stage::{Stage, proxy};
use crate::web::Web;
use axum::body::Body;
use bytes::Bytes;
use std::fs;
use std::iter::successors;

/// Bytes that get no smaller by compression: a linear congruential generator's.
fn noise(length: usize) -> Bytes {
    let next = |state: &u64| {
        Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407))
    };
    successors(Some(7), next).map(|state| state.to_be_bytes()[0]).take(length).collect()
}

#[tokio::test]
async fn thirty_megabytes_come_through_byte_for_byte() {
    let stage = Stage::new();
    let proxies = [stage.proxy(&[]), stage.proxy(&["--local", "10"])];
    let (noise, text) = (noise(30_000_000), Bytes::from("0123456789".repeat(3_000_000)));
    for (path, data) in [("/big/noise", &noise), ("/big/text", &text)] {
        let written = stage.web.put(&proxies[0].url(path), Body::from(data.clone())).await;
        assert_eq!(written.status, 201);
        for (server, cache) in [(0, "fwd=miss"), (0, "hit"), (1, "hit"), (1, "hit"), (1, "hit")] {
            let answer = stage.get(&proxies[server], path).await;
            assert_eq!(answer.cache(), cache, "{path}");
            assert!(answer.body == data, "{path}: {} bytes", answer.body.len());
            assert_eq!(answer.header("content-length"), "30000000");
        }
    }
    assert!(stage.counted(&proxies[1], "object_proxy_local_hits_total").await > 0);
    assert_eq!(stage.loads().await, 2);
    // What gets no smaller is stored as it is, and what does is stored small.
    let stored = |objects| stage.redis.get_raw(&stage.entries(objects)[0]).expect("it is there");
    assert!((30_000_000..30_001_000).contains(&stored("big:noise:*").len()));
    assert!(stored("big:text:*").len() < 1_000_000);
}

#[tokio::test]
async fn what_is_too_large_is_handed_through_without_being_held() {
    let stage = Stage::new();
    let proxy = stage.proxy(&["--max-cached", "1000000"]);
    let data = noise(100_000_000);
    let written = stage.web.put(&proxy.url("/big/noise"), Body::from(data.clone())).await;
    assert_eq!(written.status, 201);
    for _ in 0..2 {
        let answer = stage.get(&proxy, "/big/noise").await;
        assert_eq!(answer.cache(), "fwd=bypass; detail=TooLarge");
        assert!(answer.body == data, "{} bytes", answer.body.len());
    }
    let keys = stage.entries("*");
    let stored = stage.redis.get_raw(&keys[0]).expect("it was listed");
    assert!(stored.len() < 1000, "that it is too large is all that is stored");
    // Once to see its size, and each time to hand it through.
    assert_eq!(stage.loads().await, 3);
    assert!(peak_megabytes(proxy.id()) < 60);
    stage.web.put(&proxy.url("/big/noise"), "small").await;
    stage.get(&proxy, "/big/noise").await.is(200, "small", "fwd=miss");
}

/// How much memory a process has held at most.
fn peak_megabytes(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    // Not every system tells.
    peak.map_or(0, |peak| peak.trim().trim_end_matches(" kB").parse::<u64>().expect("kB") / 1000)
}

#[tokio::test]
async fn what_does_not_say_its_size_is_cut_off_only_from_the_cache() {
    let (web, data) = (Web::new(), "x".repeat(5000));
    let answer =
        "HTTP/1.1 200 OK\r\nconnection: close\r\netag: \"a\"\r\ntransfer-encoding: chunked\r\n\r\n";
    let store = Canned::start(format!("{answer}1388\r\n{data}\r\n0\r\n\r\n"));
    for (largest, first, second) in [
        ("4999", "fwd=bypass; detail=TooLarge", "fwd=bypass; detail=TooLarge"),
        ("5000", "fwd=miss", "hit"),
    ] {
        let proxy = proxy(store.url(), &["--max-cached", largest]);
        web.get(&proxy.url("/a/b")).await.is(200, &data, first);
        web.get(&proxy.url("/a/b")).await.is(200, &data, second);
    }
}

/// It breaks off, which only those notice that read all of it.
#[tokio::test]
async fn what_says_that_it_is_too_large_is_not_read_to_see_it() {
    let (web, head) = (Web::new(), "etag: \"a\"\r\ncontent-length: 5000");
    let store = Canned::start(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\nall there is"));
    let proxy = proxy(store.url(), &["--max-cached", "4999"]);
    let broken = web.try_ask("GET", &proxy.url("/a/b"), &[], "").await;
    assert!(broken.is_err(), "{broken:?}");
    assert_eq!(store.requests(), 2);
}
