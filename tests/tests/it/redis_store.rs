//! The Redis store reaches servers by every road, on one connection, with few and harmless commands.

use crate::support::SOON;
use cache_runtime::{Cache, Ttl, cached, invalidates};
use std::io::Write;
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;
use testkit::redis::{Value, from_redis_value};
use testkit::{ErrorServer, RedisServer, eventually};
use tokio::task::JoinSet;

/// No string that occurs by chance.
const SECRET: &str = "hunter2-hunter2";

#[cached(ttl = 60, key = "square:<n>", skip(cache), cache = cache)]
async fn square(cache: &Cache, n: u64) -> Option<u64> {
    Some(n * n)
}

#[cached(ttl = 60, key = "cube:<n>", skip(cache), cache = cache)]
fn cube(cache: &Cache, n: u64) -> Option<u64> {
    Some(n * n * n)
}

#[invalidates("square:<n>:*", cache = cache)]
async fn forget_square(cache: &Cache, n: u64) -> u64 {
    n
}

async fn cache(url: impl Into<String>) -> Cache {
    // No test here is about time.
    Cache::builder().redis(url).budget(SOON).connect_timeout(SOON).build().await.unwrap()
}

async fn assert_hit(cache: &Cache) {
    let before = cache.stats();
    assert_eq!(square(cache, 3).await, Some(9));
    assert_eq!(square(cache, 3).await, Some(9));
    let after = cache.stats();
    assert_eq!((after.hits, after.errors), (before.hits + 1, before.errors));
}

#[tokio::test]
async fn over_tcp_and_with_a_password() {
    for password in ["simple", "p@ss:w/ö?r#d%+ &"] {
        let server = RedisServer::builder().password(password).start();
        assert_hit(&cache(server.url()).await).await;
        assert_eq!(server.keys("cache:square:3:*").len(), 1);
    }
}

#[tokio::test]
async fn as_a_user() {
    let server = RedisServer::builder().user("shop", SECRET).start();
    assert_hit(&cache(server.url()).await).await;
}

#[tokio::test]
async fn over_a_unix_socket() {
    let server = RedisServer::builder().unix_socket().user("shop", "p&=?+ @").start();
    assert_hit(&cache(server.url()).await).await;
    assert_eq!(cache(server.url()).await.store_name(), "redis");
}

/// Servers and load balancers close what was idle for some minutes: the next write would find its store away.
///
/// A runtime of one thread would have a second connection, for its writes, which `health` does not ask.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_connection_that_was_closed_is_replaced_before_somebody_needs_it() {
    let server = RedisServer::start();
    let cache = cache(server.url()).await;
    assert_hit(&cache).await;
    server.command(&["CLIENT", "KILL", "TYPE", "normal"]);
    let is_connected = async || {
        let clients: String = from_redis_value(server.command(&["CLIENT", "LIST"])).unwrap();
        clients.contains(" flags=t ")
    };
    eventually(SOON, is_connected, "there is a connection again").await;
    // It is of use when it has answered once.
    eventually(SOON, async || cache.health().await.error.is_none(), "it answers").await;
    let before = cache.stats().errors;
    assert_eq!(square(&cache, 3).await, Some(9));
    forget_square(&cache, 3).await;
    let stats = cache.stats();
    let errors = stats.errors - before;
    assert_eq!((errors, stats.failed_invalidations, stats.deleted), (0, 0, 1));
}

#[tokio::test]
async fn in_a_numbered_database() {
    let server = RedisServer::start();
    assert_hit(&cache(format!("{}/5", server.url())).await).await;
    assert_hit(&cache(format!("unix://{}?db=6", server.socket().display())).await).await;
    assert_eq!(server.keys("*"), [""; 0], "database 0 is another one");
    let keyspace = server.info("keyspace");
    let databases: Vec<_> = keyspace.keys().filter(|name| name.starts_with("db")).collect();
    assert_eq!(databases, ["db5", "db6"]);
}

#[tokio::test]
async fn over_ipv6() {
    if TcpListener::bind(("::1", 0)).is_err() {
        eprintln!("no IPv6 loopback here");
        return;
    }
    let server = RedisServer::builder().arg("--bind", "::1").start();
    assert_hit(&cache(format!("redis://[::1]:{}", server.port())).await).await;
}

#[tokio::test]
async fn over_tls_with_an_authority_of_its_own() {
    let server = RedisServer::builder().tls().password(SECRET).start();
    let authority = std::fs::read(server.ca()).unwrap();
    for host in ["127.0.0.1", "localhost"] {
        let url = server.url().replace("127.0.0.1", host);
        let builder = Cache::builder().redis(url).tls_authority(authority.clone());
        assert_hit(&builder.budget(SOON).build().await.unwrap()).await;
        server.flush();
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for() {
    let (server, other) = (
        RedisServer::builder().tls().password(SECRET).start(),
        RedisServer::builder().tls().start(),
    );
    let stranger = std::fs::read(other.ca()).unwrap();
    let url = server.url();
    for builder in
        [Cache::builder().redis(&url), Cache::builder().redis(&url).tls_authority(stranger)]
    {
        let cache = builder.build().await.unwrap();
        assert_eq!(square(&cache, 3).await, Some(9), "it fails open");
        let error = cache.health().await.error.unwrap();
        assert!(error.is_unreachable());
        assert!(error.to_string().contains("certificate"), "{error}");
        assert!(!error.to_string().contains(SECRET), "{error}");
    }
}

#[tokio::test]
async fn health_says_why_a_server_cannot_be_used() {
    let server = RedisServer::start();
    let http = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = http.local_addr().unwrap().port();
    // A runtime of one thread has two connections, each of which is tried again.
    std::thread::spawn(move || {
        for client in http.incoming() {
            let mut client = client.unwrap();
            // The client may hang up before it has read all of this.
            let _ = client.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
            // To hang up on what was not read would reset the connection, and the answer with it.
            let _ = std::io::copy(&mut client, &mut std::io::sink());
        }
    });
    let errors =
        ["ERR max number of clients reached", "LOADING data", "NOAUTH no"].map(ErrorServer::start);
    for (url, says) in [
        (format!("{}/999", server.url()), "no such database"),
        (errors[0].url(), "too many clients"),
        (errors[1].url(), "loading"),
        (errors[2].url(), "wants a password"),
        (format!("redis://127.0.0.1:{port}"), "no Redis"),
    ] {
        let cache = Cache::builder().redis(url).build().await.unwrap();
        let error = cache.health().await.error.unwrap();
        assert!(error.is_unreachable() && error.to_string().contains(says), "{says}: {error}");
    }
}

#[tokio::test]
async fn an_authority_that_is_none() {
    for pem in ["", "not a certificate"] {
        let builder = Cache::builder().redis("rediss://127.0.0.1:1").tls_authority(pem);
        assert!(builder.build().await.unwrap_err().is_config(), "{pem:?}");
    }
}

/// The environment belongs to a whole process: `from_env` is tried out in children, which run this.
#[tokio::test]
async fn from_env_in_a_child() {
    if std::env::var_os("TEST_IS_CHILD").is_none() {
        return;
    }
    let cache = Cache::from_env().await.unwrap();
    eventually(SOON, async || cache.health().await.reachable, "the server answers").await;
    cache.set("seen", "by a child", 60).await.unwrap();
}

fn from_env(variables: &[(&str, &str)]) {
    let this = std::env::current_exe().unwrap();
    let mut child = Command::new(this);
    child.args(["--exact", "redis_store::from_env_in_a_child"]).env("TEST_IS_CHILD", "1");
    for name in ["CACHE_URL", "REDIS_URL", "REDIS_SOCKET_PATH", "REDIS_HOST", "REDIS_PORT"] {
        child.env_remove(name);
    }
    let output = child.envs(variables.iter().copied()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{variables:?}: {text}");
}

#[test]
fn from_the_environment() {
    let server = RedisServer::builder().password(SECRET).start();
    let url = server.url();
    let port = server.port().to_string();
    let socket = server.socket().display().to_string();
    let login = ("REDIS_PASSWORD", SECRET);
    let seen = |key: &str, variables: &[(&str, &str)]| {
        from_env(variables);
        assert_eq!(server.keys("*"), [key], "{variables:?}");
        server.flush();
    };
    seen("cache:seen", &[("CACHE_URL", &url)]);
    seen("shop:seen", &[("REDIS_URL", &url), ("CACHE_PREFIX", "shop")]);
    seen("cache:seen", &[("REDIS_HOST", "127.0.0.1"), ("REDIS_PORT", &port), login]);
    seen("cache:seen", &[("REDIS_PORT", &port), login]);
    seen("cache:seen", &[("REDIS_SOCKET_PATH", &socket), login]);
    from_env(&[("REDIS_PORT", &port), ("REDIS_DB", "3"), login]);
    assert!(server.info("keyspace").contains_key("db3"));
    from_env(&[("CACHE_URL", "memory:")]);
}

/// How many clients the server has, beside the fixture's own connection through the socket.
fn clients(server: &RedisServer) -> usize {
    let list: String = from_redis_value(server.command(&["CLIENT", "LIST"])).unwrap();
    list.lines().filter(|line| line.contains("addr=127.0.0.1:")).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_connection_for_all_tasks_of_a_runtime() {
    let server = RedisServer::start();
    let cache = cache(server.url()).await;
    let mut tasks = JoinSet::new();
    for n in 0..64 {
        let cache = cache.clone();
        tasks.spawn(async move {
            for _ in 0..10 {
                assert_eq!(square(&cache, n).await, Some(n * n));
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(cache.stats().hits, 64 * 9);
    assert_eq!(clients(&server), 1);
    // Blocking functions of every thread share one more, in the runtime that waits for them.
    for n in 0..64 {
        assert_eq!(cube(&cache, n), Some(n * n * n));
    }
    assert_eq!(clients(&server), 2);
    drop(cache);
    eventually(SOON, async || clients(&server) == 0, "connections end with the handle").await;
}

#[test]
fn one_connection_for_each_runtime() {
    let server = RedisServer::start();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (one, other) = (runtime(), runtime());
    let cache = one.block_on(cache(server.url()));
    one.block_on(assert_hit(&cache));
    // And one of the cache's own thread, where invalidations of such runtimes run.
    assert_eq!(clients(&server), 2);
    server.flush();
    other.block_on(assert_hit(&cache));
    assert_eq!(clients(&server), 3);
    drop(other);
    one.block_on(eventually(SOON, async || clients(&server) == 2, "it ends with its runtime"));
    server.flush();
    one.block_on(assert_hit(&cache));
}

#[tokio::test]
async fn a_ttl_travels_in_the_same_command_as_its_value() {
    let server = RedisServer::start();
    let cache = cache(server.url()).await;
    // What the handle leaves for others when it connects.
    let before = server.commandstats("set");
    square(&cache, 3).await;
    cache.set("one", 1, 60).await.unwrap();
    cache.set_many([("two", 2), ("three", 3)], 60).await.unwrap();
    for key in server.keys("*") {
        let left = server.command(&["PTTL", &key]);
        let Value::Int(1..=60_000) = left else { panic!("{key}: {left:?}") };
    }
    for command in ["expire", "pexpire", "expireat", "pexpireat", "persist", "getex"] {
        assert_eq!(server.commandstats(command), 0, "{command}");
    }
    // The lease, and the value in its place, which a script writes; then those by hand.
    assert_eq!(server.commandstats("set") - before, 5);
}

#[tokio::test]
async fn a_ttl_of_any_length() {
    let server = RedisServer::start();
    let cache = cache(server.url()).await;
    cache.set("brief", 1, Duration::from_nanos(1)).await.unwrap();
    cache.set("long", 1, Duration::MAX).await.unwrap();
    cache.set("endless", 1, Ttl::Never).await.unwrap();
    cache.set_many([("brief", 1)], Duration::from_micros(999)).await.unwrap();
    assert!(cache.contains("long").await.unwrap());
    assert_eq!(cache.ttl("endless").await.unwrap(), None);
    eventually(SOON, async || !cache.contains("brief").await.unwrap(), "it has expired").await;
}

#[tokio::test]
async fn what_is_no_entry_is_a_miss_and_replaced() {
    let server = RedisServer::start();
    let cache = cache(server.url()).await;
    square(&cache, 3).await;
    let key = server.keys("*").remove(0);
    let spoil: [&[&str]; 4] =
        [&["SET", &key, "[3]"], &["SET", &key, ""], &["APPEND", &key, "1"], &["LPUSH", &key, "1"]];
    for (command, corrupt) in spoil.into_iter().zip(1..) {
        if command[0] == "LPUSH" {
            server.command(&["DEL", &key]);
        }
        server.command(command);
        assert_eq!(square(&cache, 3).await, Some(9));
        assert_eq!(cache.stats().corrupt, corrupt, "{command:?}");
        assert!(server.get_raw(&key).unwrap().starts_with(b"cache/1 json "), "{command:?}");
    }
    assert_eq!(cache.stats().errors, 0);
}

#[tokio::test]
async fn commands_that_hold_up_everyone_are_never_sent() {
    let server = RedisServer::start();
    let cache = cache(server.url()).await;
    assert_hit(&cache).await;
    forget_square(&cache, 3).await;
    cache.set_many((0..10).map(|n| (format!("k{n}"), n)), 60).await.unwrap();
    let keys: Vec<_> = (0..10).map(|n| format!("k{n}")).collect();
    assert_eq!(cache.get_many::<i32>(&keys).await.unwrap(), (0..10).map(Some).collect::<Vec<_>>());
    cache.remove("k1").await.unwrap();
    let mut listed = cache.keys("*").unwrap();
    while listed.next().await.transpose().unwrap().is_some() {}
    assert_eq!(cache.clear().await.unwrap().deleted, 9);
    for command in ["keys", "flushdb", "flushall", "del", "config|set", "monitor", "watch"] {
        assert_eq!(server.commandstats(command), 0, "{command}");
    }
    assert!(server.commandstats("scan") > 0 && server.commandstats("unlink") > 0);
}

#[test]
fn futures_can_be_spawned() {
    fn sendable<T: Send>(future: T) -> T {
        future
    }
    fn shareable<T: Send + Sync + Clone + 'static>() {}
    shareable::<Cache>();
    let cache = || Cache::builder().redis("redis://127.0.0.1:1");
    drop(sendable(cache().build()));
    drop(sendable(Cache::from_env()));
    drop(sendable(async {
        let cache = cache().build().await.unwrap();
        let _ = sendable(square(&cache, 1)).await;
        let _ = sendable(forget_square(&cache, 1)).await;
        let _ = sendable(cache.get::<u8>("k")).await;
        let _ = sendable(cache.get_many::<u8>(["k"])).await;
        let _ = sendable(cache.set("k", 1, 1)).await;
        let _ = sendable(cache.set_many([("k", 1)], 1)).await;
        let _ = sendable(cache.remove("k")).await;
        let _ = sendable(cache.contains("k")).await;
        let _ = sendable(cache.ttl("k")).await;
        let _ = sendable(cache.invalidate("k")).await;
        let _ = sendable(cache.clear()).await;
        let _ = sendable(cache.health()).await;
        sendable(cache.scope(async {})).await;
        let _ = sendable(cache.keys("k").unwrap()).next().await;
    }));
}
