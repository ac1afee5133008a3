//! Writes text inside a JSON string with the fewest possible escapes.

use super::sink::Sink;

/// Writes a JSON string.
pub(crate) fn write_str(out: &mut (impl Sink + ?Sized), text: &str) {
    out.put_byte(b'"');
    write_escaped(out, text);
    out.put_byte(b'"');
}

/// Writes the inside of a JSON string. Only `"`, `\` and control characters are escaped.
pub(crate) fn write_escaped(out: &mut (impl Sink + ?Sized), text: &str) {
    let mut rest = text.as_bytes();
    while let Some(at) = find_special(rest) {
        out.put(&rest[..at]);
        put_escape(out, rest[at]);
        rest = &rest[at + 1..];
    }
    out.put(rest);
}

/// Returns the place of the first byte that must be escaped. Eight bytes are tested together.
fn find_special(text: &[u8]) -> Option<usize> {
    let (words, tail) = text.as_chunks::<8>();
    let word = words.iter().position(|word| has_special(u64::from_le_bytes(*word)));
    let start = word.map_or(text.len() - tail.len(), |word| word * 8);
    text[start..].iter().position(|byte| is_special(*byte)).map(|at| start + at)
}

fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Tells whether one of eight bytes must be escaped. ("Determine if a word has a byte less than n",
/// Anderson, "Bit Twiddling Hacks".)
fn has_special(word: u64) -> bool {
    const ONES: u64 = u64::MAX / 255;
    const HIGHS: u64 = ONES << 7;
    let below = |word: u64, byte: u8| word.wrapping_sub(ONES * u64::from(byte)) & !word & HIGHS;
    let equals = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    below(word, 0x20) | equals(b'"') | equals(b'\\') != 0
}

fn put_escape(out: &mut (impl Sink + ?Sized), byte: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    match byte {
        b'"' => out.put(b"\\\""),
        b'\\' => out.put(b"\\\\"),
        0x08 => out.put(b"\\b"),
        0x0c => out.put(b"\\f"),
        b'\n' => out.put(b"\\n"),
        b'\r' => out.put(b"\\r"),
        b'\t' => out.put(b"\\t"),
        _ => {
            let digits = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]];
            out.put(b"\\u00");
            out.put(&digits);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_must_be_escaped_is_found_wherever_it_stands() {
        for byte in 0..=127u8 {
            for (before, after) in [(0, 0), (3, 20), (8, 0), (13, 2), (17, 9)] {
                let text = [&vec![b'a'; before][..], &[byte], &vec![b'b'; after]].concat();
                let expected = is_special(byte).then_some(before);
                assert_eq!(find_special(&text), expected, "{byte} behind {before}");
            }
        }
        assert_eq!(find_special("ünïcödé, ünïcödé".as_bytes()), None);
    }

    #[test]
    fn strings_escape_only_what_they_must() {
        let mut out = Vec::new();
        write_str(&mut out, "a\"\\\n\u{1f}\u{7f}é/");
        assert_eq!(out, "\"a\\\"\\\\\\n\\u001f\u{7f}é/\"".as_bytes());
    }
}
