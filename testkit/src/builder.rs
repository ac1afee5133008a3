//! What a test wants of its server.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::certificates::Certificates;
use crate::redis_server::RedisServer;

/// Options of a [`RedisServer`]; without any, it listens on a port and asks for no password.
#[derive(Clone, Debug, Default)]
#[must_use = "nothing runs before `start`"]
pub struct RedisServerBuilder {
    binary: Option<PathBuf>,
    user: Option<String>,
    password: Option<String>,
    maxmemory: Option<(String, String)>,
    arguments: Vec<String>,
    listen: Listen,
    group: Group,
}

/// Where clients reach the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Listen {
    #[default]
    Tcp,
    Tls,
    UnixSocket,
}

/// Who else hears a signal that a terminal sends, such as Ctrl-C.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Group {
    /// The server does, as the test: neither outlives the other.
    #[default]
    Shared,
    /// The server does not.
    Own,
}

impl RedisServerBuilder {
    /// Asks every client for `password`.
    pub fn password(mut self, password: &str) -> Self {
        self.password = Some(password.to_owned());
        self
    }

    /// Asks every client for this user and password; the default user is switched off, so that a
    /// client which forgets the name is refused.
    pub fn user(self, name: &str, password: &str) -> Self {
        let mut this = self.password(password);
        this.user = Some(name.to_owned());
        this
    }

    /// Listens on a unix socket only, on no port.
    pub fn unix_socket(mut self) -> Self {
        self.listen = Listen::UnixSocket;
        self
    }

    /// Speaks TLS only, with a certificate for `127.0.0.1` and `localhost` that is signed by an
    /// authority of its own (see [`RedisServer::ca`]).
    pub fn tls(mut self) -> Self {
        self.listen = Listen::Tls;
        self
    }

    /// Limits memory, for example to `2mb` with the policy `noeviction`.
    pub fn maxmemory(mut self, limit: &str, policy: &str) -> Self {
        self.maxmemory = Some((limit.to_owned(), policy.to_owned()));
        self
    }

    /// Passes one more option on the command line, for example `"--hz", "100"`.
    pub fn arg(mut self, option: &str, value: &str) -> Self {
        self.arguments.extend([option.to_owned(), value.to_owned()]);
        self
    }

    /// Takes a command away from everybody: `rename-command <name> ""`.
    pub fn without_command(mut self, name: &str) -> Self {
        self.arguments.extend(["--rename-command", name, ""].map(str::to_owned));
        self
    }

    /// Lets the server survive Ctrl-C, for a program that hears of it itself and ends the server on its own way out.
    pub fn own_process_group(mut self) -> Self {
        self.group = Group::Own;
        self
    }

    /// Runs this program instead of the `redis-server` found in `PATH`, and instead of the one
    /// named in the environment variable `CACHE_TEST_REDIS_SERVER`.
    pub fn binary(mut self, path: impl Into<PathBuf>) -> Self {
        self.binary = Some(path.into());
        self
    }

    /// Starts the server and returns when it answers.
    ///
    /// # Panics
    ///
    /// When it cannot be started; the message holds the server's log, or says what to install.
    #[must_use]
    pub fn start(self) -> RedisServer {
        RedisServer::from_builder(self)
    }

    pub(crate) fn binary_path(&self) -> PathBuf {
        let from_environment = || std::env::var_os("CACHE_TEST_REDIS_SERVER").map(PathBuf::from);
        let named = self.binary.clone().or_else(from_environment);
        named.unwrap_or_else(|| PathBuf::from("redis-server"))
    }

    pub(crate) fn group(&self) -> Group {
        self.group
    }

    pub(crate) fn certificates(&self, directory: &Path) -> Option<Certificates> {
        (self.listen == Listen::Tls).then(|| Certificates::create(directory))
    }

    /// The command line: our configuration file first, so that the test's own options win.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let mut arguments = vec![String::from("redis.conf")];
        arguments.extend_from_slice(&self.arguments);
        arguments
    }

    /// The configuration file; relative paths are in the server's own directory.
    pub(crate) fn config(&self, port: u16) -> String {
        let mut config = String::from(
            "bind 127.0.0.1\nsave \"\"\nappendonly no\ndaemonize no\nunixsocket redis.sock\n",
        );
        config += &self.listen_config(port);
        config += &self.access_config();
        if let Some((limit, policy)) = &self.maxmemory {
            writeln!(config, "maxmemory {limit}\nmaxmemory-policy {policy}").expect("a String");
        }
        config
    }

    fn listen_config(&self, port: u16) -> String {
        match self.listen {
            Listen::Tcp => format!("port {port}\n"),
            Listen::UnixSocket => String::from("port 0\n"),
            Listen::Tls => format!(
                "port 0\ntls-port {port}\ntls-cert-file server.pem\ntls-key-file server.key\n\
                 tls-ca-cert-file ca.pem\ntls-auth-clients no\n"
            ),
        }
    }

    fn access_config(&self) -> String {
        match (&self.user, &self.password) {
            (Some(user), Some(password)) => {
                format!("user default off\nuser {user} on \">{password}\" ~* &* +@all\n")
            }
            (None, Some(password)) => format!("requirepass \"{password}\"\n"),
            _ => String::new(),
        }
    }

    /// The URL a client uses; `directory` is the server's.
    pub(crate) fn url(&self, port: u16, directory: &Path) -> String {
        match self.listen {
            Listen::Tcp => format!("redis://{}127.0.0.1:{port}", self.url_credentials()),
            Listen::Tls => format!("rediss://{}127.0.0.1:{port}", self.url_credentials()),
            Listen::UnixSocket => self.socket_url(directory),
        }
    }

    /// The URL of the unix socket, which every server has: the fixture's own way in, the same
    /// whatever the test asks for.
    pub(crate) fn socket_url(&self, directory: &Path) -> String {
        let parameters = [("user", &self.user), ("pass", &self.password)];
        let query: Vec<_> = parameters
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name}={}", encode(value.as_ref()?))))
            .collect();
        let separator = if query.is_empty() { "" } else { "?" };
        let socket = directory.join("redis.sock");
        format!("unix://{}{separator}{}", socket.display(), query.join("&"))
    }

    fn url_credentials(&self) -> String {
        let Some(password) = &self.password else {
            return String::new();
        };
        let user = self.user.as_deref().unwrap_or_default();
        format!("{}:{}@", encode(user), encode(password))
    }

    pub(crate) fn listens_on_port(&self) -> bool {
        self.listen != Listen::UnixSocket
    }
}

fn encode(value: &str) -> String {
    utf8_percent_encode(value, NON_ALPHANUMERIC).to_string()
}
