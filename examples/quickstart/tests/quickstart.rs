//! The program of the README.

use std::process::{Command, Output};
use testkit::RedisServer;

/// Runs the program with no variables but these; the default budget is for a machine that does not
/// compile meanwhile.
fn run(variables: &[(&str, &str)]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_quickstart"));
    program.env_clear().env("CACHE_BUDGET_MS", "5000").envs(variables.iter().copied());
    program.output().expect("the program was built with this test")
}

/// What the program prints where it ends well and complains of nothing.
fn printed(variables: &[(&str, &str)]) -> String {
    let output = run(variables);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).expect("it is UTF-8")
}

const WITH_A_CACHE: &str = "  loading user 0 from the database
first call: Some(\"Ada\")
second call: Some(\"Ada\")
  loading user 0 from the database
after the write: Some(\"Ada Lovelace\")
1 hit, 2 loads
";

const WITHOUT: &str = "  loading user 0 from the database
first call: Some(\"Ada\")
  loading user 0 from the database
second call: Some(\"Ada\")
  loading user 0 from the database
after the write: Some(\"Ada Lovelace\")
";

#[test]
fn it_needs_no_server() {
    let output = printed(&[]);
    assert_eq!(output, ["store: memory\n", WITH_A_CACHE].concat());
}

/// The second run finds what the first has left, and prints the same.
#[test]
fn it_runs_on_redis() {
    let server = RedisServer::start();
    for _ in 0..2 {
        let output = printed(&[("CACHE_URL", &server.url())]);
        assert_eq!(output, ["store: redis\n", WITH_A_CACHE].concat());
        let keys = server.keys("*");
        assert!(keys.len() == 1 && keys[0].starts_with("cache:user:0:"), "{keys:?}");
    }
}

#[test]
fn it_runs_without_a_cache() {
    let output = printed(&[("CACHE_URL", "off")]);
    assert!(output.starts_with(&["store: disabled\n", WITHOUT].concat()), "{output}");
}

#[test]
fn it_runs_with_redis_away() {
    let url = format!("redis://127.0.0.1:{}", testkit::free_port());
    let output = printed(&[("CACHE_URL", &url)]);
    assert!(output.starts_with(&["store: redis\n", WITHOUT].concat()), "{output}");
}

#[test]
fn a_bad_url_is_an_error_without_its_password() {
    let refused = run(&[("CACHE_URL", "redis://:hunter2@localhost:port")]);
    let said = String::from_utf8(refused.stderr).expect("it is UTF-8");
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.starts_with("Error: Error(Config: CACHE_URL: "), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}
