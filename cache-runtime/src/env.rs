//! A handle's options from environment variables.

use crate::cache::Cache;
use crate::cache::builder::{CacheBuilder, Target, check_prefix};
use crate::cache::config;
use crate::duration;
use crate::error::{Error, Result};
use crate::expiry::Expiry;
use crate::store::StoreFuture;
use crate::store::redis::address::{Address, Login};
use std::env::VarError;
use std::net::Ipv6Addr;
use std::str::FromStr;
use std::time::Duration;

/// Where a server is looked for of which nothing but the port is said.
const LOCALHOST: &str = "127.0.0.1";

const USUAL_PORT: u16 = 6379;

impl Cache {
    /// Builds a handle from environment variables; an empty one counts as unset, white space around one as nothing.
    ///
    /// | variable | meaning | default |
    /// |---|---|---|
    /// | `CACHE_URL` | `redis://…`, `rediss://…`, `unix:/path`, `memory:` or `off` | `memory:` |
    /// | `CACHE_PREFIX` | prefix of every key | `cache` |
    /// | `CACHE_TTL` | default TTL: seconds, or `"5m"` | 300 s |
    /// | `CACHE_BUDGET_MS` | what the store may add to one call, in milliseconds | 100 |
    ///
    /// Without `CACHE_URL`: `REDIS_URL`, else `REDIS_SOCKET_PATH`, else `REDIS_HOST` and `REDIS_PORT`, the last two
    /// forms with `REDIS_PASSWORD` and `REDIS_DB`. A password is taken as it is, with the line break that a mounted file may end in; in a URL it
    /// is percent-encoded.
    ///
    /// `REDIS_PORT` is a number, or `tcp://10.0.0.1:6379`, which Kubernetes and Docker set beside a service called `redis`: host and port
    /// are that service's. Where `REDIS_HOST` names another host, the port is 6379, and a warning is logged.
    ///
    /// # Errors
    ///
    /// A variable holds something unusable; the error names it and never repeats a password. A store that cannot
    /// be reached is no error: see [`OnUnreachable`](crate::OnUnreachable).
    pub async fn from_env() -> Result<Self> {
        built().await
    }
}

/// Boxed here, it is compiled with this crate and not with each that awaits it.
fn built() -> StoreFuture<'static, Cache> {
    Box::pin(async {
        let cache = builder(process)?.build().await?;
        let (store, prefix) = (cache.store_name(), cache.prefix());
        tracing::info!(target: "cache_runtime", store, prefix, "built a cache from the environment");
        Ok(cache)
    })
}

/// Reads one variable of this process.
fn process(name: &str) -> Result<Option<String>, VarError> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes a builder from the variables that `read` finds.
fn builder(read: impl Fn(&str) -> Result<Option<String>, VarError>) -> Result<CacheBuilder> {
    let vars = Vars { read };
    let mut builder = Cache::builder().target(vars.target()?);
    if let Some(prefix) = vars.get("CACHE_PREFIX")? {
        named("CACHE_PREFIX", check_prefix(&prefix))?;
        builder = builder.prefix(prefix);
    }
    if let Some(ttl) = vars.ttl()? {
        builder = builder.default_ttl(ttl);
    }
    if let Some(budget) = vars.parse("CACHE_BUDGET_MS", "a number of milliseconds", number)? {
        builder = builder.budget(Duration::from_millis(budget));
    }
    Ok(builder)
}

/// Whether a host can be shown: a URL, which may hold a password, is none.
fn is_host(text: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    let is_address = || bare(text).parse::<Ipv6Addr>().is_ok();
    !text.is_empty() && (text.chars().all(is_name) || is_address())
}

/// An IPv6 address without its brackets.
fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// What `REDIS_PORT` says.
enum Port {
    Number(u16),
    /// The address of a service called `redis`, which Kubernetes and Docker make known so.
    Service {
        host: String,
        port: u16,
    },
}

impl Port {
    fn parse(text: &str) -> Option<Self> {
        let Some(address) = text.strip_prefix("tcp://") else {
            return number(text).map(Self::Number);
        };
        let (host, port) = address.rsplit_once(':')?;
        let host = is_host(host).then(|| bare(host).to_owned())?;
        Some(Self::Service { host, port: number(port)? })
    }

    /// Where to connect, beside what `REDIS_HOST` says.
    fn with(self, host: Option<String>) -> (String, u16) {
        match (self, host) {
            (Self::Number(port), host) => (host.unwrap_or_else(|| LOCALHOST.to_owned()), port),
            (Self::Service { host, port }, None) => (host, port),
            (Self::Service { host: service, port }, Some(host)) if bare(&host) == service => {
                (host, port)
            }
            (Self::Service { .. }, Some(host)) => {
                tracing::warn!(target: "cache_runtime", host, port = USUAL_PORT, "REDIS_PORT is the address of a service, and REDIS_HOST another host: the usual port is taken; set CACHE_URL or REDIS_PORT to a number");
                (host, USUAL_PORT)
            }
        }
    }
}

/// A number that is not zero, written without a sign.
fn number<T: FromStr + Default + PartialEq>(text: &str) -> Option<T> {
    digits(text).filter(|number| *number != T::default())
}

/// A number written without a sign.
fn digits<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether text may be a URL with a password that was meant for another variable.
fn may_be_secret(text: &str) -> bool {
    text.contains(['@', '/'])
}

/// What `build` would refuse, refused with the name of the variable or of the field.
pub(crate) fn named<T>(name: &str, checked: Result<T>) -> Result<T> {
    checked.map_err(|error| Error::config(format!("{name}: {error}")))
}

struct Vars<R> {
    read: R,
}

impl<R: Fn(&str) -> Result<Option<String>, VarError>> Vars<R> {
    /// A variable's value without the white space around it; an empty one is unset.
    fn get(&self, name: &str) -> Result<Option<String>> {
        let value = self.exactly(name)?.map(|value| value.trim().to_owned());
        Ok(value.filter(|value| !value.is_empty()))
    }

    /// A variable's value as it is; an empty one is unset.
    fn exactly(&self, name: &str) -> Result<Option<String>> {
        let value = (self.read)(name).map_err(|_| Error::config(format!("{name} is not UTF-8")))?;
        Ok(value.filter(|value| !value.is_empty()))
    }

    /// A variable that is not secret, so that the error may repeat it.
    fn parse<T>(
        &self,
        name: &str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>> {
        let Some(text) = self.get(name)? else {
            return Ok(None);
        };
        let bad = || {
            let shown = if may_be_secret(&text) { "something else" } else { &*format!("`{text}`") };
            Error::config(format!("{name} is {shown}; it must be {expected}"))
        };
        read(&text).map(Some).ok_or_else(bad)
    }

    fn ttl(&self) -> Result<Option<Expiry>> {
        let name = "CACHE_TTL";
        let Some(text) = self.get(name)? else { return Ok(None) };
        match duration::parse(&text) {
            Ok(ms) => config::positive_ttl(name, Duration::from_millis(ms).into()).map(Some),
            Err(_) if may_be_secret(&text) => Err(Error::config(format!(
                "{name} is something else; it must be seconds, or a duration such as `5m`"
            ))),
            Err(message) => Err(Error::config(format!("{name}: {message}"))),
        }
    }

    fn target(&self) -> Result<Target> {
        if let Some(url) = self.get("CACHE_URL")? {
            return cache_url(&url);
        }
        if let Some(url) = self.get("REDIS_URL")? {
            return redis_url("REDIS_URL", &url);
        }
        let host = self.get("REDIS_HOST")?;
        if host.as_deref().is_some_and(|host| !is_host(host)) {
            return Err(Error::config(
                "REDIS_HOST is not a host name or address; a URL belongs into CACHE_URL",
            ));
        }
        let port = "a port number, or `tcp://host:port`";
        let port = self.parse("REDIS_PORT", port, Port::parse)?;
        let socket = self.get("REDIS_SOCKET_PATH")?;
        if host.is_none() && port.is_none() && socket.is_none() {
            return Ok(Target::Memory);
        }
        let login = self.login()?;
        let address = if let Some(path) = socket {
            Address::at_socket(&path, login)?
        } else {
            let (host, port) = port.unwrap_or(Port::Number(USUAL_PORT)).with(host);
            Address::at_host(host, port, false, login)?
        };
        Ok(Target::Redis(Box::new(address)))
    }

    fn login(&self) -> Result<Login> {
        let database = self.parse("REDIS_DB", "a database number", digits::<u16>)?;
        let password = self.exactly("REDIS_PASSWORD")?;
        Ok(Login { user: None, password, database: database.unwrap_or(0).into() })
    }
}

fn cache_url(url: &str) -> Result<Target> {
    named("CACHE_URL", target(url))
}

/// The store that a configuration's `url` names.
pub(crate) fn target(url: &str) -> Result<Target> {
    match url {
        "off" => Ok(Target::Disabled),
        "memory" | "memory:" | "memory://" => Ok(Target::Memory),
        _ => Address::parse(url).map(Box::new).map(Target::Redis),
    }
}

/// Whether it is certain that a configuration's `url` holds no password.
pub(crate) fn holds_no_secret(url: &str) -> bool {
    match target(url) {
        Ok(Target::Redis(address)) => address.password().is_none(),
        target => target.is_ok(),
    }
}

fn redis_url(name: &str, url: &str) -> Result<Target> {
    let address = Address::parse(url).map_err(|error| Error::config(format!("{name}: {error}")))?;
    Ok(Target::Redis(Box::new(address)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(vars: &[(&str, &str)]) -> Result<String> {
        let read = |name: &str| {
            let found = vars.iter().find(|(var, _)| *var == name);
            Ok(found.map(|(_, value)| (*value).to_owned()))
        };
        let _checked = builder(read)?;
        Ok(match (Vars { read }).target()? {
            Target::Memory => "memory".into(),
            Target::Disabled => "off".into(),
            Target::Redis(address) => address.to_string(),
            Target::Url(_) | Target::Own(_) => unreachable!("the environment makes neither"),
        })
    }

    fn address(vars: &[(&str, &str)]) -> Address {
        let read = |name: &str| {
            let found = vars.iter().find(|(var, _)| *var == name);
            Ok(found.map(|(_, value)| (*value).to_owned()))
        };
        let Ok(Target::Redis(address)) = (Vars { read }).target() else { panic!("no Redis") };
        *address
    }

    #[test]
    fn the_store_is_chosen_in_the_documented_order() {
        for (vars, expected) in [
            (&[][..], "memory"),
            (&[("CACHE_URL", "off"), ("REDIS_URL", "redis://a")], "off"),
            (&[("CACHE_URL", " "), ("REDIS_URL", "redis://a")], "a:6379"),
            (&[("CACHE_URL", "memory:")], "memory"),
            (&[("CACHE_URL", "unix:/run/r.sock")], "/run/r.sock"),
            (&[("REDIS_HOST", "h"), ("REDIS_PORT", "7"), ("REDIS_DB", "3")], "h:7"),
            (&[("REDIS_PORT", "7")], "127.0.0.1:7"),
            (&[("REDIS_PORT", "tcp://10.0.0.1:7")], "10.0.0.1:7"),
            (&[("REDIS_PORT", "tcp://[fd00::1]:7")], "[fd00::1]:7"),
            (&[("REDIS_PORT", "tcp://redis:7"), ("REDIS_HOST", " ")], "redis:7"),
            (&[("REDIS_PORT", "tcp://10.0.0.1:7"), ("REDIS_HOST", "h")], "h:6379"),
            (&[("REDIS_PORT", "tcp://10.0.0.1:7"), ("REDIS_HOST", "10.0.0.1")], "10.0.0.1:7"),
            (&[("REDIS_PORT", "tcp://10.0.0.1:7"), ("REDIS_SOCKET_PATH", "/s")], "/s"),
            (&[("REDIS_PORT", "tcp://10.0.0.1:7"), ("CACHE_URL", "redis://a")], "a:6379"),
            (&[("REDIS_PORT", "?"), ("REDIS_URL", "redis://a")], "a:6379"),
            (&[("REDIS_HOST", "[::1]")], "[::1]:6379"),
            (&[("REDIS_SOCKET_PATH", "/s"), ("REDIS_HOST", "h")], "/s"),
            (&[("REDIS_PASSWORD", "x")], "memory"),
        ] {
            assert_eq!(target(vars).as_deref(), Ok(expected), "{vars:?}");
        }
    }

    /// What a mounted file ends with is part of it: nobody but the server knows what a password is.
    #[test]
    fn a_password_is_taken_as_it_is() {
        for password in [" hunter2 ", "hunter2\n", "hunter2\r\n", "%68unter2", "a+b", " ", "\u{e9}"]
        {
            let vars = [("REDIS_HOST", "h"), ("REDIS_PASSWORD", password)];
            assert_eq!(address(&vars).password(), Some(password), "{password:?}");
        }
        let vars = [("REDIS_SOCKET_PATH", "/s"), ("REDIS_PASSWORD", "")];
        assert_eq!(address(&vars).password(), None);
    }

    #[test]
    fn a_bad_value_names_its_variable_and_no_password() {
        for (name, value) in [
            ("CACHE_URL", "http://u:hunter2@h"),
            ("CACHE_URL", "redis://u:hunter2/@h"),
            ("REDIS_URL", "redis://u:hunter2@h/x"),
            ("CACHE_TTL", "soon"),
            ("CACHE_BUDGET_MS", "0"),
            ("CACHE_BUDGET_MS", "100ms"),
            ("CACHE_TTL", "0"),
            ("CACHE_PREFIX", "a b"),
            ("CACHE_TTL", "5 min"),
            ("CACHE_TTL", "redis://:hunter2@h"),
            ("CACHE_TTL", "99999999999999999999"),
            ("REDIS_HOST", "redis://:hunter2@127.0.0.1"),
            ("REDIS_HOST", "h:7"),
            ("REDIS_HOST", "[::1"),
            ("REDIS_PORT", "70000"),
            ("REDIS_PORT", "0"),
            ("REDIS_PORT", "tcp://10.0.0.1"),
            ("REDIS_PORT", "tcp://:7"),
            ("REDIS_PORT", "tcp://10.0.0.1:0"),
            ("REDIS_PORT", "tcp://10.0.0.1:7/"),
            ("REDIS_PORT", "udp://10.0.0.1:7"),
            ("REDIS_PORT", "tcp://:hunter2@10.0.0.1:7"),
            ("REDIS_PORT", "redis://:hunter2@10.0.0.1:7"),
            ("REDIS_DB", "-1"),
            ("REDIS_DB", "+1"),
        ] {
            let vars = [(name, value), ("REDIS_PASSWORD", "hunter2"), ("REDIS_HOST", "h")];
            let error = target(&vars).unwrap_err();
            assert!(error.is_config() && error.to_string().contains(name), "{name}: {error}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }
}
