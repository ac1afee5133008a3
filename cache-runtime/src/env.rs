//! A handle's options from environment variables.

use crate::cache::Cache;
use crate::cache::builder::{CacheBuilder, Target, check_prefix};
use crate::error::{Error, Result};
use crate::expiry;
use crate::store::StoreFuture;
use crate::store::redis::address::{Address, Login};
use std::env::VarError;
use std::time::Duration;

impl Cache {
    /// Builds a handle from environment variables; an empty one counts as unset.
    ///
    /// | variable | meaning | default |
    /// |---|---|---|
    /// | `CACHE_URL` | `redis://…`, `rediss://…`, `unix:/path`, `memory:` or `off` | `memory:` |
    /// | `CACHE_PREFIX` | prefix of every key | `cache` |
    /// | `CACHE_TTL` | default TTL: seconds, or `"5m"` | 300 s |
    /// | `CACHE_BUDGET_MS` | what the store may add to one call, in milliseconds | 100 |
    ///
    /// Without `CACHE_URL`: `REDIS_URL`, else `REDIS_SOCKET_PATH`, else `REDIS_HOST` and `REDIS_PORT`, the last two
    /// forms with `REDIS_PASSWORD` and `REDIS_DB`.
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
    let positive_ttl = |text: &str| expiry::parse(text).filter(|ttl| !ttl.is_zero());
    if let Some(ttl) =
        vars.parse("CACHE_TTL", "seconds or a duration such as `5m`", positive_ttl)?
    {
        builder = builder.default_ttl(ttl);
    }
    if let Some(budget) = vars.parse("CACHE_BUDGET_MS", "a number of milliseconds", positive)? {
        builder = builder.budget(Duration::from_millis(budget));
    }
    Ok(builder)
}

/// Whether a host can be shown: a URL, which may hold a password, is none.
fn is_host(text: &str) -> bool {
    let address = text.trim_start_matches('[').trim_end_matches(']');
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    text.chars().all(is_name) || address.parse::<std::net::Ipv6Addr>().is_ok()
}

/// A port number. Kubernetes sets `REDIS_PORT=tcp://10.0.0.1:6379` beside a service called `redis`.
fn port(text: &str) -> Option<u16> {
    let text =
        text.strip_prefix("tcp://").and_then(|address| address.rsplit(':').next()).unwrap_or(text);
    text.parse().ok()
}

/// What `build` would refuse, refused with the name of the variable or of the field.
pub(crate) fn named<T>(name: &str, checked: Result<T>) -> Result<T> {
    checked.map_err(|error| Error::config(format!("{name}: {error}")))
}

fn positive(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number| *number > 0)
}

struct Vars<R> {
    read: R,
}

impl<R: Fn(&str) -> Result<Option<String>, VarError>> Vars<R> {
    /// A variable's value; an empty one is unset.
    fn get(&self, name: &str) -> Result<Option<String>> {
        let value = (self.read)(name).map_err(|_| Error::config(format!("{name} is not UTF-8")))?;
        Ok(value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty()))
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
        // One that was meant for another variable may be a URL with a password.
        let shown = if text.contains(['@', '/']) { "something else" } else { &text };
        let bad = || Error::config(format!("{name} is `{shown}`; it must be {expected}"));
        read(&text).map(Some).ok_or_else(bad)
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
        let port = self.parse("REDIS_PORT", "a port number", port)?;
        let socket = self.get("REDIS_SOCKET_PATH")?;
        if host.is_none() && port.is_none() && socket.is_none() {
            return Ok(Target::Memory);
        }
        let login = self.login()?;
        let address = if let Some(path) = socket {
            Address::at_socket(&path, login)?
        } else {
            let host = host.unwrap_or_else(|| "127.0.0.1".to_owned());
            Address::at_host(host, port.unwrap_or(6379), false, login)?
        };
        Ok(Target::Redis(Box::new(address)))
    }

    fn login(&self) -> Result<Login> {
        let database =
            self.parse("REDIS_DB", "a database number", |text| text.parse::<u16>().ok())?;
        Ok(Login {
            user: None,
            password: self.get("REDIS_PASSWORD")?,
            database: database.unwrap_or(0).into(),
        })
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
            (&[("REDIS_PORT", "tcp://10.0.0.1:7")], "127.0.0.1:7"),
            (&[("REDIS_SOCKET_PATH", "/s"), ("REDIS_HOST", "h")], "/s"),
            (&[("REDIS_PASSWORD", "x")], "memory"),
        ] {
            assert_eq!(target(vars).as_deref(), Ok(expected), "{vars:?}");
        }
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
            ("REDIS_HOST", "redis://:hunter2@127.0.0.1"),
            ("REDIS_PORT", "70000"),
            ("REDIS_DB", "-1"),
        ] {
            let vars = [(name, value), ("REDIS_PASSWORD", "hunter2"), ("REDIS_HOST", "h")];
            let error = target(&vars).unwrap_err();
            assert!(error.is_config() && error.to_string().contains(name), "{name}: {error}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }
}
