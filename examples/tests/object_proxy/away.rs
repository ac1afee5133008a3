//! Redis that is away, and a store that is.

use crate::canned::Canned;
use crate::stage::{Stage, proxy, store};
use crate::web::{AMPLE, Web};
use std::time::Duration;
use testkit::{eventually, free_port};

#[tokio::test]
async fn without_redis_everything_works() {
    let stage = Stage::new();
    let away = format!("redis://:hunter2@127.0.0.1:{}", free_port());
    let proxy = proxy(&stage.store.url(""), &["--redis", &away]);
    works_uncached(&stage, &proxy).await;
    let health = stage.get(&proxy, "/health").await;
    assert_eq!(health.status, 200);
    assert!(health.text().starts_with("cache: redis, away ("), "{}", health.text());
}

#[tokio::test]
async fn redis_killed_in_between_fails_nothing_and_is_used_again() {
    let stage = Stage::new();
    let proxy = stage.proxy(&["--local", "10"]);
    stage.has("/site/a", &[], "one").await;
    for cache in ["fwd=miss", "hit", "hit"] {
        stage.get(&proxy, "/site/a").await.is(200, "one", cache);
    }
    stage.redis.kill();
    works_uncached(&stage, &proxy).await;
    stage.redis.restart();
    let hit = async || stage.get(&proxy, "/site/a").await.cache() == "hit";
    eventually(AMPLE, hit, "Redis is used again").await;
    let healthy = async || {
        let health = stage.get(&proxy, "/health").await;
        health.text().starts_with("cache: redis, healthy") && health.text().ends_with(": 0\n")
    };
    eventually(AMPLE, healthy, "what could not be invalidated is made up for").await;
}

async fn works_uncached(stage: &Stage, proxy: &crate::server::Server) {
    for body in ["two", "three"] {
        let written = stage.web.put(&proxy.url("/site/a"), body).await;
        assert!([201, 204].contains(&written.status));
        for _ in 0..2 {
            let answer = stage.get(proxy, "/site/a").await;
            assert_eq!((answer.status, answer.text()), (200, body));
        }
    }
    assert_eq!(stage.web.ask("DELETE", &proxy.url("/site/a"), &[], "").await.status, 204);
    assert_eq!(stage.get(proxy, "/site/a").await.status, 404);
    stage.has("/site/a", &[], "again").await;
}

#[tokio::test]
async fn a_store_that_is_away_is_told_and_what_is_cached_is_served() {
    let mut stage = Stage::new();
    let proxy = stage.proxy(&[]);
    stage.has("/site/a", &[("cache-control", "max-age=3000")], "data").await;
    stage.get(&proxy, "/site/a").await.is(200, "data", "fwd=miss");
    stage.store.kill();
    stage.get(&proxy, "/site/a").await.is(200, "data", "hit");
    stage.get(&proxy, "/site/b").await.is(502, "the object store cannot be reached\n", "fwd=miss");
    let written = stage.web.put(&proxy.url("/site/c"), "data").await;
    assert_eq!((written.status, written.text()), (502, "the object store cannot be reached\n"));
    // It may have been written before the answer was lost: nobody knows.
    stage.web.put(&proxy.url("/site/a"), "other").await;
    stage.get(&proxy, "/site/a").await.is(502, "the object store cannot be reached\n", "fwd=miss");
}

/// No second is waited for: who is asked often enough will tell when it is over.
#[tokio::test]
async fn what_has_expired_is_served_while_the_store_is_away_if_its_owner_allows_it() {
    let mut stage = Stage::new();
    let proxy = stage.proxy(&[]);
    stage.has("/site/lenient", &[("cache-control", "max-age=1")], "data").await;
    stage.has("/site/strict", &[("cache-control", "max-age=1, must-revalidate")], "data").await;
    for path in ["/site/lenient", "/site/strict"] {
        stage.get(&proxy, path).await.is(200, "data", "fwd=miss");
    }
    stage.store.kill();
    for (path, status) in [("/site/lenient", 200), ("/site/strict", 504)] {
        let expired = async || stage.get(&proxy, path).await.cache() == "hit; detail=stale";
        eventually(AMPLE, expired, "it has expired").await;
        assert_eq!(stage.get(&proxy, path).await.status, status);
    }
    assert!(stage.counted(&proxy, "object_proxy_stale_hits_total").await > 0);
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_waited_for_no_longer_than_it_is_said() {
    let (store, web) = (store(), Web::new());
    web.put(&store.url("/site/a"), "data").await;
    let proxy = proxy(&store.url(""), &["--operation-timeout", "0.2"]);
    web.get(&proxy.url("/warm/up")).await;
    store.freeze();
    for (method, path) in
        [("GET", "/site/a"), ("HEAD", "/site/a?x"), ("DELETE", "/site/a"), ("PUT", "/site/a")]
    {
        let answer = web.ask(method, &proxy.url(path), &[], "body").await;
        assert_eq!(answer.status, 504, "{method}");
        if method != "HEAD" {
            assert_eq!(answer.text(), "the object store took too long\n");
        }
    }
    store.thaw();
    let answers = async || web.get(&proxy.url("/site/a")).await.status < 500;
    eventually(Duration::from_secs(60), answers, "it answers again").await;
}

#[tokio::test]
async fn a_store_that_fails_is_told_and_not_remembered() {
    let web = Web::new();
    let store =
        Canned::start("HTTP/1.1 503 Slow Down\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let proxy = proxy(store.url(), &[]);
    for _ in 0..2 {
        let answer = web.get(&proxy.url("/a/b")).await;
        answer.is(502, "the object store answered with 503\n", "fwd=miss");
    }
    assert_eq!(store.requests(), 2);
}
