//! A real Redis for one test.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use redis::{Connection, FromRedisValue, RedisResult, Value};
use tempfile::TempDir;

use crate::builder::RedisServerBuilder;
use crate::certificates::Certificates;
use crate::ports::free_port;
use crate::process::Process;

/// What a fixture's own command may take. A frozen server fails the test instead of hanging it.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(10);

/// Generous: machines that build and test at once have slow moments.
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// A `redis-server` process of the test's own, empty, without persistence; killed on drop.
///
/// Each test starts its own: starting takes some 10 ms, and nothing another test does can be seen
/// in it. The methods that look into it use a connection of their own through a private socket,
/// so they work whatever port, password or encryption the test asked for. Their commands are
/// counted by the server like everyone's.
#[derive(Debug)]
pub struct RedisServer {
    options: RedisServerBuilder,
    certificates: Option<Certificates>,
    port: u16,
    // Before the directory: fields are dropped in this order, and the server writes there.
    process: Mutex<Process>,
    directory: TempDir,
}

impl RedisServer {
    /// Starts a server on a free port of 127.0.0.1, without a password.
    ///
    /// # Panics
    ///
    /// When it cannot be started; the message holds the server's log, or says what to install.
    #[must_use]
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// Returns the options of a server to start.
    pub fn builder() -> RedisServerBuilder {
        RedisServerBuilder::default()
    }

    pub(crate) fn from_builder(options: RedisServerBuilder) -> Self {
        let directory = TempDir::with_prefix("redis-").expect("a temporary directory can be made");
        let certificates = options.certificates(directory.path());
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            let port = free_port();
            match launch(&options, port, directory.path()) {
                Ok(process) => {
                    return Self {
                        port,
                        certificates,
                        process: Mutex::new(process),
                        directory,
                        options,
                    };
                }
                // Somebody else was faster: take another port.
                Err(failure) => failure.panic_unless_port_taken(deadline),
            }
        }
    }

    /// Returns the URL a client needs, credentials included; `unix://…` for a unix socket.
    #[must_use]
    pub fn url(&self) -> String {
        self.options.url(self.port, self.directory.path())
    }

    /// Returns the port it listens on.
    ///
    /// # Panics
    ///
    /// For a server on a unix socket, which has none.
    #[must_use]
    pub fn port(&self) -> u16 {
        assert!(self.options.listens_on_port(), "it has a unix socket only");
        self.port
    }

    /// Returns the unix socket. It is there in every server and asks for the same password.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("redis.sock")
    }

    /// Returns the certificate of the authority that clients have to trust.
    ///
    /// # Panics
    ///
    /// For a server without TLS.
    #[must_use]
    pub fn ca(&self) -> PathBuf {
        let certificates = self.certificates.as_ref();
        certificates.expect("it was started without `.tls()`").ca()
    }

    /// Returns the number of the server's process.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.process().id()
    }

    /// Returns everything the server has logged.
    #[must_use]
    pub fn log(&self) -> String {
        read_log(self.directory.path())
    }

    /// Ends the server as a power cut would; [`restart`](Self::restart) brings it back.
    pub fn kill(&self) {
        self.process().kill();
    }

    /// Starts it again on the same port; ends it first when it is running. It is empty, unless the
    /// test has made it write a snapshot (`SAVE`), which it comes back with.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn restart(&self) {
        let mut process = self.process();
        process.kill();
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            match launch(&self.options, self.port, self.directory.path()) {
                Ok(started) => {
                    *process = started;
                    return;
                }
                // Others look for free ports too, and give this one back soon.
                Err(failure) => failure.panic_unless_port_taken(deadline),
            }
        }
    }

    /// Stops the server's process: connections stay open, connecting works, nothing answers.
    ///
    /// # Panics
    ///
    /// When the server is not running.
    pub fn freeze(&self) {
        self.process().freeze();
    }

    /// Lets a frozen server go on, and answer what it was sent meanwhile.
    ///
    /// # Panics
    ///
    /// When the server is not running.
    pub fn thaw(&self) {
        self.process().thaw();
    }

    /// Runs one command, for example `&["SET", "key", "value"]`, and returns the answer.
    ///
    /// # Panics
    ///
    /// When the server answers with an error or does not answer; see
    /// [`try_command`](Self::try_command).
    #[track_caller]
    pub fn command(&self, arguments: &[&str]) -> Value {
        self.query(&request(arguments))
    }

    /// Runs one command and returns the answer or the error.
    ///
    /// # Errors
    ///
    /// What the server answers, or that it cannot be reached.
    ///
    /// # Panics
    ///
    /// When `arguments` is empty.
    pub fn try_command(&self, arguments: &[&str]) -> RedisResult<Value> {
        request(arguments).query(&mut self.connect()?)
    }

    /// Deletes everything in every database.
    #[track_caller]
    pub fn flush(&self) {
        self.command(&["FLUSHALL"]);
    }

    /// Returns the keys that match a glob pattern, sorted, without those that handles leave for
    /// each other.
    #[must_use]
    #[track_caller]
    pub fn keys(&self, pattern: &str) -> Vec<String> {
        let keys: Vec<Vec<u8>> = self.query(redis::cmd("KEYS").arg(pattern));
        let text = |key: &Vec<u8>| String::from_utf8_lossy(key).into_owned();
        let mut keys: Vec<_> = keys.iter().map(text).collect();
        keys.retain(|key| !key.ends_with(":~fleet"));
        keys.sort_unstable();
        keys
    }

    /// Returns the bytes stored at `key`.
    #[must_use]
    #[track_caller]
    pub fn get_raw(&self, key: &str) -> Option<Vec<u8>> {
        self.query(redis::cmd("GET").arg(key))
    }

    /// Stores bytes at `key`, without an expiry.
    #[track_caller]
    pub fn set_raw(&self, key: &str, bytes: &[u8]) {
        self.query::<Value>(redis::cmd("SET").arg(key).arg(bytes));
    }

    /// Returns a section of `INFO` (`"clients"`, `"memory"`, `"stats"`, …) by field.
    #[must_use]
    #[track_caller]
    pub fn info(&self, section: &str) -> BTreeMap<String, String> {
        let text: String = self.query(redis::cmd("INFO").arg(section));
        let fields = text.lines().filter_map(|line| line.split_once(':'));
        fields.map(|(field, value)| (field.to_owned(), value.to_owned())).collect()
    }

    /// Returns how often a command has been called, by its lower-case name: `"get"`, or
    /// `"client|tracking"` for a subcommand.
    ///
    /// # Panics
    ///
    /// When the server does not answer, or not as Redis does.
    #[must_use]
    #[track_caller]
    pub fn commandstats(&self, name: &str) -> u64 {
        let statistics = self.info("commandstats");
        // `calls=12,usec=30,…`; a command never called has no line.
        let Some(line) = statistics.get(&format!("cmdstat_{name}")) else {
            return 0;
        };
        let calls = line.split(',').find_map(|field| field.strip_prefix("calls="));
        let number = calls.and_then(|calls| calls.parse().ok());
        number.unwrap_or_else(|| panic!("not a line of commandstats: {line}"))
    }

    /// Returns whether this version of the server knows `SET … IFEQ`.
    #[must_use]
    #[track_caller]
    pub fn has_set_ifeq(&self) -> bool {
        self.is_since((8, 1), (8, 4))
    }

    /// Returns the command of this version of the server that deletes a key if it holds a value.
    #[must_use]
    #[track_caller]
    pub fn conditional_delete(&self) -> Option<&'static str> {
        let is_valkey = self.info("server").contains_key("valkey_version");
        self.is_since((9, 0), (8, 4)).then_some(if is_valkey { "delifeq" } else { "delex" })
    }

    /// Whether it is a Valkey of the one version, or a Redis of the other one, or a newer one.
    fn is_since(&self, valkey: (u64, u64), redis: (u64, u64)) -> bool {
        let server = self.info("server");
        // Valkey says the version of the Redis that it can stand in for, too.
        let (version, since) = match server.get("valkey_version") {
            Some(version) => (version, valkey),
            None => (&server["redis_version"], redis),
        };
        let mut numbers = version.split('.').map(|number| number.parse().expect("a version"));
        let mut next = || numbers.next().expect("a version has two numbers");
        (next(), next()) >= since
    }

    #[track_caller]
    fn query<T: FromRedisValue>(&self, command: &redis::Cmd) -> T {
        let answer = self.connect().and_then(|mut server| command.query(&mut server));
        answer.unwrap_or_else(|error| panic!("{error}; the server's log:\n{}", self.log()))
    }

    fn connect(&self) -> RedisResult<Connection> {
        connect(&self.options.socket_url(self.directory.path()), COMMAND_TIMEOUT)
    }

    /// A test that panicked while holding the lock has failed already; the rest is cleaning up.
    fn process(&self) -> MutexGuard<'_, Process> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn request(arguments: &[&str]) -> redis::Cmd {
    let (name, rest) = arguments.split_first().expect("a command has a name");
    let mut command = redis::cmd(name);
    command.arg(rest);
    command
}

/// Why a server did not start.
struct Failure {
    log: String,
}

impl Failure {
    fn panic_unless_port_taken(&self, deadline: Instant) {
        let taken = self.log.contains("Address already in use");
        assert!(
            taken && Instant::now() < deadline,
            "redis-server does not start; its log:\n{}",
            self.log,
        );
    }
}

/// Starts a server and returns when it answers.
fn launch(options: &RedisServerBuilder, port: u16, directory: &Path) -> Result<Process, Failure> {
    fs::write(directory.join("redis.conf"), options.config(port)).expect("it is writable");
    let logged_before = read_log(directory).len();
    let failure = || Failure { log: read_log(directory).split_off(logged_before) };
    let (binary, arguments) = (options.binary_path(), options.arguments());
    let mut process = Process::spawn(&binary, &arguments, directory, options.group());
    let deadline = Instant::now() + START_TIMEOUT;
    while !answers(&options.socket_url(directory)) {
        if process.has_ended() || Instant::now() > deadline {
            return Err(failure());
        }
        thread::sleep(Duration::from_millis(2));
    }
    Ok(process)
}

/// The socket is opened after the port, and inside a directory of the test's own: an answer there
/// cannot come from another server that holds the same port.
fn answers(socket_url: &str) -> bool {
    let answer = connect(socket_url, Duration::from_secs(1))
        .and_then(|mut server| redis::cmd("PING").query::<String>(&mut server));
    answer.is_ok_and(|answer| answer == "PONG")
}

fn connect(url: &str, timeout: Duration) -> RedisResult<Connection> {
    let connection = redis::Client::open(url)?.get_connection_with_timeout(timeout)?;
    connection.set_read_timeout(Some(timeout))?;
    connection.set_write_timeout(Some(timeout))?;
    Ok(connection)
}

fn read_log(directory: &Path) -> String {
    let bytes = fs::read(directory.join("redis.log")).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
