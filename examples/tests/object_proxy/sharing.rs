//! Several proxies on one Redis.

use crate::server::Server;
use crate::stage::{Stage, proxy, store};
use crate::web::AMPLE;
use futures_util::future::join_all;
use testkit::eventually;

#[tokio::test]
async fn a_write_through_one_is_seen_by_the_other_at_once() {
    let stage = Stage::new();
    let proxies = [stage.proxy(&[]), stage.proxy(&[])];
    for round in 0..20 {
        let (writer, reader) = (&proxies[round % 2], &proxies[1 - round % 2]);
        let body = format!("version {round}");
        stage.web.put(&writer.url("/site/a"), body.clone()).await;
        stage.get(reader, "/site/a").await.is(200, &body, "fwd=miss");
        stage.get(writer, "/site/a").await.is(200, &body, "hit");
    }
}

/// They would serve it for five seconds by themselves: they follow because they are told.
#[tokio::test]
async fn what_is_kept_in_process_follows_the_writes_of_the_other() {
    let stage = Stage::new();
    let (writer, reader) = (stage.proxy(&["--local", "100"]), stage.proxy(&["--local", "100"]));
    for round in 0..5 {
        let body = format!("version {round}");
        stage.web.put(&writer.url("/site/a"), body.clone()).await;
        assert_eq!(stage.get(&writer, "/site/a").await.text(), body, "its own write");
        let follows = async || stage.get(&reader, "/site/a").await.text() == body;
        eventually(AMPLE, follows, "the other proxy follows").await;
        let before = local_hits(&stage, &reader).await;
        let kept = async || {
            stage.get(&reader, "/site/a").await;
            local_hits(&stage, &reader).await > before
        };
        eventually(AMPLE, kept, "it is kept in process").await;
    }
}

async fn local_hits(stage: &Stage, server: &Server) -> u64 {
    stage.counted(server, "object_proxy_local_hits_total").await
}

#[tokio::test]
async fn many_who_ask_for_a_cold_object_cost_the_store_one_request() {
    let stage = Stage::new();
    let proxies = [stage.proxy(&[]), stage.proxy(&[])];
    stage.has("/site/a", &[], "data").await;
    stage.store.freeze();
    let asking = (0..60).map(|index| {
        let (web, url) = (stage.web.clone(), proxies[index % 2].url("/site/a"));
        tokio::spawn(async move { web.get(&url).await })
    });
    let asking: Vec<_> = asking.collect();
    let begun = async || !stage.entries("*").is_empty();
    eventually(AMPLE, begun, "somebody has begun to load").await;
    stage.store.thaw();
    for answer in join_all(asking).await {
        let answer = answer.expect("no panic");
        assert_eq!((answer.status, answer.text()), (200, "data"));
    }
    assert_eq!(stage.loads().await, 1);
}

#[tokio::test]
async fn proxies_of_two_stores_do_not_share_objects() {
    let stage = Stage::new();
    let (other_store, redis) = (store(), stage.redis.url());
    let (one, two) = (stage.proxy(&[]), proxy(&other_store.url(""), &["--redis", &redis]));
    stage.has("/site/a", &[], "one").await;
    stage.get(&one, "/site/a").await.is(200, "one", "fwd=miss");
    stage.get(&two, "/site/a").await.is(404, "there is no such object\n", "fwd=miss");
    stage.get(&one, "/site/a").await.is(200, "one", "hit");
}
