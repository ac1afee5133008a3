//! Matches Redis' glob patterns: `*`, `?`, `[a-z]`, `[^a]` and `\` before a literal character.
//!
//! The rules are those of `stringmatchlen` in Redis' `util.c`, which `SCAN … MATCH` and `KEYS`
//! use. A property test compares this matcher with a real server.

use crate::error::{Error, Result};
use crate::key::lookalike;
use std::borrow::Cow;
use std::ffi::c_char;

/// Tells whether a character has a meaning in a pattern.
fn is_special(c: char) -> bool {
    matches!(c, '*' | '?' | '[' | ']' | '\\')
}

/// Escapes `text`, so that a pattern matches it literally.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(is_special) {
        return Cow::Borrowed(text);
    }
    let escaped = text.chars().flat_map(|c| is_special(c).then_some('\\').into_iter().chain([c]));
    Cow::Owned(escaped.collect())
}

/// Refuses patterns that are mistakes: an empty pattern, a `\` with nothing behind it, and a set
/// that is open, empty or easily misread.
pub(crate) fn check(text: &str) -> Result<()> {
    if text.is_empty() {
        return Err(Error::key("the pattern is empty; `*` matches every key under the prefix"));
    }
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.next().is_none() => {
                return Err(Error::key("the pattern ends in `\\`; write `\\\\` for a backslash"));
            }
            '[' => {
                let rest = chars.as_str();
                chars = rest[lookalike::set(rest).map_err(Error::key)?..].chars();
            }
            _ => {}
        }
    }
    Ok(())
}

/// Returns the one key that a pattern without wildcards names. Returns `None` if the pattern has
/// wildcards.
pub(crate) fn literal(pattern: &str) -> Option<Cow<'_, str>> {
    if !pattern.contains(is_special) {
        return Some(Cow::Borrowed(pattern));
    }
    let mut key = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '*' | '?' | '[' => return None,
            // A lone backslash at the end escapes any character that follows.
            '\\' => key.push(chars.next()?),
            _ => key.push(c),
        }
    }
    Some(Cow::Owned(key))
}

/// Returns the text that every match of a pattern begins with, and the pattern of the rest.
pub(crate) fn beginning(pattern: &str) -> (String, &str) {
    let mut text = String::new();
    let mut rest = pattern.chars();
    loop {
        let at_the_end = rest.as_str();
        match rest.next() {
            None | Some('*' | '?' | '[') => return (text, at_the_end),
            Some('\\') => match rest.next() {
                Some(c) => text.push(c),
                // A lone backslash at the end is literal.
                None => return (text, at_the_end),
            },
            Some(c) => text.push(c),
        }
    }
}

/// Returns the longest text that stands between colons in every match of a pattern, if there is
/// one. The end of the pattern counts as a border, too. The beginning does not count, because text
/// may come before it.
pub(crate) fn required_segment(pattern: &str) -> Option<String> {
    let (mut longest, mut run) = (None, String::new());
    let mut rest = pattern;
    while !rest.is_empty() {
        let (text, wild) = beginning(rest);
        run.push_str(&text);
        rest = behind_wildcard(wild);
        // The text behind the last colon ends there only at the end of the pattern.
        let is_last = wild.is_empty();
        // mutant: a pass overlooks keys by a segment that need not be there
        let pieces = run.split(':').skip(1);
        let bounded = pieces.clone().count() - usize::from(!is_last && run.contains(':'));
        longest = pieces.take(bounded).map(str::to_owned).chain(longest).max_by_key(String::len);
        run.clear();
    }
    longest.filter(|segment| !segment.is_empty())
}

/// Returns the rest of a pattern behind the wildcard at its beginning.
fn behind_wildcard(pattern: &str) -> &str {
    let mut chars = pattern.chars();
    if chars.next() == Some('[') {
        let set = chars.as_str();
        // An open set ends with the pattern.
        return lookalike::set(set).map_or("", |length| &set[length..]);
    }
    chars.as_str()
}

/// Tells whether one pattern surely matches no more than another: they are equal, or the other is a
/// plain beginning and `*`.
pub(crate) fn is_within(narrow: &str, wide: &str) -> bool {
    let begins = |start: &str| !start.contains(is_special) && narrow.starts_with(start);
    narrow == wide || wide.strip_suffix('*').is_some_and(begins)
}

/// Tells whether `text` matches `pattern`, byte by byte as in Redis. The match takes linear space
/// and at most quadratic time.
pub(crate) fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    // The places to retry from, one byte further, if the pattern behind the last `*` does not
    // match.
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match step(&pattern[p..], text[t]) {
            Step::Star => {
                p += 1;
                retry = Some((p, t));
            }
            Step::Match(length) => {
                p += length;
                t += 1;
            }
            Step::Mismatch => {
                let Some((after_star, from)) = retry else {
                    return false;
                };
                (p, t) = (after_star, from + 1);
                retry = Some((p, t));
            }
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}

/// The answer of a pattern's head to one byte.
enum Step {
    Star,
    /// The byte matches. The number is how many bytes of the pattern are used up.
    Match(usize),
    Mismatch,
}

fn step(pattern: &[u8], byte: u8) -> Step {
    let taken = match pattern {
        [] => None,
        [b'*', ..] => return Step::Star,
        [b'?', ..] => Some(1),
        [b'[', set @ ..] => in_set(set, byte).map(|length| length + 1),
        [b'\\', literal, ..] => (*literal == byte).then_some(2),
        [literal, ..] => (*literal == byte).then_some(1),
    };
    taken.map_or(Step::Mismatch, Step::Match)
}

/// Returns the length of a set in bytes, closing bracket included, if `byte` is in it. An open set
/// ends with the pattern.
fn in_set(set: &[u8], byte: u8) -> Option<usize> {
    let negated = set.first() == Some(&b'^');
    let mut at = usize::from(negated);
    let mut found = false;
    loop {
        match &set[at..] {
            [] => break,
            [b']', ..] => {
                at += 1;
                break;
            }
            [b'\\', literal, ..] => {
                found |= *literal == byte;
                at += 2;
            }
            [low, b'-', high, ..] => {
                found |= is_between(*low, *high, byte);
                at += 3;
            }
            [literal, ..] => {
                found |= *literal == byte;
                at += 1;
            }
        }
    }
    (found != negated).then_some(at)
}

/// Tells whether a range, with its ends in either order, holds a byte. Redis compares C's `char`,
/// whose sign depends on the platform. If `char` is signed, bytes outside ASCII come before all
/// others.
fn is_between(low: u8, high: u8, byte: u8) -> bool {
    let [low, high, byte] = [low, high, byte].map(|byte| c_char::from_ne_bytes([byte]));
    (low.min(high)..=low.max(high)).contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_pattern_is_within_a_plain_beginning_and_a_star() {
        for (narrow, wide) in
            [("a:*", "a:*"), ("a:1", "a:*"), ("a:[12]:*", "a:*"), ("a?", "a?"), ("a", "*")]
        {
            assert!(is_within(narrow, wide), "{narrow} {wide}");
        }
        for (narrow, wide) in [
            ("*", "a:*"),
            ("a", "a:*"),
            ("a:1", "?:*"),
            ("a:1", "a:1*x"),
            ("a*", "a\\*"),
            ("[ab]:*", "a*"),
        ] {
            assert!(!is_within(narrow, wide), "{narrow} {wide}");
        }
    }

    fn hit(pattern: &str, text: &str) -> bool {
        matches(pattern.as_bytes(), text.as_bytes())
    }

    #[test]
    fn globs_match_as_redis_documents_them() {
        for (pattern, text) in [
            ("h?llo", "hello"),
            ("h*llo", "heeeello"),
            ("h[ae]llo", "hallo"),
            ("h[^e]llo", "hbllo"),
            ("h[a-b]llo", "hbllo"),
            ("h[b-a]llo", "hallo"),
            ("*", ""),
            ("**a*b", "xxaxxb"),
            (r"a\*b", "a*b"),
            (r"[\]]", "]"),
            ("a[", "a"),
        ] {
            assert_eq!(hit(pattern, text), pattern != "a[", "{pattern} {text}");
        }
        for (pattern, text) in
            [("h?llo", "hllo"), ("h[^e]llo", "hello"), ("[]", "]"), ("", "a"), (r"a\*b", "axb")]
        {
            assert!(!hit(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn a_segment_is_required_between_colons() {
        for (pattern, segment) in [
            ("*:slug:*", Some("slug")),
            ("*:a:bcd:*:ef:*", Some("bcd")),
            ("*:slug", Some("slug")),
            (r"*:a\*:*", Some("a*")),
            ("[a:]:b:[c]", Some("b")),
            ("?:é:", Some("é")),
            ("*", None),
            ("*slug:*", None),
            ("*:slug*", None),
            ("*::*", None),
            ("*:[a]:*", None),
            (r"*:a\", None),
        ] {
            assert_eq!(required_segment(pattern).as_deref(), segment, "{pattern}");
        }
    }

    #[test]
    fn many_stars_do_not_take_exponential_time() {
        let pattern = "a*".repeat(40) + "b";
        assert!(!hit(&pattern, &"a".repeat(4000)));
    }

    #[test]
    fn escaping_makes_any_text_literal() {
        let text = r"a*b?[c]\^-";
        assert!(hit(&escape(text), text));
        assert_eq!(literal(&escape(text)).as_deref(), Some(text));
        assert_eq!(literal("a*"), None);
        assert_eq!(literal(r"a\*").as_deref(), Some("a*"));
    }

    #[test]
    fn mistakes_are_refused() {
        for bad in [
            "",
            "a[b",
            r"a\",
            r"[a\",
            r"[a\]",
            "[]",
            "[]a]",
            "[^]",
            "[^]a]",
            "[a-]",
            "[a-]*",
            "[a-",
            "[^a-]*]",
            "[é]",
            "[^é]",
            "[a-é]",
            "[é-a]",
            r"[\é]",
            r"[a-\]]",
            r"[a-\\]",
            r"[\a-z]",
            r"[\--b]",
            "x[a-c][a-]",
        ] {
            let Err(error) = check(bad) else { panic!("`{bad}` is taken") };
            assert!(error.is_key() && error.to_string().contains(';'), "{bad}: {error}");
        }
        for good in [
            "*", "a[b]", r"a\[", "a]b", "[-a]", r"[a\-]", "[a-c-]", "[a-b-c]", "[^-]", "[a^]",
            "[z-a]", r"[\]]", r"[^\]a]", "[[]", r"\é", "é*", "é?", r"[\a-]",
        ] {
            assert_eq!(check(good).unwrap(), (), "{good}");
        }
    }

    /// Pieces of patterns: sets and ranges, closed or not, escapes with nothing behind them, and
    /// characters of several bytes.
    const PIECES: &[&str] = &[
        "*", "*", "?", "?", "??", "a", "b", "z", "ß", "é", "日", "[", "[^", "]", "-", "^", "\\",
        "[]", "[^]", "[a-]", "[a-]*", "[^a-]", "[z-a]", "[a-z]", "[a-ß]", "[ß-a]", "[ß]", "[^ß]",
        "[^é-ß]", "[\\]", "[\\]]", "[a-\\]]", "[\\a-z]", "[\\--b]", "[a\\", "[a-\\", "[^\\ß]",
        "gr?ße", "\\ß", "[--a]", "[a-b-c]", "[[-]]",
    ];

    const TEXTS: &[&str] = &[
        "a",
        "b",
        "z",
        "A",
        "-",
        "^",
        "]",
        "[",
        "\\",
        "*",
        "?",
        "ß",
        "é",
        "日",
        "grüße",
        "gr\u{fc}sse",
    ];

    fn text(random: &mut ::testkit::Random, pieces: &[&str], longest: usize) -> String {
        let length = 1 + random.below(longest);
        (0..length).map(|_| random.pick(pieces)).collect()
    }

    /// Patterns that `check` refuses may come from other programs. Byte for byte, their meaning is
    /// that of the server.
    #[test]
    fn malformed_patterns_match_as_on_a_real_server() {
        let server = ::testkit::RedisServer::start();
        let mut random = ::testkit::Random::new();
        let keys: Vec<String> = (0..200).map(|_| text(&mut random, TEXTS, 4)).collect();
        for key in &keys {
            server.set_raw(key, b"");
        }
        let (mut matched, mut refused) = (0, 0);
        for _ in 0..3000 {
            let pattern = text(&mut random, PIECES, 5);
            let expected: BTreeSet<String> = server.keys(&pattern).into_iter().collect();
            let found = keys.iter().filter(|key| hit(&pattern, key)).cloned();
            assert_eq!(found.collect::<BTreeSet<_>>(), expected, "`{pattern}`");
            matched += usize::from(!expected.is_empty());
            refused += usize::from(check(&pattern).is_err());
        }
        assert!(matched > 500 && refused > 500, "{matched} matched, {refused} malformed");
    }
}
