//! Redis with a password and a database of its own, and where the password is not to be seen.

use crate::program::run;
use crate::server::Server;
use crate::stage::{Stage, proxy};
use rustix::process::Signal;
use testkit::RedisServer;

const PASSWORD: &str = "hunter2@:/";
const ENCODED: &str = "hunter2%40%3A%2F";

#[tokio::test]
async fn user_password_and_database_of_the_url_are_used() {
    let redis = RedisServer::builder().user("proxy", PASSWORD).start();
    let stage = Stage { redis, ..Stage::new() };
    let url = format!("{}/2", stage.redis.url());
    let proxy = proxy(&stage.store.url(""), &["--redis", &url]);
    stage.has("/site/a", &[], "data").await;
    stage.get(&proxy, "/site/a").await.is(200, "data", "fwd=miss");
    stage.get(&proxy, "/site/a").await.is(200, "data", "hit");
    let databases: Vec<_> = stage.redis.info("keyspace").into_keys().collect();
    assert_eq!(databases, ["db2"]);
    shows_no_password(&stage, proxy).await;
}

#[tokio::test]
async fn a_password_that_is_refused_is_shown_nowhere() {
    let redis = RedisServer::builder().user("proxy", "another").start();
    let stage = Stage { redis, ..Stage::new() };
    let url = format!("redis://proxy:{ENCODED}@127.0.0.1:{}", stage.redis.port());
    let proxy = proxy(&stage.store.url(""), &["--redis", &url]);
    stage.has("/site/a", &[], "data").await;
    assert_eq!(stage.get(&proxy, "/site/a").await.text(), "data");
    assert_eq!(stage.web.put(&proxy.url("/site/a"), "two").await.status, 204);
    let said = shows_no_password(&stage, proxy).await;
    assert!(said.contains("WARN"), "it says that there is no cache: {said}");
}

/// Looks at all that it tells, before and after its Redis is gone.
async fn shows_no_password(stage: &Stage, proxy: Server) -> String {
    let mut told = Vec::new();
    for _ in 0..2 {
        for path in ["/metrics", "/health", "/site/a", "/site/b"] {
            let answer = stage.get(&proxy, path).await;
            told.push(format!("{:?} {}", answer.headers, answer.text()));
        }
        stage.redis.kill();
    }
    proxy.signal(Signal::TERM);
    let (code, said) = proxy.ended();
    assert_eq!(code, Some(0), "{said}");
    told.push(said);
    let told = told.join("\n");
    assert!(!told.contains("hunter2"), "{told}");
    told
}

#[test]
fn a_bad_url_is_refused_without_its_password() {
    let upstream = ["proxy", "--upstream", "http://127.0.0.1:9"];
    for redis in [
        "http://proxy:hunter2@localhost",
        "redis://:hunter2@localhost:port",
        "redis://:hunter2@h/x",
    ] {
        let program = env!("CARGO_BIN_EXE_object_proxy");
        let by_option = run(program, &[&upstream[..], &["--redis", redis]].concat(), &[]);
        let by_variable = run(program, &upstream, &[("REDIS_URL", redis)]);
        for refused in [by_option, by_variable] {
            refused.is_refused("object_proxy: ", "");
            assert!(!refused.stderr.contains("hunter2"), "{}", refused.stderr);
        }
    }
}
