//! Suggestions for an unknown word.

/// Returns the word of `known` that is nearest to `word`. Returns `None` if no word is near enough:
/// a third of the letters of `word` may differ, and at least one.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    known
        .iter()
        .map(|candidate| (distance(word, candidate), *candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Returns the number of single-character insertions, deletions, replacements and swaps of
/// neighbours between two words.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = match (i, j) {
                (0, n) | (n, 0) => n,
                _ => {
                    let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                    replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1)
                }
            };
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                rows[i][j] = rows[i][j].min(rows[i - 2][j - 2] + 1);
            }
        }
    }
    rows[a.len()][b.len()]
}

/// Writes words as `` `a`, `b` ``.
pub(crate) fn listed<S: AsRef<str>>(words: &[S]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{}`", word.as_ref())).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn counts_slips() {
        assert_eq!(distance("ttl", "ttl"), 0);
        assert_eq!(distance("tll", "ttl"), 1);
        assert_eq!(distance("tabel", "table"), 1);
        assert_eq!(distance("", "key"), 3);
    }

    #[test]
    fn suggests_only_what_is_near() {
        let known = ["ttl", "key", "skip", "unordered"];
        assert_eq!(nearest("skp", &known), Some("skip"));
        assert_eq!(nearest("unorderd", &known), Some("unordered"));
        assert_eq!(nearest("colour", &known), None);
    }
}
