//! The scopes of keys: what a prefix pattern makes stale in one step.
//!
//! The scopes of a key are all its beginnings that end before a colon: of `shop:sql:users:5f…` these are `shop`, `shop:sql` and
//! `shop:sql:users`. A pattern that is a plain beginning with `:*` behind it matches a key if and only if it names one of the key's scopes.

use crate::entry::envelope;
use crate::key::glob;
use bytes::Bytes;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::time::Duration;

/// How many scopes of a key count, from the first on. Patterns that reach deeper are matched key by
/// key.
pub(crate) const MAX_SCOPES: usize = 8;

/// What stands behind a scope in the key of its epoch.
const EPOCH: &str = ":~epoch";

/// The scopes of a key that are no wider than a prefix of this length, the widest first. Wider ones
/// are of other handles.
pub(crate) fn of(key: &str, prefix: usize) -> impl Iterator<Item = &str> {
    let colons = memchr::memchr_iter(b':', key.as_bytes()).take(MAX_SCOPES);
    // mutant: the fleet: scopes begin outside the prefix
    colons.filter(move |at| *at >= prefix).map(|at| &key[..at])
}

/// The key under which a scope's epoch is stored.
pub(crate) fn epoch_key(scope: &str) -> String {
    [scope, EPOCH].concat()
}

/// Whether a key is that of an epoch, and so the cache's own.
pub(crate) fn is_epoch_key(key: &str) -> bool {
    key.ends_with(EPOCH)
}

/// What the key of a warm-up's lock ends with.
pub(crate) const LOCK: &str = ":~lock";

/// What the key ends with that says that a warm-up has run.
pub(crate) const RAN: &str = ":~ran";

/// What the key ends with under which it is tried whether the store takes values, and what the user may do.
const PROBE: &str = ":~probe";

/// The key of that kind under a prefix without its colon.
pub(crate) fn probe_key(prefix: &str) -> String {
    [prefix, PROBE].concat()
}

/// What the keys end with that handles leave for each other.
pub(crate) const MARK: &str = ":~fleet";

/// What the key ends with that says that a load has begun beside another one.
pub(crate) const BESIDE: &str = ":~beside";

/// What the keys of the cache's own end with that no pattern spares.
const OWN: [&str; 3] = [RAN, PROBE, BESIDE];

/// Why no value can be stored under a key of the cache's own.
pub(crate) const RESERVED: &str = "a key cannot end in `:~epoch`, `:~fleet`, `:~lock`, `:~ran`, `:~probe` or `:~beside`, which are the cache's own";

/// Whether a key is no entry's, but the cache's own: nothing that users list.
pub(crate) fn is_own_key(key: &str) -> bool {
    is_epoch_key(key) || is_kept_key(key) || OWN.iter().any(|own| key.ends_with(own))
}

/// Whether a key is one that no pattern deletes: the lock of a warm-up, beside which a second run
/// would begin, or a mark of handles that are still there.
pub(crate) fn is_kept_key(key: &str) -> bool {
    // mutant: the fleet: marks are cleared
    key.ends_with(LOCK) || key.ends_with(MARK)
}

/// The keys under which the epochs of a key's scopes are stored.
pub(crate) fn epoch_keys(key: &str, prefix: usize) -> Vec<String> {
    of(key, prefix).map(epoch_key).collect()
}

/// How long an epoch stays for entries without end.
const MAX_LIFE: Duration = Duration::from_secs(365 * 24 * 3600);

/// How long the epochs are to stay of an entry that lives for so long: until a load that begins at
/// its end has been stored. Twice as long as that, so that not every fill has to prolong them. An
/// epoch that goes too early costs hits, and nothing else.
pub(crate) fn life(ttl: Option<Duration>, load: Duration) -> Duration {
    let whole = ttl.and_then(|time| time.checked_add(load));
    let twice = whole.and_then(|time| time.checked_mul(2)).unwrap_or(MAX_LIFE);
    // mutant: the fleet: an epoch stays for an hour
    twice.min(MAX_LIFE)
}

/// What is known of a key's scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Epochs {
    /// They do not count: this handle invalidates by SCAN.
    Unused,
    /// One is missing.
    Unknown,
    /// All of them as one number: from the widest on, turned left by one bit, exclusive or the next. They are random, so that one that
    /// changes changes it.
    Are(u128),
}

impl Epochs {
    pub(crate) fn read(values: &[Option<Bytes>]) -> Self {
        let epochs = values.iter().map(|value| value.as_deref().and_then(envelope::read_epoch));
        let all = epochs.collect::<Option<Vec<u128>>>();
        // mutant: a missing epoch counts as one
        all.map_or(Self::Unknown, |epochs| Self::Are(epochs.iter().fold(0, fold)))
    }

    /// What is known of them after a time.
    pub(crate) fn forgotten(self) -> Self {
        if self == Self::Unused { Self::Unused } else { Self::Unknown }
    }

    /// Whether what carries this number is of the present; zero: it carries none.
    pub(crate) fn vouch_for(self, scopes: u128) -> bool {
        self.number() == Some(scopes)
    }

    /// Whether a lease with this number, or zero, may end in a value of the present.
    pub(crate) fn may_become(self, scopes: u128) -> bool {
        scopes == 0 || self == Self::Unknown || self.vouch_for(scopes)
    }

    /// What an entry has to carry; nothing where it could not be of use to anybody.
    pub(crate) fn number(self) -> Option<u128> {
        match self {
            Self::Unused => Some(0),
            Self::Unknown => None,
            Self::Are(number) => Some(number),
        }
    }
}

/// The keys of the epochs of several keys' scopes, each once.
pub(crate) struct EpochKeys {
    epochs: Vec<String>,
    /// The length of the handle's prefix.
    prefix: usize,
}

impl EpochKeys {
    pub(crate) fn of(keys: &[String], prefix: usize) -> Self {
        let epochs: BTreeSet<String> =
            keys.iter().flat_map(|key| epoch_keys(key, prefix)).collect();
        Self { epochs: epochs.into_iter().collect(), prefix }
    }

    pub(crate) fn keys(&self) -> &[String] {
        &self.epochs
    }

    /// What is known of each of the keys, from what these hold.
    pub(crate) fn read(&self, keys: &[String], values: &[Option<Bytes>]) -> Vec<Epochs> {
        let value = |key: &String| {
            self.epochs.binary_search(key).ok().and_then(|at| values.get(at).cloned().flatten())
        };
        let epochs = |key: &String| {
            let values = epoch_keys(key, self.prefix);
            Epochs::read(&values.iter().map(value).collect::<Vec<_>>())
        };
        keys.iter().map(epochs).collect()
    }
}

/// Adds an epoch to those of wider scopes. It turns them, so that two that somebody made alike do not cancel out.
fn fold(wider: u128, epoch: &u128) -> u128 {
    wider.rotate_left(1) ^ epoch
}

/// How far a pattern reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reach<'a> {
    /// One key.
    Key(Cow<'a, str>),
    /// Everything in one scope.
    Scope(Cow<'a, str>),
    /// Whatever matches.
    Matches,
}

impl<'a> Reach<'a> {
    pub(crate) fn of(pattern: &'a str) -> Self {
        if let Some(key) = glob::literal(pattern) {
            return Self::Key(key);
        }
        let scope = pattern.strip_suffix(":*").and_then(glob::literal);
        match scope.filter(|scope| memchr::memchr_iter(b':', scope.as_bytes()).count() < MAX_SCOPES)
        {
            Some(scope) => Self::Scope(scope),
            None => Self::Matches,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_pattern_reaches_a_scope() {
        let scope = |pattern| Reach::of(pattern);
        assert_eq!(scope("shop:sql:*"), Reach::Scope("shop:sql".into()));
        assert_eq!(scope("shop:\\*:*"), Reach::Scope("shop:*".into()));
        assert_eq!(scope("shop:sql"), Reach::Key("shop:sql".into()));
        for wild in ["shop:sql*", "shop:*:*", "*", "shop:sql:*x", "shop:s?l:*"] {
            assert_eq!(scope(wild), Reach::Matches, "{wild}");
        }
        // The backslash belongs to the star.
        assert_eq!(scope("shop:\\*"), Reach::Key("shop:*".into()));
        assert_eq!(scope("a:b:c:d:e:f:g:h:*"), Reach::Scope("a:b:c:d:e:f:g:h".into()));
        assert_eq!(scope("a:b:c:d:e:f:g:h:i:*"), Reach::Matches);
    }

    /// All texts of up to so many of a few characters that matter.
    fn texts(longest: usize, characters: &[char]) -> Vec<String> {
        let longer = |texts: &Vec<String>| {
            let pairs = texts.iter().flat_map(|text| characters.iter().map(move |end| (text, end)));
            Some(pairs.map(|(text, end)| format!("{text}{end}")).collect())
        };
        let lengths = std::iter::successors(Some(vec![String::new()]), longer);
        lengths.take(longest + 1).flatten().collect()
    }

    /// However a pattern is written, backslashes and all.
    #[test]
    fn how_far_a_pattern_reaches_is_what_it_matches() {
        let keys = texts(4, &['a', ':', '\\']);
        for pattern in texts(5, &['a', ':', '*', '\\']) {
            let reach = Reach::of(&pattern);
            for key in &keys {
                let reached = match &reach {
                    Reach::Key(only) => key == only,
                    Reach::Scope(scope) => of(key, 0).any(|each| each == scope),
                    Reach::Matches => continue,
                };
                let matches = glob::matches(pattern.as_bytes(), key.as_bytes());
                // A lone backslash at the end matches nothing here, or itself: `check` refuses it.
                assert!(reached == matches || pattern.ends_with('\\'), "{key} and {pattern}");
            }
        }
    }

    /// The two ways of saying what a pattern matches say the same.
    #[test]
    fn a_scope_holds_what_its_pattern_matches() {
        for scope in texts(3, &['a', ':', '*']) {
            let pattern = format!("{}:*", glob::escape(&scope));
            assert_eq!(Reach::of(&pattern), Reach::Scope(scope.as_str().into()));
            for key in texts(6, &['a', ':', '*']) {
                let is_within = of(&key, 0).any(|each| each == scope);
                let matches = glob::matches(pattern.as_bytes(), key.as_bytes());
                assert_eq!(matches, is_within, "{key} in {scope}");
            }
        }
    }

    fn read(values: &[Option<u128>]) -> Epochs {
        Epochs::read(&values.iter().map(|value| value.map(envelope::epoch)).collect::<Vec<_>>())
    }

    #[test]
    fn one_epoch_that_changes_or_goes_is_noticed() {
        let before = read(&[Some(1), Some(6)]);
        assert_eq!(before, Epochs::Are(4));
        assert!(before.vouch_for(4) && !before.vouch_for(0));
        assert!(!read(&[Some(1), Some(8)]).vouch_for(4));
        assert_ne!(read(&[Some(5), Some(5)]), read(&[Some(9), Some(9)]), "they do not cancel out");
        assert_eq!(read(&[Some(1), None]), Epochs::Unknown);
        assert_eq!(Epochs::read(&[Some(Bytes::from_static(b"7"))]), Epochs::Unknown);
        assert!(!Epochs::Unknown.vouch_for(4) && !Epochs::Unknown.vouch_for(0));
    }

    #[test]
    fn without_epochs_only_entries_without_count() {
        assert!(Epochs::Unused.vouch_for(0) && !Epochs::Unused.vouch_for(7));
    }
}
