//! The address of a Redis server, and the login there. Messages and debug output show only host,
//! port and path.

use crate::error::{Error, Result};
use percent_encoding::percent_decode_str;
use redis::io::tcp::TcpSettings;
use redis::{
    ConnectionAddr, ConnectionInfo, IntoConnectionInfo, ProtocolVersion, RedisConnectionInfo,
};
use std::fmt;
use url::Url;

/// Address, credentials and database of a server.
#[derive(Clone)]
pub(crate) struct Address {
    pub(super) info: ConnectionInfo,
    shown: String,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.shown)
    }
}

/// Credentials and database of a connection.
#[derive(Default)]
pub(crate) struct Login {
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) database: i64,
}

impl Address {
    /// Returns this address for a connection in RESP3
    /// (<https://redis.io/docs/latest/develop/reference/protocol-spec/>). Only in RESP3 can a
    /// server send pushes.
    pub(super) fn in_resp3(&self) -> Self {
        let login = self.info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        Self { info: self.info.clone().set_redis_settings(login), shown: self.shown.clone() }
    }

    /// Reads `redis://[[user]:password@]host[:port][/database]`, `rediss://` with the same parts
    /// for TLS, or `unix:/path/to/socket[?db=1&user=name&pass=secret]`. Every part is used or
    /// refused. Percent-encoded parts are decoded once, and `+` is a plus.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        // The parser would drop control characters silently.
        if text.contains(|c: char| c.is_control()) {
            return Err(Error::config(
                "a Redis URL has no line breaks or other control characters; percent-encode those of a password",
            ));
        }
        // The parser's own errors name positions and parts, never the text itself.
        let url = Url::parse(text).map_err(|error| {
            Error::config(format!("this is not a Redis URL: {error}; {FORM}")).with_source(error)
        })?;
        match url.scheme() {
            "redis" | "valkey" => Self::tcp(&url, false),
            "rediss" | "valkeys" => Self::tcp(&url, true),
            "unix" | "redis+unix" | "valkey+unix" => Self::socket(&url),
            other => {
                Err(Error::config(format!("`{other}:` is not a scheme of a Redis URL; {FORM}")))
            }
        }
    }

    fn tcp(url: &Url, tls: bool) -> Result<Self> {
        if url.query().is_some() || url.fragment().is_some() {
            return Err(Error::config(format!("a Redis URL has no `?` or `#` part; {ESCAPE}")));
        }
        let host = url.host_str().filter(|host| !host.is_empty());
        let host =
            host.ok_or_else(|| Error::config(format!("the Redis URL names no host; {FORM}")))?;
        let path = url.path();
        let path = path.strip_prefix('/').unwrap_or(path);
        let login = Login {
            user: Some(decode(url.username())?),
            password: url.password().map(decode).transpose()?,
            database: database(path.strip_suffix('/').unwrap_or(path))?,
        };
        Self::at_host(decode(host)?, url.port().unwrap_or(6379), tls, login)
    }

    /// Returns the address of a server at a host and port. An IPv6 address may be in brackets.
    pub(crate) fn at_host(host: String, port: u16, tls: bool, login: Login) -> Result<Self> {
        if tls && cfg!(not(feature = "tls")) {
            return Err(Error::config(
                "`rediss://` needs the feature `tls`; write `features = [\"tls\"]` at the dependency on `cache-runtime`",
            ));
        }
        if port == 0 {
            return Err(Error::config("no server has the port 0; Redis' is 6379"));
        }
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host = bare.map(str::to_owned).unwrap_or(host);
        let shown =
            if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
        let addr = if tls {
            ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None }
        } else {
            ConnectionAddr::Tcp(host, port)
        };
        Self::new(addr, shown, login)
    }

    fn socket(url: &Url) -> Result<Self> {
        // mutant: what stands before a socket's path is dropped
        if url.has_authority() && !url.authority().is_empty() {
            return Err(Error::config(
                "a unix socket has no host, port or `user:password@`; write `unix:/path?user=name&pass=secret`",
            ));
        }
        if url.fragment().is_some() {
            return Err(Error::config(
                "a unix socket URL has no `#` part; percent-encode `#` in a path or a password",
            ));
        }
        Self::at_socket(&decode(url.path())?, login(url.query())?)
    }

    /// Returns the address of a server at a unix socket.
    pub(crate) fn at_socket(path: &str, login: Login) -> Result<Self> {
        if path.is_empty() || path == "/" {
            return Err(Error::config("the unix socket has no path; write `unix:/run/redis.sock`"));
        }
        let addr = ConnectionAddr::Unix(path.into());
        if !addr.is_supported() {
            return Err(Error::config("this platform has no unix sockets"));
        }
        Self::new(addr, path.to_owned(), login)
    }

    fn new(addr: ConnectionAddr, shown: String, login: Login) -> Result<Self> {
        let mut redis = RedisConnectionInfo::default().set_db(login.database);
        let user = login.user.filter(|user| !user.is_empty());
        match (user, login.password.filter(|password| !password.is_empty())) {
            (user, Some(password)) => {
                redis = redis.set_password(password);
                if let Some(user) = user {
                    redis = redis.set_username(user);
                }
            }
            // The client would log in without credentials.
            // mutant: a user without a password is dropped
            (Some(_), None) => return Err(Error::config(NO_PASSWORD)),
            (None, None) => {}
        }
        let info =
            addr.into_connection_info().map_err(|_| Error::config("unusable Redis address"))?;
        let tcp = TcpSettings::default().set_nodelay(true);
        Ok(Self { info: info.set_redis_settings(redis).set_tcp_settings(tcp), shown })
    }

    pub(crate) fn password(&self) -> Option<&str> {
        self.info.redis_settings().password()
    }

    #[cfg(feature = "tls")]
    pub(super) fn is_tls(&self) -> bool {
        matches!(self.info.addr(), ConnectionAddr::TcpTls { .. })
    }
}

const FORM: &str =
    "write `redis://[[user]:password@]host[:port][/database]`, `rediss://…` or `unix:/path`";
const ESCAPE: &str = "percent-encode `/`, `?`, `#` and `@` in a password";

const NO_PASSWORD: &str = "there is a user without a password, and Redis takes no user alone; write `user:password@`, or `:password@` for \
                           the user `default`";

/// Reads the part of a unix socket's URL after the `?`. Only the names `db`, `user` and `pass` are
/// allowed, with any values.
fn login(query: Option<&str>) -> Result<Login> {
    let (mut database_text, mut user, mut password) = (None, None, None);
    for part in query.into_iter().flat_map(|query| query.split('&')) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let (name, place) = match name {
            "db" => ("db", &mut database_text),
            "user" => ("user", &mut user),
            "pass" => ("pass", &mut password),
            _ => {
                return Err(Error::config("a unix socket URL takes only `db`, `user` and `pass`"));
            }
        };
        if place.replace(decode(value)?).is_some() {
            return Err(Error::config(format!("`{name}` is given twice in the unix socket URL")));
        }
    }
    let database = database_text.as_deref().map_or(Ok(0), database)?;
    Ok(Login { user, password, database })
}

fn decode(part: &str) -> Result<String> {
    let text = percent_decode_str(part).decode_utf8();
    text.map(Into::into).map_err(|_| Error::config("the Redis URL is not UTF-8 once decoded"))
}

/// Reads the number of a database. Its errors do not repeat the text, because a password with a `/`
/// in it ends up in this part.
fn database(text: &str) -> Result<i64> {
    if text.is_empty() {
        return Ok(0);
    }
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| is_number);
    number.ok_or_else(|| Error::config(format!("the Redis database is not a number; {ESCAPE}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the shown address, the user, the password, and the database of a URL.
    fn read(text: &str) -> (String, Option<String>, Option<String>, i64) {
        let address = Address::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let redis = address.info.redis_settings();
        let (user, password) = (redis.username(), redis.password());
        let owned = |text: Option<&str>| text.map(str::to_owned);
        (address.to_string(), owned(user), owned(password), redis.db())
    }

    #[test]
    fn urls_are_read_whole() {
        for (text, shown, user, password, database) in [
            ("redis://me:p%40ss%2F@example.org:7000/3", "example.org:7000", "me", "p@ss/", 3),
            ("redis://localhost", "localhost:6379", "", "", 0),
            ("  redis://localhost\n", "localhost:6379", "", "", 0),
            ("valkey://localhost/", "localhost:6379", "", "", 0),
            ("redis://localhost:/3/", "localhost:6379", "", "", 3),
            ("redis://:secret@localhost", "localhost:6379", "", "secret", 0),
            ("redis://:@localhost", "localhost:6379", "", "", 0),
            ("redis://my%2Dhost", "my-host:6379", "", "", 0),
            ("redis://m\u{fc}ller.example", "m\u{fc}ller.example:6379", "", "", 0),
            ("redis://[::1]:1/", "[::1]:1", "", "", 0),
            ("redis://u%3Aq:p:q@[2001:db8::7]/15", "[2001:db8::7]:6379", "u:q", "p:q", 15),
            ("unix:/run/r.sock?db=2&pass=secret", "/run/r.sock", "", "secret", 2),
            ("unix:///run/r.sock", "/run/r.sock", "", "", 0),
            ("redis+unix:///run/a%20b.sock?user=me&pass=x", "/run/a b.sock", "me", "x", 0),
            ("unix:run/r.sock?pass=", "run/r.sock", "", "", 0),
        ] {
            let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            let expected = (shown.to_owned(), some(user), some(password), database);
            assert_eq!(read(text), expected, "{text}");
        }
        let address = Address::parse("redis://localhost").unwrap();
        assert!(address.info.tcp_settings().nodelay());
        let bare = Address::at_host("::1".into(), 1, false, Login::default()).unwrap();
        assert_eq!(bare.to_string(), "[::1]:1");
    }

    /// Passwords are decoded once, as URLs and not as forms. A form would turn `+` into a space.
    #[test]
    fn passwords_are_percent_decoded_once() {
        for (written, meant) in [
            ("a+b", "a+b"),
            ("a%20b", "a b"),
            ("a%2Bb", "a+b"),
            ("p%2525", "p%25"),
            ("100%25", "100%"),
            ("100%", "100%"),
            ("a%26b%3Dc", "a&b=c"),
            ("%C3%A9", "\u{e9}"),
        ] {
            for text in [format!("redis://:{written}@h"), format!("unix:/s?pass={written}")] {
                assert_eq!(read(&text).2.as_deref(), Some(meant), "{text}");
            }
        }
    }

    #[test]
    fn mistakes_are_named_and_secrets_are_not() {
        for (text, says) in [
            ("localhost:6379", "scheme"),
            ("http://hunter2@x", "`http:` is not a scheme"),
            ("redis://", "no host"),
            ("redis:hunter2", "no host"),
            ("redis:///0", "no host"),
            ("redis://:6379", "empty host"),
            ("redis://h/hunter2", "not a number"),
            ("redis://h/0/1", "not a number"),
            ("redis://h//3", "not a number"),
            ("redis://h/+3", "not a number"),
            ("redis://h/-1", "not a number"),
            ("redis://:hunter2/x@h", "not a Redis URL"),
            ("redis://u:hunter2#x@h", "port"),
            ("redis://h/0?hunter2", "no `?`"),
            ("redis://h#hunter2", "no `?`"),
            ("redis://h:99999", "port"),
            ("redis://h:0", "port"),
            ("redis://hunter2@h", "a user without a password"),
            ("redis://hunter2:@h", "a user without a password"),
            ("redis://:hunter%FF@h", "not UTF-8"),
            ("redis://:hun\nter2@h", "line breaks"),
            ("unix:", "no path"),
            ("unix:///", "no path"),
            ("unix://hunter2/run/r.sock", "no host"),
            ("redis+unix://u:hunter2@h/run/r.sock", "no host"),
            ("unix://u:hunter2@/run/r.sock", "host"),
            ("unix://h:1/run/r.sock", "no host"),
            ("unix:/a#hunter2", "no `#`"),
            ("unix:/a?secret=hunter2", "only `db`"),
            ("unix:/a?hunter2", "only `db`"),
            ("unix:/a?db=1&db=2", "`db` is given twice"),
            ("unix:/a?db=hunter2", "not a number"),
            ("unix:/a?user=hunter2", "a user without a password"),
            ("", "not a Redis URL"),
        ] {
            let Err(error) = Address::parse(text) else { panic!("{text} is taken") };
            assert!(error.is_config());
            assert!(error.to_string().contains(says), "{text}: {error}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn debug_shows_no_credentials() {
        let address = Address::parse("redis://me:hunter2@h").unwrap();
        assert_eq!(format!("{address:?}"), "Address(h:6379)");
    }
}
