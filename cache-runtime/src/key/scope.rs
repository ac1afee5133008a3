//! Names the scopes of keys. A prefix pattern makes one scope stale in one step.
//!
//! The scopes of a key are all its beginnings that end before a colon. Of `shop:sql:users:5f…`,
//! these are `shop`, `shop:sql` and `shop:sql:users`. A pattern that is a plain beginning with `:*`
//! behind it matches a key if and only if it names one of the key's scopes.

use crate::entry::envelope;
use crate::key::glob;
use bytes::Bytes;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::time::Duration;

/// The number of a key's scopes that count, from the first on. Deeper patterns are matched key by
/// key.
pub(crate) const MAX_SCOPES: usize = 8;

/// The text behind a scope in the key of its epoch.
const EPOCH: &str = ":~epoch";

/// Returns the scopes of a key that are no wider than a prefix of this length, from the widest on.
/// Wider scopes belong to other handles.
pub(crate) fn of(key: &str, prefix: usize) -> impl Iterator<Item = &str> {
    let colons = memchr::memchr_iter(b':', key.as_bytes()).take(MAX_SCOPES);
    // mutant: the fleet: scopes begin outside the prefix
    colons.filter(move |at| *at >= prefix).map(|at| &key[..at])
}

/// Returns the key at which a scope's epoch is stored.
pub(crate) fn epoch_key(scope: &str) -> String {
    [scope, EPOCH].concat()
}

/// Tells whether a key is that of an epoch, and so the cache's own.
pub(crate) fn is_epoch_key(key: &str) -> bool {
    key.ends_with(EPOCH)
}

/// The end of the key of a warm-up's lock.
pub(crate) const LOCK: &str = ":~lock";

/// The end of the key that marks a warm-up as done.
pub(crate) const RAN: &str = ":~ran";

/// The end of the key of a probe. The probe tells whether the store takes values, and what its user
/// may do.
const PROBE: &str = ":~probe";

/// Returns the key of the probe under a prefix without its colon.
pub(crate) fn probe_key(prefix: &str) -> String {
    [prefix, PROBE].concat()
}

/// The end of the keys of marks that handles leave for each other.
pub(crate) const MARK: &str = ":~fleet";

/// The end of the key that tells of a load beside another one.
pub(crate) const BESIDE: &str = ":~beside";

/// The ends of the cache's own keys that patterns delete.
const OWN: [&str; 3] = [RAN, PROBE, BESIDE];

/// The reason why no value can be stored under a key of the cache's own.
pub(crate) const RESERVED: &str = "a key cannot end in `:~epoch`, `:~fleet`, `:~lock`, `:~ran`, `:~probe` or `:~beside`, which are the cache's own";

/// Tells whether a key is the cache's own. Such a key is no entry and is not listed for users.
pub(crate) fn is_own_key(key: &str) -> bool {
    is_epoch_key(key) || is_kept_key(key) || OWN.iter().any(|own| key.ends_with(own))
}

/// Tells whether no pattern deletes a key. Such a key is the lock of a warm-up, without which a
/// second run would begin, or a mark of live handles.
pub(crate) fn is_kept_key(key: &str) -> bool {
    // mutant: the fleet: marks are cleared
    key.ends_with(LOCK) || key.ends_with(MARK)
}

/// Returns the keys at which the epochs of a key's scopes are stored.
pub(crate) fn epoch_keys(key: &str, prefix: usize) -> Vec<String> {
    of(key, prefix).map(epoch_key).collect()
}

/// The time that an epoch stays for entries without end: 365 days.
const MAX_LIFE: Duration = Duration::from_secs(365 * 24 * 3600);

/// Returns the time that the epochs of an entry with this TTL stay. The epochs must outlast a load
/// that begins at the entry's end. The result is twice that time, so that few fills have to prolong
/// an epoch. If an epoch goes too early, hits are lost and no stale value is served.
pub(crate) fn life(ttl: Option<Duration>, load: Duration) -> Duration {
    let whole = ttl.and_then(|time| time.checked_add(load));
    let twice = whole.and_then(|time| time.checked_mul(2)).unwrap_or(MAX_LIFE);
    // mutant: the fleet: an epoch stays for an hour
    twice.min(MAX_LIFE)
}

/// The epochs of a key's scopes, as far as they are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Epochs {
    /// The epochs do not count, because this handle invalidates by SCAN.
    Unused,
    /// At least one epoch is missing.
    Unknown,
    /// All epochs as one number. From the widest on, the number is turned left by one bit and
    /// combined with the next epoch by exclusive or. Epochs are random, so that a change of one
    /// epoch changes the number.
    Are(u128),
}

impl Epochs {
    pub(crate) fn read(values: &[Option<Bytes>]) -> Self {
        let epochs = values.iter().map(|value| value.as_deref().and_then(envelope::read_epoch));
        let all = epochs.collect::<Option<Vec<u128>>>();
        // mutant: a missing epoch counts as one
        all.map_or(Self::Unknown, |epochs| Self::Are(epochs.iter().fold(0, fold)))
    }

    /// Returns the epochs as they are known after a time: known numbers become unknown.
    pub(crate) fn forgotten(self) -> Self {
        if self == Self::Unused { Self::Unused } else { Self::Unknown }
    }

    /// Tells whether bytes that carry this number are current. Zero stands for no number.
    pub(crate) fn vouch_for(self, scopes: u128) -> bool {
        self.number() == Some(scopes)
    }

    /// Tells whether a lease with this number, or zero, may end in a current value.
    pub(crate) fn may_become(self, scopes: u128) -> bool {
        scopes == 0 || self == Self::Unknown || self.vouch_for(scopes)
    }

    /// Returns the number that an entry has to carry. Returns `None` if the entry could serve
    /// nobody.
    pub(crate) fn number(self) -> Option<u128> {
        match self {
            Self::Unused => Some(0),
            Self::Unknown => None,
            Self::Are(number) => Some(number),
        }
    }
}

/// The keys of the epochs of several keys' scopes, without repetition.
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

    /// Returns the epochs of each key, read from the values of the epochs' keys.
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

/// Adds an epoch to the number of wider scopes. The number is turned, so that two equal epochs do
/// not cancel out.
fn fold(wider: u128, epoch: &u128) -> u128 {
    wider.rotate_left(1) ^ epoch
}

/// The reach of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reach<'a> {
    /// A single key.
    Key(Cow<'a, str>),
    /// Everything in one scope.
    Scope(Cow<'a, str>),
    /// All keys that match.
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
        // The backslash escapes the star.
        assert_eq!(scope("shop:\\*"), Reach::Key("shop:*".into()));
        assert_eq!(scope("a:b:c:d:e:f:g:h:*"), Reach::Scope("a:b:c:d:e:f:g:h".into()));
        assert_eq!(scope("a:b:c:d:e:f:g:h:i:*"), Reach::Matches);
    }

    /// Returns all texts of up to `longest` of a few characters that matter.
    fn texts(longest: usize, characters: &[char]) -> Vec<String> {
        let longer = |texts: &Vec<String>| {
            let pairs = texts.iter().flat_map(|text| characters.iter().map(move |end| (text, end)));
            Some(pairs.map(|(text, end)| format!("{text}{end}")).collect())
        };
        let lengths = std::iter::successors(Some(vec![String::new()]), longer);
        lengths.take(longest + 1).flatten().collect()
    }

    /// The reach of a pattern covers exactly its matches, with backslashes in any place.
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
                // A lone backslash at the end matches nothing here, or itself. `check` refuses such
                // a pattern.
                assert!(reached == matches || pattern.ends_with('\\'), "{key} and {pattern}");
            }
        }
    }

    /// A scope holds exactly the keys that its pattern matches.
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
