//! Groups the patterns of one pass over the store's keys.

use crate::key::glob;
use foldhash::quality::RandomState;
use std::collections::{BTreeSet, HashMap, HashSet};
use tokio::task::yield_now;

/// The largest number of bytes in a set of a SCAN pattern. If patterns differ in more bytes, `?`
/// stands for all of them.
const MAX_CHOICES: usize = 12;

/// The largest number of bytes behind the common beginning by which a SCAN pattern tells keys
/// apart.
const MAX_COLUMNS: usize = 8;

/// The number of comparisons of a key with a pattern after which other tasks get a turn. The
/// comparisons take about a millisecond.
const YIELD_AFTER: usize = 10_000;

/// Several patterns, grouped by the text that their matches begin with, and by a segment that their
/// matches must have.
///
/// A key is compared only with the patterns whose text it begins with, and whose segment it has. A
/// thousand patterns `comments:*:<slug>:*` cost a look-up for each segment of a key.
#[derive(Debug)]
pub(crate) struct Wanted {
    by_beginning: HashMap<Box<str>, Alike, RandomState>,
    /// The lengths of the beginnings, from the shortest to the longest.
    lengths: Vec<usize>,
    scanned: String,
}

/// Patterns with one beginning.
#[derive(Debug, Default)]
struct Alike {
    /// Patterns whose matches have a certain text between two colons.
    by_segment: HashMap<Box<str>, Vec<Rest>, RandomState>,
    others: Vec<Rest>,
}

/// The part of a pattern behind its beginning.
#[derive(Debug)]
struct Rest {
    pattern: Box<str>,
    /// The number of the pattern's group. If several groups have the pattern, the first one counts.
    group: usize,
}

impl Alike {
    fn add(&mut self, rest: Rest) {
        match glob::required_segment(&rest.pattern) {
            Some(segment) => self.by_segment.entry(segment.into()).or_default().push(rest),
            None => self.others.push(rest),
        }
    }

    /// Returns the patterns that may match a text.
    fn candidates(&self, text: &str) -> impl Iterator<Item = &Rest> {
        let segments = (!self.by_segment.is_empty()).then(|| text.split(':'));
        let of_segments = segments.into_iter().flatten();
        let of_segments = of_segments.filter_map(|segment| self.by_segment.get(segment));
        self.others.iter().chain(of_segments.flatten())
    }
}

impl Wanted {
    /// Groups patterns by their texts. Each group is numbered by its place in `groups`.
    pub(crate) fn new<'a>(groups: impl IntoIterator<Item = &'a [String]>) -> Self {
        let mut patterns = HashSet::<_, RandomState>::default();
        let mut by_beginning = HashMap::<Box<str>, Alike, RandomState>::default();
        for (group, pattern) in groups.into_iter().enumerate().flat_map(numbered) {
            if patterns.insert(pattern) {
                let (text, rest) = glob::beginning(pattern);
                let rest = Rest { pattern: rest.into(), group };
                by_beginning.entry(text.into()).or_default().add(rest);
            }
        }
        let lengths: BTreeSet<usize> = by_beginning.keys().map(|text| text.len()).collect();
        let scanned = match patterns.iter().next() {
            Some(only) if patterns.len() == 1 => (*only).clone(),
            _ => common(&by_beginning.keys().map(|text| &**text).collect::<Vec<_>>()),
        };
        Self { by_beginning, lengths: lengths.into_iter().collect(), scanned }
    }

    /// Returns a pattern that covers all matches of these patterns: their common beginning, and
    /// behind it the possible bytes at each place.
    pub(crate) fn scanned(&self) -> &str {
        &self.scanned
    }

    /// Sorts keys by the group whose patterns match them. A key that several groups match is in one
    /// of them. A key that no pattern matches is left out.
    pub(crate) async fn sort(&self, keys: Vec<String>) -> Vec<(usize, Vec<String>)> {
        let mut sorted = HashMap::<usize, Vec<String>, RandomState>::default();
        let mut compared = 0;
        for key in keys {
            if let Some(group) = self.group_of(&key, &mut compared) {
                sorted.entry(group).or_default().push(key);
            }
            if compared >= YIELD_AFTER {
                compared = 0;
                yield_now().await;
            }
        }
        sorted.into_iter().collect()
    }

    /// Returns the group of a pattern that matches a key, and counts the comparisons.
    pub(crate) fn group_of(&self, key: &str, compared: &mut usize) -> Option<usize> {
        // A longer beginning does not fit into the key.
        let lengths = self.lengths.iter().take_while(|&&length| length <= key.len());
        let splits = lengths.filter_map(|&length| key.split_at_checked(length));
        let mut candidates = splits.flat_map(|(text, behind)| {
            let alike = self.by_beginning.get(text).into_iter();
            alike.flat_map(|alike| alike.candidates(behind)).map(move |rest| (rest, behind))
        });
        let matching = candidates.find(|(rest, behind)| {
            *compared += 1;
            glob::matches(rest.pattern.as_bytes(), behind.as_bytes())
        });
        matching.map(|(rest, _)| rest.group)
    }
}

fn numbered((group, patterns): (usize, &[String])) -> impl Iterator<Item = (usize, &String)> {
    patterns.iter().map(move |pattern| (group, pattern))
}

/// Returns a pattern that matches every text with one of these beginnings, and few other texts.
fn common(beginnings: &[&str]) -> String {
    let [first, others @ ..] = beginnings else { return "*".to_owned() };
    let shared = others.iter().fold(*first, |shared, text| shared_beginning(shared, text));
    let shortest = beginnings.iter().map(|text| text.len()).min().unwrap_or_default();
    let columns = shared.len()..shortest.min(shared.len() + MAX_COLUMNS);
    // mutant: a pass asks for the keys of one of its patterns
    let choices: String = columns.map(|at| choice(beginnings, at)).collect();
    // Shorter keys match no pattern, so that trailing `?` may be dropped.
    let choices = choices.trim_end_matches('?');
    [&*glob::escape(shared), choices, "*"].concat()
}

fn shared_beginning<'a>(one: &'a str, other: &str) -> &'a str {
    let pairs = one.char_indices().zip(other.chars());
    let differs = pairs.clone().find(|((_, a), b)| a != b).map(|((at, _), _)| at);
    let all = || pairs.last().map_or(0, |((at, c), _)| at + c.len_utf8());
    &one[..differs.unwrap_or_else(all)]
}

/// Returns the pattern for the bytes that texts have at one place.
fn choice(texts: &[&str], at: usize) -> String {
    let bytes: BTreeSet<u8> = texts.iter().map(|text| text.as_bytes()[at]).collect();
    if bytes.len() > MAX_CHOICES || !bytes.iter().all(u8::is_ascii) {
        return "?".to_owned();
    }
    let literal = |byte: &u8| {
        let escape = (!byte.is_ascii_alphanumeric()).then_some('\\');
        escape.into_iter().chain([char::from(*byte)])
    };
    let choices: String = bytes.iter().flat_map(literal).collect();
    if bytes.len() == 1 { choices } else { ["[", &choices, "]"].concat() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(patterns: &[&str]) -> Wanted {
        let patterns: Vec<Vec<String>> =
            patterns.iter().map(|pattern| vec![(*pattern).to_owned()]).collect();
        Wanted::new(patterns.iter().map(Vec::as_slice))
    }

    #[test]
    fn one_pattern_is_scanned_as_it_is() {
        assert_eq!(wanted(&["a:*:b:*"]).scanned(), "a:*:b:*");
        assert_eq!(wanted(&["a:[bc]*", "a:[bc]*"]).scanned(), "a:[bc]*");
    }

    #[test]
    fn several_patterns_are_scanned_by_what_they_have_in_common() {
        for (patterns, scanned) in [
            (&["c:user:*", "c:users:*"][..], "c:user[\\:s]*"),
            (&["c:*", "c:users:*"], "c:*"),
            (&["c\\*:a*", "c\\*:b*"], "c\\*:[ab]*"),
            (&["c:-a*", "c:]b*", "c:^a*"], "c:[\\-\\]\\^][ab]*"),
            (&["c:é:a*", "c:è:b*"], "c:??\\:[ab]*"),
            (&["c:é1*", "c:é2*"], "c:é[12]*"),
        ] {
            assert_eq!(wanted(patterns).scanned(), scanned, "{patterns:?}");
        }
    }

    #[test]
    fn a_key_is_compared_with_patterns_of_its_beginning_alone() {
        let patterns: Vec<String> = (0..1000).map(|n| format!("c:{n:04}:*x")).collect();
        let wanted = Wanted::new([&patterns[..]]);
        let mut compared = 0;
        assert_eq!(wanted.group_of("c:0777:ax", &mut compared), Some(0));
        assert_eq!(wanted.group_of("c:0777:ay", &mut compared), None);
        assert_eq!(wanted.group_of("d:0777:ax", &mut compared), None);
        assert_eq!(compared, 2);
    }

    #[test]
    fn a_key_is_compared_with_patterns_of_its_segments_alone() {
        let patterns: Vec<String> = (0..1000).map(|n| format!("c:*:{n:04}:*")).collect();
        let wanted = Wanted::new([&patterns[..]]);
        let mut compared = 0;
        assert_eq!(wanted.group_of("c:a:0777:b", &mut compared), Some(0));
        assert_eq!(wanted.group_of("c:0777:b", &mut compared), None);
        assert_eq!(wanted.group_of("c:a:777:b", &mut compared), None);
        assert_eq!(compared, 2);
    }

    /// The SCAN shows every key that one of the patterns matches. The grouped patterns find the key
    /// among others.
    #[test]
    fn together_patterns_match_what_each_of_them_does() {
        let mut random = ::testkit::Random::new();
        let pieces = [
            "a", "b", ":", ":a:", "*:", "*", "?", "[ab]", "[^a]", "\\*", "\\", "é", "日", "-", "]",
            "^",
        ];
        let texts = ["a", "b", ":", ":a", ":b:", "*", "\\", "é", "日", "-", "]", "^", "[", "?"];
        let text = |random: &mut ::testkit::Random, of: &[&str], longest| -> String {
            (0..random.below(longest)).map(|_| random.pick(of)).collect()
        };
        let (mut matched, mut missed) = (0, 0);
        for _ in 0..20_000 {
            let patterns: Vec<Vec<String>> = (0..=random.below(4))
                .map(|_| vec!["p:".to_owned() + &text(&mut random, &pieces, 5)])
                .collect();
            let wanted = Wanted::new(patterns.iter().map(Vec::as_slice));
            let key = "p:".to_owned() + &text(&mut random, &texts, 5);
            let hit = |pattern: &str| glob::matches(pattern.as_bytes(), key.as_bytes());
            let group = wanted.group_of(&key, &mut 0);
            if patterns.iter().any(|each| hit(&each[0])) {
                assert!(hit(wanted.scanned()), "{patterns:?} {} {key}", wanted.scanned());
                assert!(group.is_some_and(|group| hit(&patterns[group][0])), "{patterns:?} {key}");
                matched += 1;
            } else {
                assert_eq!(group, None, "{patterns:?} {key}");
                missed += 1;
            }
        }
        assert!(matched > 1000 && missed > 1000, "{matched} matched, {missed} did not");
    }
}
