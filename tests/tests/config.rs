//! `CacheConfig`: options from a file, with the environment above it.

use cache_runtime::{Cache, CacheConfig, Strategy, cached};
use config::{Config, ConfigError, Environment, File};
use std::collections::HashMap;
use std::fs;
use std::time::Duration;
use tempfile::TempDir;
use tests::RedisServer;

/// Reads a file as an application does, with the environment above it.
fn read(file: &str, environment: &[(&str, &str)]) -> Result<CacheConfig, ConfigError> {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("cache.toml");
    fs::write(&path, file).unwrap();
    let variables = environment.iter().map(|(name, value)| (String::from(*name), (*value).into()));
    let variables: HashMap<String, String> = variables.collect();
    let environment = Environment::with_prefix("SHOP_CACHE").prefix_separator("_").separator("__");
    let environment = environment.try_parsing(true).source(Some(variables));
    let config = Config::builder().add_source(File::from(path)).add_source(environment).build()?;
    config.try_deserialize()
}

const FILE: &str = r#"
    prefix = "shop"
    default_ttl = "1h30m"
    budget = "50ms"
    lease = 20
    wait = 0
    connect_timeout = "2s"
    memory_capacity = 1000000
    max_entry_size = 100000
    compress = 4096
    on_unreachable = "error"
    strategy = "scoped"
    local = { entries = 100, bytes = 1000000, cap = "3s" }

    [ttls]
    templates = "1h"
    analytics = 60
    names = "never"
"#;

#[cached(ttl = "@analytics", key = "analytics:")]
async fn analytics() -> u64 {
    1
}

#[cached(ttl = "@names", key = "names:")]
async fn names() -> u64 {
    2
}

#[cached(ttl = "@nobody", key = "nobody:")]
async fn nobody() -> u64 {
    3
}

#[tokio::test]
async fn a_file_has_all_options_and_the_environment_comes_before_it() {
    let server = RedisServer::start();
    let environment = [("SHOP_CACHE_URL", &*server.url()), ("SHOP_CACHE_PREFIX", "shop:eu")];
    let config = read(FILE, &environment).unwrap();
    assert_eq!(config.strategy, Some(Strategy::Scoped));
    let cache = Cache::from_config(config).await.unwrap();
    assert_eq!((cache.store_name(), cache.prefix()), ("redis", "shop:eu"));
    cache.scope(async { (analytics().await, names().await, nobody().await) }).await;
    let left = |pattern: &str| -> i64 {
        let key = &server.keys(pattern)[0];
        tests::redis::from_redis_value(server.command(&["PTTL", key])).unwrap()
    };
    assert!((50_000..=60_000).contains(&left("shop:eu:analytics:*")));
    assert_eq!(left("shop:eu:names:*"), -1);
    assert!((5_390_000..=5_400_000).contains(&left("shop:eu:nobody:*")), "the default TTL");
}

#[tokio::test]
async fn nothing_is_needed_and_switching_off_is_one_word() {
    let cache = Cache::from_config(CacheConfig::default()).await.unwrap();
    assert_eq!((cache.store_name(), cache.prefix()), ("memory", "cache"));
    let config = read("enabled = false\nurl = \"redis://127.0.0.1:1\"", &[]).unwrap();
    assert!(!Cache::from_config(config).await.unwrap().is_enabled());
    let config = read("url = \"redis://127.0.0.1:1\"\nenabled = true", &[]).unwrap();
    assert!(Cache::from_config(config).await.unwrap().is_enabled(), "a warning, and it works");
}

#[test]
fn what_a_file_cannot_say_is_refused_with_its_field() {
    for (file, expected) in [
        ("prefx = \"shop\"", "prefx"),
        ("budget = \"soon\"", "`budget`"),
        ("budget = -1", "budget"),
        ("strategy = \"fast\"", "expected `scan` or `scoped`, not `fast` for key `strategy`"),
        ("local = { entries = \"many\" }", "local.entries"),
        ("ttls = { a = \"1 hour\" }", "ttls.a"),
        (
            "on_unreachable = \"panic\"",
            "expected `warn` or `error`, not `panic` for key `on_unreachable`",
        ),
    ] {
        let error = read(file, &[]).unwrap_err().to_string();
        assert!(error.contains(expected), "{file}: {error}");
    }
}

#[tokio::test]
async fn what_cannot_work_is_refused_with_its_field_and_without_a_password() {
    for (file, expected) in [
        ("url = \"http://:secret@host\"", "url: "),
        ("prefix = \"a b\"", "prefix: "),
        ("default_ttl = 0", "default_ttl: "),
        ("budget = \"0ms\"", "budget: "),
        ("lease = \"1ms\"", "lease: "),
        ("connect_timeout = 0", "connect_timeout: "),
        ("memory_capacity = 0", "memory_capacity: "),
        ("max_entry_size = 0", "max_entry_size: "),
        ("local = { entries = 0 }", "local.entries: "),
        ("local = { entries = 1, bytes = 0 }", "local.bytes: "),
        ("local = { entries = 1, cap = 0 }", "local.cap: "),
        ("ttls = { a = 0 }", "ttls.a: "),
    ] {
        let error = Cache::from_config(read(file, &[]).unwrap()).await.unwrap_err();
        let text = error.to_string();
        assert!(error.is_config() && text.contains(expected), "{file}: {text}");
        assert!(!text.contains("secret"), "{text}");
    }
}

#[test]
fn it_can_be_written_and_shows_no_password() {
    let mut config = read(FILE, &[]).unwrap();
    config.url = Some("redis://user:secret@host".into());
    assert!(!format!("{config:?}").contains("secret"));
    let json = serde_json::to_string(&config).unwrap();
    assert!(!json.contains("secret"), "{json}");
    config.url = None;
    assert_eq!(serde_json::from_str::<CacheConfig>(&json).unwrap(), config);
    assert_eq!(config.wait.map(|wait| wait.0), Some(Duration::ZERO));
    assert_eq!(serde_json::to_string(&CacheConfig::default()).unwrap(), "{}");
}
