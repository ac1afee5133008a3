//! Where a Redis server is, and who we are there. Nothing in here is ever shown but host, port and path.

use crate::error::{Error, Result};
use percent_encoding::percent_decode_str;
use redis::io::tcp::TcpSettings;
use redis::{
    ConnectionAddr, ConnectionInfo, IntoConnectionInfo, ProtocolVersion, RedisConnectionInfo,
};
use std::fmt;
use url::Url;

/// The address, credentials and database of a server.
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

/// Who logs in, and to which database.
#[derive(Default)]
pub(crate) struct Login {
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) database: i64,
}

impl Address {
    /// The same, to be spoken to in RESP3 (<https://redis.io/docs/latest/develop/reference/protocol-spec/>): only there a
    /// server says something unasked.
    pub(super) fn in_resp3(&self) -> Self {
        let login = self.info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        Self { info: self.info.clone().set_redis_settings(login), shown: self.shown.clone() }
    }

    /// Reads `redis://[user[:password]@]host[:port][/database]`, the same with `rediss://` for TLS, or
    /// `unix:/path/to/socket[?db=1&user=name&pass=secret]`.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        // The parser's own errors name positions and parts, never the text itself.
        let url = Url::parse(text)
            .map_err(|error| Error::config(format!("this is not a Redis URL: {error}; {FORM}")))?;
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
        let login = Login {
            user: Some(decode(url.username())?).filter(|user| !user.is_empty()),
            password: url.password().map(decode).transpose()?,
            database: database(url.path().trim_matches('/'))?,
        };
        Self::at_host(host.to_owned(), url.port().unwrap_or(6379), tls, login)
    }

    /// A server at a host and port. An IPv6 address may be in brackets.
    pub(crate) fn at_host(host: String, port: u16, tls: bool, login: Login) -> Result<Self> {
        if tls && cfg!(not(feature = "tls")) {
            return Err(Error::config("`rediss://` needs cache-runtime's feature `tls`"));
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
        let mut login = Login::default();
        for (name, value) in url.query_pairs() {
            match &*name {
                "db" => login.database = database(&value)?,
                "user" => login.user = Some(value.into_owned()),
                "pass" => login.password = Some(value.into_owned()),
                _ => {
                    return Err(Error::config(
                        "a unix socket URL takes only `db`, `user` and `pass`",
                    ));
                }
            }
        }
        Self::at_socket(&decode(url.path())?, login)
    }

    /// A server at a unix socket.
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
        if let Some(user) = login.user {
            redis = redis.set_username(user);
        }
        if let Some(password) = login.password {
            redis = redis.set_password(password);
        }
        let info =
            addr.into_connection_info().map_err(|_| Error::config("unusable Redis address"))?;
        let tcp = TcpSettings::default().set_nodelay(true);
        Ok(Self { info: info.set_redis_settings(redis).set_tcp_settings(tcp), shown })
    }

    #[cfg(feature = "tls")]
    pub(super) fn is_tls(&self) -> bool {
        matches!(self.info.addr(), ConnectionAddr::TcpTls { .. })
    }
}

const FORM: &str =
    "write `redis://[user:password@]host[:port][/database]`, `rediss://…` or `unix:/path`";
const ESCAPE: &str = "percent-encode `/`, `?`, `#` and `@` in a password";

fn decode(part: &str) -> Result<String> {
    let text = percent_decode_str(part).decode_utf8();
    text.map(Into::into).map_err(|_| Error::config("the Redis URL is not UTF-8 once decoded"))
}

/// The text is not repeated in the error: a password with a `/` in it ends up here.
fn database(text: &str) -> Result<i64> {
    if text.is_empty() {
        return Ok(0);
    }
    let number = text.parse().ok().filter(|number| *number >= 0);
    number.ok_or_else(|| Error::config(format!("the Redis database is not a number; {ESCAPE}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_whole() {
        let address = Address::parse("redis://me:p%40ss%2F@example.org:7000/3").unwrap();
        assert_eq!(address.to_string(), "example.org:7000");
        let redis = address.info.redis_settings();
        assert_eq!(
            (redis.username(), redis.password(), redis.db()),
            (Some("me"), Some("p@ss/"), 3)
        );
        assert!(address.info.tcp_settings().nodelay());
        assert_eq!(Address::parse("redis://localhost").unwrap().to_string(), "localhost:6379");
        let bare = Address::at_host("::1".into(), 1, false, Login::default()).unwrap();
        assert_eq!(bare.to_string(), "[::1]:1");
        assert_eq!(Address::parse("redis://[::1]:1/").unwrap().to_string(), "[::1]:1");
        let socket = Address::parse("unix:/run/r.sock?db=2&pass=secret").unwrap();
        assert_eq!(socket.to_string(), "/run/r.sock");
        assert_eq!(socket.info.redis_settings().db(), 2);
    }

    #[test]
    fn mistakes_are_named_and_secrets_are_not() {
        for (text, says) in [
            ("localhost:6379", "scheme"),
            ("http://hunter2@x", "`http:` is not a scheme"),
            ("redis://", "no host"),
            ("redis://h/hunter2", "not a number"),
            ("redis://:hunter2/x@h", "not a Redis URL"),
            ("redis://u:hunter2#x@h", "port"),
            ("redis://h/0?hunter2", "no `?`"),
            ("redis://h:99999", "port"),
            ("redis://h/-1", "not a number"),
            ("unix:", "no path"),
            ("unix:/a?secret=hunter2", "only `db`"),
            ("", "not a Redis URL"),
        ] {
            let error = Address::parse(text).unwrap_err();
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
