//! Scans: every form of a pattern, to the end, while keys are deleted.

use super::Suite;
use super::case::{Case, Life};
use crate::key::glob;
use crate::store::Page;
use bytes::Bytes;
use std::collections::BTreeSet;

/// Number of keys, more than one page of any store holds.
const MANY: u64 = 3000;

/// Largest number of pages of one scan. Above it, the suite takes the scan for endless.
const MAX_PAGES: usize = 10_000;

/// Ends of keys after `conformance:glob:`, which every pattern is matched against.
const NAMES: [&str; 24] = [
    "", "a", "b", "c", "d", "9", "-", "^", "*", "?", "[", "]", "\\", "aa", "ab", "abc", "a*b",
    "axb", "a?b", "a[b]c", "a\\b", "é", "aéb", "日本",
];

/// Patterns of every form: wildcards for any text, for one byte, for one byte of several, and
/// literal characters.
const PATTERNS: [&str; 47] = [
    "*",
    "**",
    "?",
    "??",
    "???",
    "a",
    "a*",
    "*b",
    "a*b",
    "a?b",
    "*a*",
    "?*",
    "*?c",
    "[abc]",
    "[^9]",
    "[^abc]",
    "[a-c]",
    "[c-a]",
    "[^a-c]",
    "[a-b9]",
    "[-a]",
    "[a^]",
    "[*]",
    "[?]",
    "[[]",
    "[\\]]",
    "[\\^a]",
    "[\\\\]",
    "[^\\]]",
    "[a-c][a-c]",
    "*[^b]",
    "*[a-c]*",
    "\\*",
    "\\?",
    "\\[",
    "\\]",
    "\\\\",
    "\\a",
    "a\\*b",
    "a\\?b",
    "a\\[b\\]c",
    "a\\\\b",
    "é",
    "é*",
    "a??b",
    "日*",
    "[^]",
];

pub(super) async fn check(suite: Suite<'_>) {
    by_pattern(suite).await;
    to_the_end(suite).await;
    by_one_connection(suite).await;
    two_at_once(suite).await;
    while_keys_go(suite).await;
    clean_up(suite).await;
}

fn case(pattern: &str) -> Case {
    Case::of("scan", format!(" for {pattern}"))
}

async fn page(suite: Suite<'_>, pattern: &str, cursor: u64) -> Page {
    case(pattern).answer("a page", suite.store.scan(pattern, cursor).await)
}

/// Returns all keys that a whole scan lists.
async fn scan(suite: Suite<'_>, pattern: &str) -> BTreeSet<String> {
    let (mut found, mut cursor) = (BTreeSet::new(), Some(0));
    for _ in 0..MAX_PAGES {
        let Some(at) = cursor else { return found };
        let page = page(suite, pattern, at).await;
        found.extend(page.keys);
        cursor = page.next;
    }
    let seen = format!("more after {MAX_PAGES} pages");
    case(pattern).complain("whether it ends", "a last page", seen)
}

async fn by_pattern(suite: Suite<'_>) {
    let keys: BTreeSet<String> =
        NAMES.iter().map(|name| format!("conformance:glob:{name}")).collect();
    for key in &keys {
        suite.put(key, b"", Life::Hour).await;
    }
    for pattern in PATTERNS {
        let pattern = format!("conformance:glob:{pattern}");
        let matching = |key: &&String| glob::matches(pattern.as_bytes(), key.as_bytes());
        let expected: BTreeSet<String> = keys.iter().filter(matching).cloned().collect();
        case(&pattern).expect_keys(&scan(suite, &pattern).await, &expected);
    }
    // An escaped key matches itself only. Prefixes are escaped in the same way.
    for key in &keys {
        let pattern = glob::escape(key);
        let expected = BTreeSet::from([key.clone()]);
        case(&pattern).expect_keys(&scan(suite, &pattern).await, &expected);
    }
}

async fn fill(suite: Suite<'_>) -> BTreeSet<String> {
    let keys: BTreeSet<String> = (0..MANY).map(|n| format!("conformance:scan:{n}")).collect();
    let entries = keys.iter().map(|key| (key.clone(), Bytes::new())).collect();
    let written = suite.store.set_many(entries, Life::Hour.time()).await;
    Case::of("set_many", format!(" of {MANY} values")).expect("the answer", &written, &());
    keys
}

async fn to_the_end(suite: Suite<'_>) {
    let keys = fill(suite).await;
    for (pattern, count) in [
        ("conformance:scan:*", keys.len()),
        ("conformance:scan:1?[0-4]", 50),
        ("conformance:scan:????", 2000),
        ("conformance:scan:none*", 0),
        ("conformance:scan:2999", 1),
    ] {
        let found = scan(suite, pattern).await;
        case(pattern).expect("how many keys there are", &Ok(found.len()), &count);
    }
}

/// An invalidation begins its scan anew if the number of the connection changes. A number that
/// changes without reason costs a scan.
async fn by_one_connection(suite: Suite<'_>) {
    let before = suite.store.connection();
    scan(suite, "conformance:scan:*").await;
    let case = Case::of("scan", " to its end, with nothing lost on the way");
    case.expect("`connection` afterwards", &Ok(suite.store.connection()), &before);
}

/// A cursor belongs to one scan.
async fn two_at_once(suite: Suite<'_>) {
    let mut scans = ["conformance:scan:1*", "conformance:scan:2*"]
        .map(|pattern| (pattern, Some(0), BTreeSet::new()));
    for _ in 0..MAX_PAGES {
        for (pattern, cursor, found) in &mut scans {
            let Some(at) = *cursor else { continue };
            let page = page(suite, pattern, at).await;
            found.extend(page.keys);
            *cursor = page.next;
        }
    }
    for (pattern, _, found) in scans {
        let case = Case::of("scan", format!(" for {pattern} beside another one"));
        case.expect("how many keys there are", &Ok(found.len()), &1111);
    }
}

/// An invalidation deletes each page while it looks for the next one. Keys that stay during the
/// whole scan must be listed.
async fn while_keys_go(suite: Suite<'_>) {
    let pattern = "conformance:scan:*";
    let case = Case::of("scan", format!(" for {pattern} while what it lists is deleted"));
    let (mut cursor, mut removed) = (Some(0), 0);
    for _ in 0..MAX_PAGES {
        let Some(at) = cursor else { break };
        let page = page(suite, pattern, at).await;
        removed += case.answer("`remove`", suite.store.remove(&page.keys).await);
        cursor = page.next;
    }
    case.expect_keys(&scan(suite, pattern).await, &BTreeSet::new());
    case.expect("how many were deleted", &Ok(removed), &MANY);
}

/// Deletes all keys of the suite. An expired key may be listed, and is not there to be deleted.
async fn clean_up(suite: Suite<'_>) {
    let all: Vec<String> = scan(suite, "conformance:*").await.into_iter().collect();
    let case = Case::of("remove", " of all that a scan lists");
    case.answer("the answer", suite.store.remove(&all).await);
    case.expect_keys(&scan(suite, "conformance:*").await, &BTreeSet::new());
}
