//! The first program of the documentation.

mod program;

use program::run;
use tests::RedisServer;

const PROGRAM: &str = env!("CARGO_BIN_EXE_quickstart");

const WITH_A_CACHE: &str = "  (loading user 0 from the database)
first call: Some(\"Ada\")
second call: Some(\"Ada\")
  (loading user 0 from the database)
after the write: Some(\"Ada Lovelace\")
1 hit, 2 loads, 1 deleted
";

const WITHOUT: &str = "  (loading user 0 from the database)
first call: Some(\"Ada\")
  (loading user 0 from the database)
second call: Some(\"Ada\")
  (loading user 0 from the database)
after the write: Some(\"Ada Lovelace\")
";

#[test]
fn it_needs_no_server() {
    let output = run(PROGRAM, &[], &[]).succeeded();
    assert_eq!(output, ["store: memory\n", WITH_A_CACHE].concat());
}

#[test]
fn it_runs_on_redis() {
    let server = RedisServer::start();
    let output = run(PROGRAM, &[], &[("CACHE_URL", &server.url())]).succeeded();
    assert_eq!(output, ["store: redis\n", WITH_A_CACHE].concat());
    let keys = server.keys("*");
    assert!(keys.len() == 1 && keys[0].starts_with("cache:user:0:"), "{keys:?}");
}

#[test]
fn it_runs_without_a_cache() {
    let output = run(PROGRAM, &[], &[("CACHE_URL", "off")]).succeeded();
    assert!(output.starts_with(&["store: disabled\n", WITHOUT].concat()), "{output}");
}

#[test]
fn it_runs_with_redis_away() {
    let url = format!("redis://127.0.0.1:{}", tests::free_port());
    let output = run(PROGRAM, &[], &[("CACHE_URL", &url)]).succeeded();
    assert!(output.contains("going on without a cache: ") && output.contains(WITHOUT), "{output}");
}

#[test]
fn a_bad_url_is_refused_without_its_password() {
    let refused = run(PROGRAM, &[], &[("CACHE_URL", "redis://:hunter2@localhost:port")]);
    refused.is_refused("quickstart: ", "CACHE_URL");
    assert!(!refused.stderr.contains("hunter2"), "{}", refused.stderr);
}
