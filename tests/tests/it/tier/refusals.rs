//! Where there can be no tier, and what is said then.

use super::stage::{Database, SOON, builder, here, number};
use cache_runtime::Cache;
use std::sync::Arc;
use testkit::{RedisServer, free_port};
use tokio::task::JoinSet;

#[tokio::test]
async fn a_server_that_does_not_tell_is_refused() {
    for refused in [&["-client"][..], &["-client", "+client|caching"]] {
        let server = RedisServer::start();
        let user = ["ACL", "SETUSER", "app", "on", ">secret", "~*", "+@all"];
        server.command(&[&user, refused].concat());
        let url = format!("redis://app:secret@127.0.0.1:{}", server.port());
        let error = builder(&server).redis(url).build().await.unwrap_err();
        assert!(error.is_config(), "{error}");
        let message = error.to_string();
        assert!(message.contains("does not tell of changes"), "{message}");
        assert!(message.contains("Redis 6 or later"), "{message}");
    }
}

#[tokio::test]
async fn no_room_and_no_time_are_refused() {
    let builder = || Cache::builder().memory();
    let wrong = [
        builder().local(0),
        builder().local(1).local_bytes(0),
        builder().local(1).local_cap(std::time::Duration::ZERO),
    ];
    for wrong in wrong {
        let error = wrong.build().await.unwrap_err();
        assert!(error.is_config() && error.to_string().contains("in-process tier"), "{error}");
    }
}

/// Nothing is kept that nobody would be told of, and what is stored is read all the same: alone, beside epochs, and together.
#[tokio::test]
async fn a_user_who_loses_the_right_to_be_told_keeps_nothing() {
    for ids in [1..2, 1..60] {
        let (server, database) = (RedisServer::start(), Arc::new(Database::default()));
        let cache = builder(&server).build().await.unwrap();
        let all = async || {
            let mut calls = JoinSet::new();
            for id in ids.clone() {
                let (cache, database) = (cache.clone(), Arc::clone(&database));
                calls.spawn(async move { *number(&cache, &database, id).await });
            }
            calls.join_all().await;
        };
        all().await;
        let loads = database.reads();
        server.command(&["ACL", "SETUSER", "default", "-client"]);
        for _ in 0..4 {
            all().await;
        }
        assert_eq!((here(&cache), database.reads()), (0, loads), "{ids:?}");
    }
}

/// A server that is away cannot say what it would: the handle is built, and nothing is kept until it is there.
#[tokio::test]
async fn a_server_that_is_away_is_asked_later() {
    let database = Database::default();
    let url = format!("redis://127.0.0.1:{}", free_port());
    let cache = Cache::builder().redis(url).local(10).connect_timeout(SOON).build().await.unwrap();
    for _ in 0..4 {
        assert_eq!(*number(&cache, &database, 1).await, 1);
    }
    assert_eq!((here(&cache), database.reads()), (0, 4));
}
