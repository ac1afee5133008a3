//! Keys that differ in any byte are different keys.

use super::Suite;
use super::case::{Case, Life};

/// Keys that a database may confuse: by case, white space, composition, quotes, globs, or zero
/// bytes.
const ALIKE: [&str; 18] = [
    "k", "K", "k ", " k", "k\n", "k\0", "k\0k", "k:k", "k:k:", "é", "e\u{301}", "e", "日本", "👋",
    "'k'", "k*", "%6b", "k\\",
];

pub(super) async fn check(suite: Suite<'_>) {
    let mut keys: Vec<String> = ALIKE.iter().map(|key| format!("conformance:key:{key}")).collect();
    keys.push(format!("conformance:key:{}", "k".repeat(500)));
    keys.push(format!("conformance:key:{}", "k".repeat(501)));
    for key in &keys {
        suite.put(key, key.as_bytes(), Life::Minute).await;
    }
    for key in &keys {
        let case = Case::of("set", format!(" of the key {key:?} among others like it"));
        suite.holds(key, &case, Some(key.as_bytes()), Life::Minute).await;
    }
    for (gone, key) in keys.iter().enumerate() {
        let case = Case::of("remove", format!(" of the key {key:?} among others like it"));
        let removed = suite.store.remove(std::slice::from_ref(key)).await;
        case.expect("how many were there", &removed, &1);
        for (n, other) in keys.iter().enumerate() {
            let value = (n > gone).then_some(other.as_bytes());
            suite.holds(other, &case, value, Life::Minute).await;
        }
    }
}
