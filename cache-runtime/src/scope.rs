//! The scopes of keys: what a prefix pattern makes stale in one step.
//!
//! The scopes of a key are all its beginnings that end before a colon: of `shop:sql:users:5f…` these are `shop`, `shop:sql` and
//! `shop:sql:users`. A pattern that is a plain beginning with `:*` behind it matches a key if and only if it names one of the key's scopes.

use crate::glob;
use std::borrow::Cow;

/// How many scopes of a key count, from the first on. Patterns that reach deeper are matched key by key.
pub(crate) const MOST: usize = 8;

/// What stands behind a scope in the key of its epoch.
const EPOCH: &str = ":~epoch";

/// The scopes of a key, the widest first.
pub(crate) fn of(key: &str) -> impl Iterator<Item = &str> {
    memchr::memchr_iter(b':', key.as_bytes()).take(MOST).map(|at| &key[..at])
}

/// The key under which a scope's epoch is stored.
pub(crate) fn epoch_key(scope: &str) -> String {
    [scope, EPOCH].concat()
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
        match scope.filter(|scope| memchr::memchr_iter(b':', scope.as_bytes()).count() < MOST) {
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
    fn texts(longest: usize) -> Vec<String> {
        let longer = |texts: &Vec<String>| {
            let texts =
                texts.iter().flat_map(|text| ["a", ":", "*"].map(|end| format!("{text}{end}")));
            Some(texts.collect())
        };
        let lengths = std::iter::successors(Some(vec![String::new()]), longer);
        lengths.take(longest + 1).flatten().collect()
    }

    /// The two ways of saying what a pattern matches say the same.
    #[test]
    fn a_scope_holds_what_its_pattern_matches() {
        for scope in texts(3) {
            let pattern = format!("{}:*", glob::escape(&scope));
            assert_eq!(Reach::of(&pattern), Reach::Scope(scope.as_str().into()));
            for key in texts(6) {
                let is_within = of(&key).any(|each| each == scope);
                let matches = glob::matches(pattern.as_bytes(), key.as_bytes());
                assert_eq!(matches, is_within, "{key} in {scope}");
            }
        }
    }
}
