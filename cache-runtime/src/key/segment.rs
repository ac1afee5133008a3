//! Writes the value of a placeholder as a segment of a key or a pattern.

use super::canonical;
use super::hex;
use super::sink::Sink;
use crate::function::refused::Refused;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Characters that are percent-encoded: all but letters, digits, `.`, `_` and `-`. Neither `:` nor
/// a glob character survives.
// mutant: glob characters in values are not escaped
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'_').remove(b'-');

/// Tells whether a byte stands for itself in a segment.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}

/// The largest encoded value that is written out, in bytes. A longer value is replaced by its hash.
const MAX_WRITTEN: usize = 64;

/// Appends the segment of `value`: `~` for `None`, percent-encoded text, or `~` and a hash if the
/// text is longer than 64 bytes.
pub(crate) fn push<T: Serialize + ?Sized>(text: &mut String, value: &T) -> Result<(), Refused> {
    let mut segment = Segment { start: text.len(), text, absent: false };
    canonical::write_readable(&mut segment, value)?;
    segment.finish();
    Ok(())
}

/// Tells whether the segment of a value follows from its canonical text alone. Such values are
/// numbers, strings, `bool`s and `None`. Other values have a readable text of their own.
pub(super) fn is_from_canonical(text: &[u8]) -> bool {
    matches!(text.first(), Some(b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n'))
}

/// Appends the segment of a value whose canonical text is known and
/// [sufficient](is_from_canonical).
pub(super) fn push_canonical(text: &mut String, canonical: &[u8]) {
    let mut segment = Segment { start: text.len(), text, absent: false };
    match canonical {
        b"null" => segment.put_absent(),
        // mutant: a placeholder takes its argument's text as it is hashed
        [b'"', inside @ .., b'"'] if !inside.contains(&b'\\') => segment.put_plain(inside),
        // Canonical strings are JSON, so that the parser cannot fail.
        [b'"', ..] => match serde_json::from_slice::<String>(canonical) {
            Ok(string) => segment.put(string.as_bytes()),
            Err(_) => segment.put(canonical),
        },
        _ => segment.put_plain(canonical),
    }
    segment.finish();
}

struct Segment<'a> {
    text: &'a mut String,
    start: usize,
    absent: bool,
}

impl Sink for Segment<'_> {
    fn put(&mut self, bytes: &[u8]) {
        self.text.extend(percent_encode(bytes, ENCODED));
    }

    fn put_text(&mut self, text: &str) {
        // Plain text, the most frequent case, is copied in one piece.
        if text.bytes().all(is_plain) {
            self.text.push_str(text);
        } else {
            self.put(text.as_bytes());
        }
    }

    fn put_absent(&mut self) {
        self.absent = true;
    }
}

impl Segment<'_> {
    /// Appends bytes that are plain in most values. Plain text is copied in one piece.
    fn put_plain(&mut self, bytes: &[u8]) {
        match str::from_utf8(bytes) {
            Ok(text) => self.put_text(text),
            Err(_) => self.put(bytes),
        }
    }

    fn finish(self) {
        if self.absent {
            self.text.push('~');
        } else if self.text.len() - self.start > MAX_WRITTEN {
            let digest = Sha256::digest(&self.text.as_bytes()[self.start..]);
            self.text.truncate(self.start);
            self.text.push('~');
            hex::push(self.text, &digest[..16]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeSet, HashMap};

    fn segment<T: Serialize>(value: T) -> String {
        let mut text = String::new();
        push(&mut text, &value).unwrap();
        text
    }

    #[test]
    fn separators_and_glob_characters_do_not_survive() {
        assert_eq!(segment("a:b*c?[d]\\"), "a%3Ab%2Ac%3F%5Bd%5D%5C");
        assert_eq!(segment("ü~%"), "%C3%BC%7E%25");
        assert_eq!(segment("A-z_0.9"), "A-z_0.9");
    }

    #[test]
    fn none_is_a_tilde_and_nothing_else_is() {
        assert_eq!(segment(None::<u8>), "~");
        assert_eq!(segment(Some("~")), "%7E");
        assert_eq!(segment(Some("null")), "null");
        assert_eq!(segment(Some(None::<u8>)), "%2Bnull");
        assert_eq!(segment(""), "");
    }

    /// The keys `[1,-2]` and `[-2,1]` have one readable text, and a `HashMap` shows its entries in
    /// any order.
    #[test]
    fn maps_have_one_text_whose_keys_read_alike() {
        let entries = [(vec![1, -2], 'a'), (vec![-2, 1], 'b'), (vec![3], 'c')];
        let texts = (0..20).map(|_| segment(HashMap::<_, _>::from_iter(entries.clone())));
        assert_eq!(texts.collect::<BTreeSet<_>>().len(), 1);
    }

    #[test]
    fn numbers_lists_and_variants_are_their_canonical_text() {
        assert_eq!(segment(-5), "-5");
        assert_eq!(segment(true), "true");
        assert_eq!(segment(vec![2, 1]), "%5B1%2C2%5D");
        assert_eq!(segment((2, 1)), "%282%2C1%29");
        assert_eq!(segment('x'), "x");
    }

    #[test]
    fn canonical_text_has_the_segment_of_its_value() {
        fn check<T: Serialize>(value: T) {
            let (mut canonical, mut text) = (Vec::new(), String::new());
            canonical::write(&mut canonical, &value, &[]).unwrap();
            assert!(is_from_canonical(&canonical), "{}", String::from_utf8_lossy(&canonical));
            push_canonical(&mut text, &canonical);
            assert_eq!(text, segment(&value));
        }
        for text in ["", "plain", "null", "~", "a\"b\\c", "\n\u{1}\u{7f}é:*", "\"", "+null"] {
            check(text);
        }
        check("x".repeat(65));
        check("\\".repeat(30));
        check(-5);
        check(1.5);
        check(false);
        check(None::<u8>);
        check(u128::MAX);
        check(1.5f32);
    }

    #[test]
    fn long_values_are_shortened_by_hash() {
        assert_eq!(segment("x".repeat(64)), "x".repeat(64));
        assert_eq!(
            segment("x".repeat(65)),
            "~1b3ed1cbda5a0a1c1f3b5ae7bd8d1d5c"
                .replace("1b3ed1cbda5a0a1c1f3b5ae7bd8d1d5c", &hex_of("x".repeat(65)))
        );
    }

    fn hex_of(text: String) -> String {
        let mut out = String::new();
        hex::push(&mut out, &Sha256::digest(text)[..16]);
        out
    }
}
