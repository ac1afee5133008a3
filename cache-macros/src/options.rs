//! Words that the attributes know, and the messages for other words.

use crate::suggest::{listed, nearest};

/// Words of one attribute.
pub(crate) struct OptionSet {
    known: &'static [&'static str],
    /// Words that a later version will know.
    later: &'static [&'static str],
    /// Words of other crates, and what to write instead.
    foreign: &'static [(&'static [&'static str], &'static str)],
}

/// Words of `#[cached]`.
pub(crate) const CACHED: OptionSet = OptionSet {
    known: &[
        "cache",
        "codec",
        "companion",
        "compress",
        "crate",
        "each",
        "early",
        "id",
        "jitter",
        "key",
        "lease",
        "local",
        "none_ttl",
        "shape",
        "single_flight",
        "skip",
        "stale",
        "stale_if_error",
        "store_if",
        "ttl",
        "unordered",
        "version",
        "wait",
    ],
    later: &["encrypt"],
    foreign: &[
        (
            &[
                "expire",
                "expires",
                "expiry",
                "expiration",
                "time",
                "timeout",
                "duration",
                "ttl_secs",
                "ttl_seconds",
                "ttl_millis",
                "ttl_ms",
                "max_age",
            ],
            "write `ttl = 300` or `ttl = \"5m\"`",
        ),
        (
            &["tags", "tag", "group", "groups"],
            "group by a key prefix, `key = \"users:<id>\"`, and `#[invalidates(\"users:*\")]`",
        ),
        (&["skip_args", "skip_all", "ignore", "exclude", "except"], "write `skip(db)`"),
        (
            &[
                "condition",
                "if",
                "unless",
                "when",
                "only_if",
                "sync_if",
                "cache_err",
                "result",
                "option",
            ],
            "write `store_if = |value| …`; errors are never stored",
        ),
        (&["negative_ttl", "ttl_none"], "write `none_ttl = 30`"),
        (
            &["serializer", "serialize", "serde", "encoding", "msgpack", "messagepack", "json"],
            "write `codec = \"msgpack\"`, or a type of your own that implements `Codec`",
        ),
        (
            &["fingerprint", "schema", "schema_version", "type_hash"],
            "write `shape`, and derive `cache_runtime::Shape` for the value",
        ),
        (
            &["compression", "zstd", "gzip", "compress_threshold"],
            "write `compress = 4096`: values from so many bytes on are compressed",
        ),
        (
            &["format", "convert", "key_format", "key_expr", "with", "args"],
            "write `key = \"users:<id>\"`",
        ),
        (
            &["name", "key_prefix", "prefix"],
            "write `key = \"users:<id>\"`, or `id = \"users\"` for the identity",
        ),
        (
            &["namespace"],
            "set the prefix where the cache is built: `Cache::builder().prefix(\"shop\")`",
        ),
        (&["handle", "store", "backend", "client", "redis"], "write `cache = self.cache`"),
        (&["sort", "sorted", "set"], "write `unordered(ids)`"),
        (&["batch", "many", "multi", "multi_get", "for_each"], "write `each = ids`"),
        (
            &["sync", "sync_writes", "sync_lock", "lock", "coalesce", "dedup"],
            "callers of one key share a load anyway; `single_flight = false` turns that off",
        ),
        (
            &["swr", "stale_while_revalidate", "grace", "stale_ttl", "refresh_ahead", "background"],
            "write `stale = \"1m\"`: one caller loads anew while others get the expired value",
        ),
        (
            &["fallback", "on_error", "fallback_on_error", "stale_on_error", "force_refresh"],
            "write `stale_if_error = \"1h\"`: the expired value instead of an error",
        ),
        (
            &["beta", "xfetch", "early_expiration", "early_refresh", "probabilistic"],
            "write `early = 1.0`: one caller loads anew before the value expires",
        ),
        (&["spread", "ttl_jitter", "variance", "random"], "write `jitter = 0.1`"),
        (&["lock_timeout", "lock_ttl", "lease_ms"], "write `lease = \"10s\"`"),
        (&["wait_timeout", "wait_ms", "max_wait"], "write `wait = \"2s\"`"),
        (&["ver", "v"], "write `version = 2`"),
        (
            &["l1", "in_process", "in_memory", "memory", "near", "size", "max_size", "capacity"],
            "build the handle with `local(entries)` to keep values in process; `local = \"5s\"` says for how long at most",
        ),
    ],
};

/// Words of `#[invalidates]`.
pub(crate) const INVALIDATES: OptionSet = OptionSet {
    known: &["again_after", "cache", "crate", "on_error", "refresh", "when"],
    later: &[],
    foreign: &[
        (
            &["each"],
            "write the call for one element, `get_users(id)`, or a pattern for all of them",
        ),
        (
            &["pattern", "patterns", "key", "keys", "prefix", "tag", "tags", "group", "name", "id"],
            "write the pattern alone: `#[invalidates(\"users:*\")]`",
        ),
        (
            &["call", "calls", "function", "fn"],
            "write the call alone: `#[invalidates(get_user(id))]`",
        ),
        (
            &["if", "only_if", "condition", "unless", "always", "ok"],
            "write `when = \"always\"` to invalidate after errors too",
        ),
        (
            &["write_through", "reload", "update", "put", "warm"],
            "name the calls and write `refresh`: `#[invalidates(get_user(id), refresh)]`",
        ),
        (&["again", "after", "repeat", "delay", "twice"], "write `again_after = \"2s\"`"),
        (
            &["error", "on_err", "on_fail", "on_failure", "strict"],
            "write `on_error = \"return\"` to return what an invalidation failed with",
        ),
        (&["handle", "store", "backend", "client", "redis"], "write `cache = self.cache`"),
    ],
};

impl OptionSet {
    /// Returns the words that are options now.
    #[cfg(test)]
    pub(crate) fn known(&self) -> &'static [&'static str] {
        self.known
    }

    /// Tells whether the word is an option, now or later.
    pub(crate) fn knows(&self, word: &str) -> bool {
        self.known.contains(&word) || self.later.contains(&word)
    }

    /// Returns the reason why a word cannot be used. Returns `None` for a known option.
    pub(crate) fn refusal(&self, word: &str) -> Option<String> {
        if self.known.contains(&word) {
            return None;
        }
        if self.later.contains(&word) {
            return Some(format!("option `{word}` comes in a later version; leave it out for now"));
        }
        let foreign = self.foreign.iter().find(|(words, _)| words.contains(&word));
        let advice = match (foreign, nearest(word, self.known)) {
            (Some((_, instead)), _) => (*instead).to_owned(),
            (None, Some(near)) => format!("did you mean `{near}`?"),
            (None, None) => format!("expected one of {}", listed(self.known)),
        };
        Some(format!("unknown option `{word}`; {advice}"))
    }
}

/// Returns the forms in which an option is written.
pub(crate) fn example(name: &str) -> &'static str {
    match name {
        "ttl" => {
            "`ttl = 300`, `ttl = \"5m\"`, `ttl = \"@name\"`, `ttl = expression` or `ttl = |value| …`"
        }
        "key" => "`key = \"users:<id>\"`",
        "skip" => "`skip(db)`",
        "unordered" => "`unordered(ids)`",
        "codec" => "`codec = \"msgpack\"`, `codec = \"json\"` or `codec = MyCodec`",
        "compress" => "`compress = 4096`, in bytes, or `compress = false`",
        "shape" => "`shape`, and the value derives `cache_runtime::Shape`",
        "each" => "`each = ids`",
        "id" => "`id = \"users.list\"`",
        "version" => "`version = 2`",
        "store_if" => "`store_if = |value| …`",
        "none_ttl" => "`none_ttl = 30` or `none_ttl = \"5m\"`",
        "companion" => "`companion = false`",
        "single_flight" => "`single_flight = false`",
        "lease" => "`lease = 10` or `lease = \"10s\"`",
        "local" => "`local = \"5s\"` or `local = false`",
        "wait" => "`wait = 2` or `wait = \"2s\"`",
        "stale" => "`stale = 60` or `stale = \"1m\"`",
        "stale_if_error" => "`stale_if_error = 3600` or `stale_if_error = \"1h\"`",
        "early" => "`early = 1.0`",
        "jitter" => "`jitter = 0.1`",
        "again_after" => "`again_after = 2` or `again_after = \"2s\"`",
        "refresh" => "`refresh`, beside the calls to load anew",
        "on_error" => "`on_error = \"return\"` or `on_error = \"log\"`",
        "crate" => "`crate = shop::cache_runtime`",
        "when" => "`when = \"always\"` or `when = \"ok\"`",
        _ => "`cache = self.cache`",
    }
}
