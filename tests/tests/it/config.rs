//! `CacheConfig`: options from a file, with the environment above it.

use cache_runtime::config::{AfterOutage, LocalConfig, OnUnreachable, Time};
use cache_runtime::{Cache, CacheConfig, Strategy, Ttl, cached};
use config::{Config, ConfigError, Environment, File};
use proptest::prelude::{
    Just, ProptestConfig, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest,
};
use proptest::strategy::Strategy as Generator;
use std::collections::HashMap;
use std::fs;
use std::time::Duration;
use tempfile::TempDir;
use testkit::RedisServer;

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
        testkit::redis::from_redis_value(server.command(&["PTTL", key])).unwrap()
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
    for url in [
        "redis://user:secret@host",
        "redis://:secret@host",
        "unix:/run/r.sock?pass=secret",
        // What is no URL may hold anything.
        "secret",
        "redis://secret@host",
        "redis://host#secret",
    ] {
        config.url = Some(url.into());
        assert!(!format!("{config:?}").contains("secret"));
        let json = serde_json::to_string(&config).unwrap();
        let toml = toml::to_string(&config).unwrap();
        assert!(!json.contains("secret") && !toml.contains("secret"), "{url}: {json}");
        let mut without = config.clone();
        without.url = None;
        assert_eq!(serde_json::from_str::<CacheConfig>(&json).unwrap(), without);
        assert_eq!(toml::from_str::<CacheConfig>(&toml).unwrap(), without);
    }
    assert_eq!(config.wait.map(|wait| wait.0), Some(Duration::ZERO));
    assert_eq!(serde_json::to_string(&CacheConfig::default()).unwrap(), "{}");
    let time = Time(Duration::from_secs(90));
    assert_eq!(serde_json::to_string(&time).unwrap(), r#""90000ms""#);
}

/// Cargo sets this variable for every test.
#[tokio::test]
async fn variables_stand_in_every_setting() {
    let file = r#"
        url = "${NO_SUCH_URL:-memory:}"
        enabled = "${NO_SUCH_FLAG:-true}"
        prefix = "${CARGO_PKG_NAME}:$${here}"
        default_ttl = "${NO_SUCH_TIME:-1h}"
        max_entry_size = "${NO_SUCH_SIZE:-1000}"
        strategy = "${NO_SUCH_STRATEGY:-scan}"
        after_outage = "${NO_SUCH_CHOICE:-trust}"
        local = { entries = "${NO_SUCH_NUMBER:-100}", cap = "${NO_SUCH_TIME:-3s}" }
        ttls = { names = "${NO_SUCH_TIME:-never}" }
    "#;
    let config = read(file, &[]).unwrap();
    assert_eq!(config, toml::from_str(file).unwrap());
    assert_eq!(config.prefix.as_deref(), Some("tests:${here}"));
    assert_eq!(config.local.as_ref().map(|local| local.entries), Some(100));
    let written = toml::to_string(&config).unwrap();
    assert!(written.contains("tests:$${here}"), "{written}");
    assert_eq!(toml::from_str::<CacheConfig>(&written).unwrap(), config);
    let cache = Cache::from_config(config).await.unwrap();
    assert_eq!((cache.store_name(), cache.prefix()), ("memory", "tests:${here}"));
}

#[test]
fn a_variable_that_is_missing_is_named_with_its_field() {
    for (file, field) in [
        ("url = \"redis://:${NO_SUCH_SECRET}@host\"", "url"),
        ("prefix = \"${NO_SUCH_SECRET}\"", "prefix"),
        ("enabled = \"${NO_SUCH_SECRET}\"", "enabled"),
        ("wait = \"${NO_SUCH_SECRET}\"", "wait"),
        ("compress = \"${NO_SUCH_SECRET}\"", "compress"),
        ("local = { entries = \"${NO_SUCH_SECRET}\" }", "local.entries"),
        ("local = { entries = 1, cap = \"${NO_SUCH_SECRET}\" }", "local.cap"),
        ("ttls = { a = \"${NO_SUCH_SECRET}\" }", "ttls.a"),
    ] {
        let from_file = read(file, &[]).unwrap_err().to_string();
        let json = serde_json::to_string(&toml::from_str::<toml::Value>(file).unwrap()).unwrap();
        let from_json = serde_json::from_str::<CacheConfig>(&json).unwrap_err().to_string();
        let from_toml = toml::from_str::<CacheConfig>(file).unwrap_err().message().to_owned();
        for error in [from_file, from_json, from_toml] {
            assert!(error.contains(&format!("`{field}`: ")), "{file}: {error}");
            assert!(error.contains("no variable `NO_SUCH_SECRET`"), "{file}: {error}");
        }
    }
}

/// Cargo's name of the package stands for a secret.
#[tokio::test]
async fn what_a_variable_holds_is_in_no_message() {
    for field in ["budget", "default_ttl", "compress", "enabled", "strategy", "on_unreachable"] {
        let error =
            read(&format!("{field} = \"${{CARGO_CRATE_NAME:-hunter2}}\""), &[]).unwrap_err();
        let error = error.to_string().replace("${CARGO_CRATE_NAME:-hunter2}", "");
        assert!(!error.contains("hunter2") && error.contains(field), "{error}");
    }
    let url = "url = \"redis://:${NO_SUCH_SECRET:-hunter2}@host/x\"";
    let config = read(url, &[]).unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
    assert!(!serde_json::to_string(&config).unwrap().contains("hunter2"));
    let error = Cache::from_config(config).await.unwrap_err().to_string();
    assert!(error.starts_with("url: ") && !error.contains("hunter2"), "{error}");
}

/// Every duration: those of a file, and what only code can make.
fn times() -> impl Generator<Value = Time> {
    let milliseconds = prop_oneof![0..5000u64, any::<u64>()].prop_map(Duration::from_millis);
    let others = (any::<u64>(), 0..1_000_000_000u32).prop_map(|(s, ns)| Duration::new(s, ns));
    prop_oneof![milliseconds, others, Just(Duration::MAX), Just(Duration::from_nanos(1))]
        .prop_map(Time)
}

fn lifetimes() -> impl Generator<Value = Ttl> {
    prop_oneof![Just(Ttl::Never), times().prop_map(|Time(time)| Ttl::After(time)),]
}

fn urls() -> impl Generator<Value = Option<String>> {
    let urls = [
        "memory:",
        "memory",
        "off",
        "redis://h",
        "rediss://h:7000/3",
        "unix:/run/r.sock?db=3",
        "redis://[::1]:1/",
    ];
    prop::option::of(prop::sample::select(urls.to_vec()).prop_map(str::to_owned))
}

/// What has no constructor outside the crate: read, and then changed.
fn locals() -> impl Generator<Value = LocalConfig> {
    let (bytes, cap) = (prop::option::of(any::<u64>()), prop::option::of(times()));
    (any::<usize>(), bytes, cap).prop_map(|(entries, bytes, cap)| {
        let read = serde_json::from_value::<LocalConfig>(serde_json::json!({ "entries": entries }));
        let mut local = read.unwrap();
        (local.bytes, local.cap) = (bytes, cap);
        local
    })
}

fn places() -> impl Generator<Value = CacheConfig> {
    let choices = (
        prop::option::of(prop::sample::select(vec![OnUnreachable::Warn, OnUnreachable::Error])),
        prop::option::of(prop::sample::select(vec![Strategy::Scan, Strategy::Scoped])),
        prop::option::of(prop::sample::select(vec![AfterOutage::Trust, AfterOutage::Forget])),
    );
    let prefixes = prop_oneof![any::<String>(), "[$]{0,3}([{]A(:-b)?)?[}]?[$]?"];
    let texts = (urls(), prop::option::of(prefixes));
    (prop::option::of(any::<bool>()), texts, choices).prop_map(
        |(enabled, (url, prefix), (on_unreachable, strategy, after_outage))| {
            let mut config = CacheConfig::default();
            (config.enabled, config.url, config.prefix) = (enabled, url, prefix);
            (config.on_unreachable, config.strategy) = (on_unreachable, strategy);
            config.after_outage = after_outage;
            config
        },
    )
}

/// Every field with every value.
fn configs() -> impl Generator<Value = CacheConfig> {
    let time = || prop::option::of(times());
    let all_times = (prop::option::of(lifetimes()), time(), time(), time(), time());
    let sizes = (any::<Option<u64>>(), any::<Option<usize>>(), any::<Option<usize>>());
    let ttls = prop::collection::btree_map(any::<String>(), lifetimes(), 0..4);
    (places(), all_times, sizes, prop::option::of(locals()), ttls).prop_map(
        |(mut config, times, sizes, local, ttls)| {
            (
                config.default_ttl,
                config.budget,
                config.lease,
                config.wait,
                config.connect_timeout,
            ) = times;
            (config.memory_capacity, config.max_entry_size, config.compress) = sizes;
            (config.local, config.ttls) = (local, ttls);
            config
        },
    )
}

/// TOML has no number beyond 63 bits, and says so when one is written.
fn has_only_numbers_of_toml(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Number(number) => number.as_i64().is_some(),
        serde_json::Value::Object(fields) => fields.values().all(has_only_numbers_of_toml),
        _ => true,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read(config in configs()) {
        let json = serde_json::to_string(&config).unwrap();
        prop_assert_eq!(&serde_json::from_str::<CacheConfig>(&json).unwrap(), &config, "{}", json);
        let value = serde_json::to_value(&config).unwrap();
        prop_assert_eq!(&serde_json::from_value::<CacheConfig>(value.clone()).unwrap(), &config);
        match toml::to_string(&config) {
            Ok(text) => {
                let read = toml::from_str::<CacheConfig>(&text);
                prop_assert_eq!(&read.unwrap(), &config, "{}", &text);
            }
            Err(error) => prop_assert!(!has_only_numbers_of_toml(&value), "{} {}", error, value),
        }
    }
}
