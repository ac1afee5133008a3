//! A handle's options from environment variables.

use crate::cache::builder::{CacheBuilder, Target};
use crate::cache::config::setting::Setting;
use crate::cache::config::variables::process;
use crate::cache::{Cache, CacheConfig, LocalConfig, Time};
use crate::entry::ttl::Ttl;
use crate::error::{Error, Result};
use crate::store::StoreFuture;
use crate::store::redis::address::{Address, Login};
use std::collections::BTreeMap;
use std::env::VarError;
use std::net::Ipv6Addr;
use std::str::FromStr;
use std::time::Duration;

/// Host of a server of which only the port is given.
const LOCALHOST: &str = "127.0.0.1";

const USUAL_PORT: u16 = 6379;

impl Cache {
    /// Builds a handle from environment variables. An empty variable counts as unset, and white
    /// space around a value is ignored.
    ///
    /// | variable | meaning | default |
    /// |---|---|---|
    /// | `CACHE_URL` | `redis://`, `rediss://`, `unix:/path`, `memory:` or `off` | `memory:` |
    /// | `CACHE_ENABLED` | `false` makes every function run without the cache | `true` |
    /// | `CACHE_PREFIX` | prefix of every key | `cache` |
    /// | `CACHE_TTL` | default TTL: seconds, `5m`, or `never` | 300 s |
    /// | `CACHE_TTLS` | TTLs by name: `templates=1h,analytics=60` | none |
    /// | `CACHE_BUDGET` | time that the store may add to one call: `100ms` | 100 ms |
    /// | `CACHE_BUDGET_MS` | the budget in milliseconds, in place of `CACHE_BUDGET` | 100 |
    /// | `CACHE_LEASE` | time that a lease outlives its process | 10 s |
    /// | `CACHE_WAIT` | time that a call waits for another caller's load | 2 s |
    /// | `CACHE_CONNECT_TIMEOUT` | time that one attempt to connect may take | 1 s |
    /// | `CACHE_ON_UNREACHABLE` | `warn` or `error` | `warn` |
    /// | `CACHE_STRATEGY` | how prefix patterns are invalidated: `scan` or `scoped` | `scan` |
    /// | `CACHE_AFTER_OUTAGE` | entries of the past: `trust`, `check` or `forget` | `check` |
    /// | `CACHE_LOCAL` | number of entries in the in-process tier | none |
    /// | `CACHE_LOCAL_BYTES` | capacity of the in-process tier in bytes | 64 MiB |
    /// | `CACHE_LOCAL_CAP` | time that the tier serves a value without asking the store | 5 s |
    /// | `CACHE_MEMORY_CAPACITY` | capacity of the embedded store in bytes | 64 MiB |
    /// | `CACHE_MAX_ENTRY_SIZE` | largest value, in bytes | 16 MiB |
    /// | `CACHE_COMPRESS` | size in bytes from which on values are compressed | never |
    ///
    /// Times are written as in the attributes and in a [`CacheConfig`]: seconds, or `250ms`.
    ///
    /// Without `CACHE_URL`, the server is found by `REDIS_URL`, else by `REDIS_SOCKET_PATH`, else
    /// by `REDIS_HOST` and `REDIS_PORT`. The last two forms use `REDIS_PASSWORD` and `REDIS_DB`. A
    /// password is taken as it is, with the line break that a mounted file may end in. In a URL, a
    /// password is percent-encoded.
    ///
    /// `REDIS_PORT` is a number, or `tcp://10.0.0.1:6379`, which Kubernetes and Docker set beside a
    /// service called `redis`. The second form gives the service's host and port. If `REDIS_HOST`
    /// names another host, the port is 6379, and a warning is logged.
    ///
    /// # Errors
    ///
    /// A variable holds something unusable. The error names the variable, and never repeats a
    /// password. A store that cannot be reached is no error, unless
    /// [`OnUnreachable`](crate::config::OnUnreachable) says so.
    pub async fn from_env() -> Result<Self> {
        built().await
    }
}

/// Builds the handle in a boxed future, which is compiled with this crate and not with each crate
/// that awaits it.
fn built() -> StoreFuture<'static, Cache> {
    Box::pin(async {
        let cache = builder(process)?.build().await?;
        let (store, prefix) = (cache.store_name(), cache.prefix());
        tracing::info!(target: "cache_runtime", store, prefix, "built a cache from the environment");
        Ok(cache)
    })
}

/// Makes a builder from the variables that `read` finds.
fn builder(read: impl Fn(&str) -> Result<Option<String>, VarError>) -> Result<CacheBuilder> {
    let vars = Vars { read };
    let builder = Cache::builder().target(vars.target()?);
    let in_milliseconds = vars.get("CACHE_BUDGET_MS")?.is_some();
    let names = |field: &str| variable(field, in_milliseconds);
    vars.config()?.apply(builder, &names)
}

/// Returns the name of the variable that a field of a configuration is read from.
fn variable(field: &str, in_milliseconds: bool) -> String {
    match field {
        "default_ttl" => "CACHE_TTL".to_owned(),
        "budget" if in_milliseconds => "CACHE_BUDGET_MS".to_owned(),
        "local.entries" => "CACHE_LOCAL".to_owned(),
        _ => match field.strip_prefix("ttls.") {
            Some(name) => format!("CACHE_TTLS, `{name}`"),
            None => format!("CACHE_{}", field.replace('.', "_").to_uppercase()),
        },
    }
}

/// Tells whether text is a host that a message may show. A URL, which may hold a password, is none.
fn is_host(text: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    let is_address = || bare(text).parse::<Ipv6Addr>().is_ok();
    !text.is_empty() && (text.chars().all(is_name) || is_address())
}

/// Returns an IPv6 address without its brackets.
fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// The value of `REDIS_PORT`.
enum Port {
    Number(u16),
    /// The address of a service called `redis`, as Kubernetes and Docker set it.
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

    /// Returns the host and the port to connect to, with the value of `REDIS_HOST`.
    fn with(self, host: Option<String>) -> (String, u16) {
        match (self, host) {
            (Self::Number(port), host) => (host.unwrap_or_else(|| LOCALHOST.to_owned()), port),
            // mutant: a service's address leads to this machine
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

/// Reads a number that is not zero, written without a sign.
fn number<T: FromStr + Default + PartialEq>(text: &str) -> Option<T> {
    digits(text).filter(|number| *number != T::default())
}

/// Reads a number written without a sign.
fn digits<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Tells whether text may be a URL with a password that was meant for another variable.
fn may_be_secret(text: &str) -> bool {
    text.contains(['@', '/'])
}

/// Reads the setting that a variable holds. If the text may be a secret, the error leaves it out.
fn setting<T: Setting>(name: &str, text: &str) -> Result<T> {
    T::from_text(text).map_err(|message| {
        let message = if may_be_secret(text) {
            format!("it is something else; it must be {}", T::EXPECTED)
        } else {
            message
        };
        Error::config(format!("{name}: {message}"))
    })
}

/// Puts the name of the variable or of the field before the error of a check.
pub(crate) fn named<T>(name: &str, checked: Result<T>) -> Result<T> {
    checked.map_err(|error| Error::config(format!("{name}: {error}")))
}

struct Vars<R> {
    read: R,
}

impl<R: Fn(&str) -> Result<Option<String>, VarError>> Vars<R> {
    /// Returns a variable's value without the white space around it. An empty value is unset.
    fn get(&self, name: &str) -> Result<Option<String>> {
        let value = self.exactly(name)?.map(|value| value.trim().to_owned());
        Ok(value.filter(|value| !value.is_empty()))
    }

    /// Returns a variable's value as it is. An empty value is unset.
    fn exactly(&self, name: &str) -> Result<Option<String>> {
        let value = (self.read)(name).map_err(|_| Error::config(format!("{name} is not UTF-8")))?;
        Ok(value.filter(|value| !value.is_empty()))
    }

    /// Reads a variable that holds no secret, so that the error may repeat its value.
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

    /// Reads a setting by the rules of a configuration.
    fn setting<T: Setting>(&self, name: &str) -> Result<Option<T>> {
        let Some(text) = self.get(name)? else { return Ok(None) };
        setting(name, &text).map(Some)
    }

    /// Reads all options but the store.
    fn config(&self) -> Result<CacheConfig> {
        let mut config = CacheConfig {
            enabled: self.setting("CACHE_ENABLED")?,
            prefix: self.get("CACHE_PREFIX")?,
            default_ttl: self.setting("CACHE_TTL")?,
            budget: self.budget()?,
            lease: self.setting("CACHE_LEASE")?,
            wait: self.setting("CACHE_WAIT")?,
            connect_timeout: self.setting("CACHE_CONNECT_TIMEOUT")?,
            memory_capacity: self.setting("CACHE_MEMORY_CAPACITY")?,
            max_entry_size: self.setting("CACHE_MAX_ENTRY_SIZE")?,
            on_unreachable: self.setting("CACHE_ON_UNREACHABLE")?,
            strategy: self.setting("CACHE_STRATEGY")?,
            after_outage: self.setting("CACHE_AFTER_OUTAGE")?,
            local: self.local()?,
            ttls: self.ttls()?,
            ..CacheConfig::default()
        };
        self.compress(&mut config)?;
        Ok(config)
    }

    #[cfg(feature = "zstd")]
    fn compress(&self, config: &mut CacheConfig) -> Result<()> {
        config.compress = self.setting("CACHE_COMPRESS")?;
        Ok(())
    }

    #[cfg(not(feature = "zstd"))]
    fn compress(&self, _config: &mut CacheConfig) -> Result<()> {
        match self.get("CACHE_COMPRESS")? {
            None => Ok(()),
            Some(_) => Err(Error::config("CACHE_COMPRESS: this build has no feature `zstd`")),
        }
    }

    fn budget(&self) -> Result<Option<Time>> {
        let budget = self.setting("CACHE_BUDGET")?;
        let in_ms = self.parse("CACHE_BUDGET_MS", "a number of milliseconds", number)?;
        match (budget, in_ms) {
            (Some(_), Some(_)) => Err(Error::config(
                "CACHE_BUDGET and CACHE_BUDGET_MS are both set; leave one of them out",
            )),
            (budget, in_ms) => Ok(budget.or(in_ms.map(Duration::from_millis).map(Time))),
        }
    }

    fn local(&self) -> Result<Option<LocalConfig>> {
        let (bytes, cap) = ("CACHE_LOCAL_BYTES", "CACHE_LOCAL_CAP");
        let entries = self.setting("CACHE_LOCAL")?;
        let rest = (self.setting(bytes)?, self.setting(cap)?);
        match (entries, rest) {
            (Some(entries), (bytes, cap)) => Ok(Some(LocalConfig { entries, bytes, cap })),
            (None, (None, None)) => Ok(None),
            (None, (given, _)) => {
                let name = if given.is_some() { bytes } else { cap };
                Err(Error::config(format!("{name}: without CACHE_LOCAL there is no tier")))
            }
        }
    }

    fn ttls(&self) -> Result<BTreeMap<String, Ttl>> {
        let name = "CACHE_TTLS";
        let text = self.get(name)?.unwrap_or_default();
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let ttls = parts.map(|part| match part.split_once('=') {
            Some((ttl, text)) => Ok((ttl.trim().to_owned(), setting(name, text.trim())?)),
            None => Err(Error::config(format!(
                "{name}: it must be names with TTLs, such as `templates=1h,analytics=60`"
            ))),
        });
        ttls.collect()
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
        // mutant: a password from the environment is trimmed
        let password = self.exactly("REDIS_PASSWORD")?;
        Ok(Login { user: None, password, database: database.unwrap_or(0).into() })
    }
}

fn cache_url(url: &str) -> Result<Target> {
    named("CACHE_URL", target(url))
}

/// Returns the store that a configuration's `url` names.
pub(crate) fn target(url: &str) -> Result<Target> {
    match url {
        "off" => Ok(Target::Disabled),
        "memory" | "memory:" | "memory://" => Ok(Target::Memory),
        _ => Address::parse(url).map(Box::new).map(Target::Redis),
    }
}

/// Tells whether it is certain that a configuration's `url` holds no password.
pub(crate) fn holds_no_secret(url: &str) -> bool {
    match target(url) {
        // mutant: a password is written with the configuration
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
            assert_eq!(target(vars).as_deref().unwrap(), expected, "{vars:?}");
        }
    }

    /// The line break at the end of a mounted file is part of the password, because only the server
    /// knows where a password ends.
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
            is_refused(name, value);
        }
    }

    #[track_caller]
    fn is_refused(name: &str, value: &str) {
        let vars = [(name, value), ("REDIS_PASSWORD", "hunter2"), ("REDIS_HOST", "h")];
        let error = target(&vars).unwrap_err();
        assert!(error.is_config() && error.to_string().contains(name), "{name}: {error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }

    #[test]
    fn a_bad_setting_names_its_variable_and_no_password() {
        for (name, value) in [
            ("CACHE_ENABLED", "yes"),
            ("CACHE_BUDGET", "soon"),
            ("CACHE_BUDGET", "0"),
            ("CACHE_LEASE", "1ms"),
            ("CACHE_WAIT", "-1"),
            ("CACHE_CONNECT_TIMEOUT", "0"),
            ("CACHE_CONNECT_TIMEOUT", "redis://:hunter2@h"),
            ("CACHE_MEMORY_CAPACITY", "5"),
            ("CACHE_MEMORY_CAPACITY", "64MiB"),
            ("CACHE_MAX_ENTRY_SIZE", "0"),
            ("CACHE_COMPRESS", "zstd"),
            ("CACHE_ON_UNREACHABLE", "panic"),
            ("CACHE_STRATEGY", "fast"),
            ("CACHE_AFTER_OUTAGE", "wait"),
            ("CACHE_STRATEGY", "redis://:hunter2@h"),
            ("CACHE_LOCAL", "0"),
            ("CACHE_LOCAL", "many"),
            ("CACHE_LOCAL_BYTES", "1000"),
            ("CACHE_LOCAL_CAP", "5s"),
            ("CACHE_TTLS", "templates"),
            ("CACHE_TTLS", "templates=1h,analytics=soon"),
            ("CACHE_TTLS", "analytics=0"),
        ] {
            is_refused(name, value);
        }
    }

    fn config(vars: &[(&str, &str)]) -> Result<CacheConfig> {
        let read = |name: &str| {
            let found = vars.iter().find(|(var, _)| *var == name);
            Ok(found.map(|(_, value)| (*value).to_owned()))
        };
        _ = builder(read)?;
        (Vars { read }).config()
    }

    /// Every field of a configuration has a variable, which is read by the same rules.
    #[test]
    fn the_environment_says_all_that_a_file_can_say() {
        let file = r#"{
            "enabled": true, "prefix": "shop", "default_ttl": "never", "budget": "50ms", "lease": 20,
            "wait": 0, "connect_timeout": "2s", "memory_capacity": 1000000, "max_entry_size": 100000,
            "on_unreachable": "error", "strategy": "scoped",
            "after_outage": "forget",
            "local": { "entries": 100, "bytes": 1000000, "cap": "3s" },
            "ttls": { "templates": "1h", "analytics": 60, "names": "never" }
        }"#;
        let mut vars = vec![
            ("CACHE_ENABLED", "true"),
            ("CACHE_PREFIX", "shop"),
            ("CACHE_TTL", "never"),
            ("CACHE_BUDGET", "50ms"),
            ("CACHE_LEASE", "20"),
            ("CACHE_WAIT", "0"),
            ("CACHE_CONNECT_TIMEOUT", "2s"),
            ("CACHE_MEMORY_CAPACITY", "1000000"),
            ("CACHE_MAX_ENTRY_SIZE", "100000"),
            ("CACHE_ON_UNREACHABLE", "error"),
            ("CACHE_STRATEGY", " scoped "),
            ("CACHE_AFTER_OUTAGE", "forget"),
            ("CACHE_LOCAL", "100"),
            ("CACHE_LOCAL_BYTES", "1000000"),
            ("CACHE_LOCAL_CAP", "3s"),
            ("CACHE_TTLS", "templates=1h, analytics=60,names=never,"),
        ];
        let expected: CacheConfig = serde_json::from_str(file).unwrap();
        assert!(config(&vars).unwrap() == expected);
        vars.retain(|(name, _)| *name != "CACHE_BUDGET");
        vars.push(("CACHE_BUDGET_MS", "50"));
        assert!(config(&vars).unwrap() == expected);
        vars.push(("CACHE_BUDGET", "50ms"));
        let error = config(&vars).unwrap_err().to_string();
        assert!(error.contains("CACHE_BUDGET and CACHE_BUDGET_MS"), "{error}");
    }

    #[cfg(feature = "zstd")]
    #[test]
    fn the_environment_says_what_is_compressed() {
        assert_eq!(config(&[("CACHE_COMPRESS", "4096")]).unwrap().compress, Some(4096));
    }
}
