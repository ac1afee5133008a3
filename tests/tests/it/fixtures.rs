//! The fixtures do what the tests built on them take for granted.

use crate::support::SOON;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use testkit::redis::{self, Client, RedisResult, Value};
use testkit::{
    BlackHole, ErrorServer, PostgresServer, RedisServer, eventually, eventually_blocking, free_port,
};

/// Asks as a user of `url` would, not through the fixture's private socket.
fn ping(url: &str) -> RedisResult<String> {
    let mut connection = Client::open(url)?.get_connection_with_timeout(SOON)?;
    redis::cmd("PING").query(&mut connection)
}

/// Sends one inline command over a plain TCP connection and returns the first line of the answer.
fn ask(port: u16, command: &str, timeout: Duration) -> io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(timeout))?;
    stream.write_all(command.as_bytes())?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    Ok(line)
}

#[test]
fn a_server_starts_empty_and_answers_at_its_url() {
    let server = RedisServer::start();
    assert_eq!(server.url(), format!("redis://127.0.0.1:{}", server.port()));
    assert_eq!(ping(&server.url()).unwrap(), "PONG");
    assert_eq!(server.keys("*"), [""; 0]);
}

#[test]
fn two_servers_share_nothing() {
    let (one, other) = (RedisServer::start(), RedisServer::start());
    one.set_raw("key", b"value");
    assert_ne!(one.port(), other.port());
    assert_eq!(other.get_raw("key"), None);
}

#[test]
fn commands_look_into_the_server() {
    let server = RedisServer::start();
    assert_eq!(server.command(&["SET", "b", "1"]), Value::Okay);
    server.set_raw("a", b"\x00\xff");
    assert_eq!(server.keys("*"), ["a", "b"]);
    assert_eq!(server.keys("b*"), ["b"]);
    assert_eq!(server.get_raw("a").unwrap(), b"\x00\xff");
    server.flush();
    assert_eq!(server.get_raw("a"), None);
}

#[test]
fn command_counts_are_per_command() {
    let server = RedisServer::start();
    assert_eq!(server.commandstats("incr"), 0);
    server.command(&["INCR", "n"]);
    server.command(&["INCR", "n"]);
    assert_eq!(server.commandstats("incr"), 2);
    assert_eq!(server.commandstats("decr"), 0);
    assert_eq!(server.info("server")["tcp_port"], server.port().to_string());
}

#[test]
#[should_panic(expected = "the server's log")]
fn a_command_that_fails_fails_the_test() {
    RedisServer::start().command(&["NO-SUCH-COMMAND"]);
}

#[test]
fn a_password_is_asked_for() {
    let server = RedisServer::builder().password("p@ss:wörd/").start();
    assert_eq!(ping(&server.url()).unwrap(), "PONG");
    let without = format!("redis://127.0.0.1:{}", server.port());
    assert!(ping(&without).unwrap_err().to_string().contains("NOAUTH"));
    let wrong = format!("redis://:wrong@127.0.0.1:{}", server.port());
    assert!(ping(&wrong).is_err());
    assert_eq!(server.command(&["DBSIZE"]), Value::Int(0));
}

#[test]
fn a_user_is_asked_for_by_name() {
    let server = RedisServer::builder().user("shop", "secret").start();
    assert!(server.url().contains("shop:secret@"));
    assert_eq!(ping(&server.url()).unwrap(), "PONG");
    let without = format!("redis://127.0.0.1:{}", server.port());
    assert!(ping(&without).unwrap_err().to_string().contains("NOAUTH"));
    let nameless = format!("redis://:secret@127.0.0.1:{}", server.port());
    assert!(ping(&nameless).is_err());
    assert_eq!(server.command(&["DBSIZE"]), Value::Int(0));
}

#[test]
fn a_unix_socket_needs_no_port() {
    let server = RedisServer::builder().unix_socket().password("p&=?").start();
    assert!(server.url().starts_with("unix:///"));
    assert_eq!(ping(&server.url()).unwrap(), "PONG");
    assert_eq!(server.info("server")["tcp_port"], "0");
    assert!(ping(&format!("unix://{}", server.socket().display())).is_err());
}

fn tls_ping(server: &RedisServer, ca: &str) -> Output {
    let mut client = Command::new("openssl")
        .args(["s_client", "-quiet", "-no_ign_eof", "-verify_return_error"])
        .args(["-verify_ip", "127.0.0.1", "-CAfile", ca])
        .args(["-connect", &format!("127.0.0.1:{}", server.port())])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("openssl is installed");
    // The server hangs up after QUIT, which ends the client. One that fails the handshake may be
    // gone before it reads this.
    let mut input = client.stdin.take().unwrap();
    let _ = input.write_all(b"PING\r\nQUIT\r\n");
    let output = client.wait_with_output().unwrap();
    drop(input);
    output
}

#[test]
fn tls_has_a_certificate_that_its_authority_vouches_for() {
    let server = RedisServer::builder().tls().start();
    assert!(server.url().starts_with("rediss://"));
    let trusting = tls_ping(&server, server.ca().to_str().unwrap());
    let answer = String::from_utf8_lossy(&trusting.stdout);
    assert!(answer.starts_with("+PONG"), "{trusting:?}");
    assert!(ask(server.port(), "PING\r\n", SOON).unwrap_or_default() != "+PONG\r\n");
}

#[test]
fn tls_is_refused_by_who_trusts_another_authority() {
    let (server, other) =
        (RedisServer::builder().tls().start(), RedisServer::builder().tls().start());
    let output = tls_ping(&server, other.ca().to_str().unwrap());
    assert!(!output.status.success());
    assert!(!output.stdout.starts_with(b"+PONG"));
}

#[test]
fn a_full_server_refuses_writes() {
    let server = RedisServer::builder().maxmemory("2mb", "noeviction").start();
    let value = "x".repeat(1_000_000);
    let error = (0..5)
        .find_map(|n| server.try_command(&["SET", &n.to_string(), &value]).err())
        .expect("five megabytes do not fit into two");
    assert_eq!(error.code(), Some("OOM"));
}

#[test]
fn options_and_the_binary_are_passed_on() {
    let server = RedisServer::builder().arg("--databases", "3").binary("redis-server").start();
    assert!(server.try_command(&["SELECT", "2"]).is_ok());
    assert!(server.try_command(&["SELECT", "3"]).is_err());
}

#[test]
#[should_panic(expected = "apt-get install redis-server")]
fn a_missing_binary_is_explained() {
    let _ = RedisServer::builder().binary("/nowhere/redis-server").start();
}

#[test]
#[should_panic(expected = "redis-server does not start; its log")]
fn an_option_redis_refuses_is_explained() {
    let _ = RedisServer::builder().arg("--no-such-option", "1").start();
}

#[test]
fn a_frozen_server_accepts_and_does_not_answer() {
    let server = RedisServer::start();
    server.freeze();
    let error = ask(server.port(), "PING\r\n", Duration::from_millis(100)).unwrap_err();
    assert!(is_timeout(&error), "{error}");
    server.thaw();
    assert_eq!(ask(server.port(), "PING\r\n", SOON).unwrap(), "+PONG\r\n");
}

#[test]
fn a_killed_server_refuses_connections_until_restarted() {
    let server = RedisServer::start();
    let (port, process) = (server.port(), server.process_id());
    server.set_raw("key", b"value");
    server.kill();
    let error = TcpStream::connect(("127.0.0.1", port)).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);

    server.restart();
    assert_eq!(server.port(), port);
    assert_ne!(server.process_id(), process);
    assert_eq!(ask(port, "PING\r\n", SOON).unwrap(), "+PONG\r\n");
    assert_eq!(server.get_raw("key"), None);
}

#[test]
fn a_running_and_a_frozen_server_can_be_restarted() {
    let server = RedisServer::start();
    server.restart();
    server.freeze();
    server.restart();
    assert_eq!(ping(&server.url()).unwrap(), "PONG");
}

#[test]
fn a_restart_waits_for_its_port() {
    let server = RedisServer::start();
    server.kill();
    let squatter = TcpListener::bind(("127.0.0.1", server.port())).unwrap();
    std::thread::scope(|scope| {
        let restart = scope.spawn(|| server.restart());
        eventually_blocking(
            SOON,
            || server.log().contains("Address already in use"),
            "the server has found its port taken",
        );
        drop(squatter);
        restart.join().unwrap();
    });
    assert_eq!(ping(&server.url()).unwrap(), "PONG");
}

/// `kill -0` asks whether a process exists without doing anything to it.
fn exists(process: u32) -> bool {
    let output = Command::new("kill").args(["-0", &process.to_string()]).output();
    output.unwrap().status.success()
}

#[test]
fn dropping_a_server_ends_its_process() {
    for frozen in [false, true] {
        let server = RedisServer::start();
        let (process, port, socket) = (server.process_id(), server.port(), server.socket());
        if frozen {
            server.freeze();
        }
        assert!(exists(process));
        drop(server);
        assert!(!exists(process));
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
        assert!(!socket.exists());
    }
}

/// Which processes a terminal's Ctrl-C reaches together.
fn group_of(process: u32) -> String {
    let output = Command::new("ps").args(["-o", "pgid=", "-p", &process.to_string()]).output();
    String::from_utf8(output.unwrap().stdout).unwrap().trim().to_owned()
}

#[test]
fn a_server_hears_ctrl_c_unless_it_has_a_group_of_its_own() {
    let ours = group_of(std::process::id());
    assert_eq!(group_of(RedisServer::start().process_id()), ours);
    let server = RedisServer::builder().own_process_group().start();
    assert_eq!(group_of(server.process_id()), server.process_id().to_string());
    server.restart();
    assert_eq!(group_of(server.process_id()), server.process_id().to_string());
}

/// What `psql` prints, as a user of `url` would see it.
fn select(url: &str, what: &str) -> String {
    let arguments = ["--no-psqlrc", "--tuples-only", "--no-align", "--command"];
    let output = Command::new("psql").args(arguments).args([what, url]).output();
    String::from_utf8(output.expect("it was found before").stdout).expect("it is UTF-8")
}

#[test]
fn a_postgres_has_an_empty_database_whose_owner_is_no_administrator() {
    let (one, other) = (PostgresServer::start(), PostgresServer::start());
    assert_eq!(select(&one.url(), "SELECT current_user"), "app\n");
    assert_eq!(select(&one.administrator_url(), "SELECT current_database()"), "app\n");
    select(&one.url(), "CREATE TABLE things (id INT)");
    let tables = "SELECT count(*) FROM pg_tables WHERE tableowner = 'app'";
    assert_eq!((&*select(&one.url(), tables), &*select(&other.url(), tables)), ("1\n", "0\n"));
}

#[test]
fn dropping_a_postgres_ends_its_process() {
    let server = PostgresServer::start();
    let process = server.process_id();
    assert!(exists(process));
    drop(server);
    assert!(!exists(process));
}

#[test]
#[should_panic(expected = "apt-get install postgresql")]
fn a_missing_postgres_is_explained() {
    let _ = PostgresServer::start_from("/no/such/folder");
}

#[test]
fn a_free_port_can_be_bound() {
    assert!(TcpListener::bind(("127.0.0.1", free_port())).is_ok());
}

#[test]
fn a_black_hole_accepts_and_never_answers() {
    let hole = BlackHole::start();
    let error = ask(hole.port(), "PING\r\n", Duration::from_millis(100)).unwrap_err();
    assert!(is_timeout(&error), "{error}");
    eventually_blocking(SOON, || hole.connections() == 1, "the connection is counted");
}

#[test]
fn a_dropped_black_hole_hangs_up() {
    let hole = BlackHole::start();
    let mut stream = TcpStream::connect(("127.0.0.1", hole.port())).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    eventually_blocking(SOON, || hole.connections() == 1, "the connection is accepted");
    drop(hole);
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
}

#[test]
fn an_error_server_answers_everything_with_its_error() {
    let server = ErrorServer::start("ERR no such luck");
    let answer = ask(server.port(), "*1\r\n$4\r\nPING\r\n", SOON).unwrap();
    assert_eq!(answer, "-ERR no such luck\r\n");
    assert_eq!(server.failed_commands(), 1);
    let error = ping(&server.url()).unwrap_err();
    assert!(error.to_string().contains("no such luck"), "{error}");
}

#[test]
fn an_error_server_can_let_clients_connect_first() {
    let server = ErrorServer::after_handshake("LOADING not yet");
    for url in [server.url(), format!("{}?protocol=resp3", server.url())] {
        let mut connection = Client::open(url).unwrap().get_connection().unwrap();
        let answer: RedisResult<Value> = redis::cmd("GET").arg("key").query(&mut connection);
        assert_eq!(answer.unwrap_err().code(), Some("LOADING"));
    }
    assert_eq!(server.failed_commands(), 2);
}

#[tokio::test]
async fn eventually_lets_other_tasks_run() {
    let ticks = AtomicU32::new(0);
    let tick = async {
        loop {
            ticks.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
        }
    };
    let done =
        eventually(SOON, async || ticks.load(Ordering::Relaxed) > 3, "the other future has run");
    tokio::select! {
        () = done => {}
        () = tick => {}
    }
}

#[tokio::test]
#[should_panic(expected = "waiting until pigs fly, at tests/tests/it/fixtures.rs")]
async fn eventually_gives_up_with_a_reason() {
    eventually(Duration::from_millis(20), async || false, "pigs fly").await;
}

#[test]
fn eventually_does_not_wait_longer_than_it_must() {
    let start = Instant::now();
    eventually_blocking(SOON, || true, "nothing");
    assert!(start.elapsed() < SOON);
}

fn is_timeout(error: &io::Error) -> bool {
    // Linux says the first, other systems the second.
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}
