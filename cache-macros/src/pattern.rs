//! Mistakes in patterns that Redis reads otherwise than they look: its globs go byte by byte, and
//! its sets end and reach otherwise.
//!
//! Patterns are checked by the same rules where they are compiled and where they are run.
//! `cache-macros` and `cache-runtime` each hold this file, because neither crate can use the
//! other's. A test compares the two.

/// Returns the length of a set, its closing bracket included, if `text` begins behind its `[`.
///
/// # Errors
///
/// A text that says what is wrong.
pub(crate) fn set(text: &str) -> Result<usize, String> {
    let is_negated = text.starts_with('^');
    let mut length = usize::from(is_negated);
    if text[length..].starts_with(']') {
        return Err(empty(is_negated));
    }
    while let Some(part) = part(&text[length..])? {
        length += part;
    }
    Ok(length + 1)
}

/// Returns the length of the next byte or range of a set. Returns `None` if the set ends here.
fn part(text: &str) -> Result<Option<usize>, String> {
    let mut chars = text.chars();
    let (first, byte) = match chars.next() {
        None => return Err(UNCLOSED.to_owned()),
        Some(']') => return Ok(None),
        Some('\\') => ('\\', chars.next().ok_or(UNCLOSED)?),
        Some(byte) => (byte, byte),
    };
    one_byte(byte)?;
    let length = if first == '\\' { 2 } else { 1 };
    let (Some('-'), Some(last)) = (chars.next(), chars.next()) else { return Ok(Some(length)) };
    match (first, last) {
        ('\\', ']') => Ok(Some(length)),
        ('\\', _) => Err(format!("`\\{byte}-{last}` is no range; write `\\-` for a dash")),
        (_, ']') => Err(format!(
            "`{byte}-]` is a range that ends at `]`, and its set goes on; write `\\-` for a dash"
        )),
        (_, '\\') => {
            Err(format!("`{byte}-\\` is a range that ends at `\\`; write `\\-` for a dash"))
        }
        (_, last) => one_byte(last).map(|()| Some(3)),
    }
}

const UNCLOSED: &str = "pattern has an unclosed `[`; write `\\[` for the character";

fn empty(is_negated: bool) -> String {
    if is_negated {
        return "`[^]` matches any byte; write `?`, or the characters inside, `\\]` for a bracket"
            .to_owned();
    }
    "`[]` matches nothing; write the characters inside, `\\]` for a bracket".to_owned()
}

fn one_byte(c: char) -> Result<(), String> {
    if c.is_ascii() {
        return Ok(());
    }
    let bytes = c.len_utf8();
    Err(format!(
        "a set matches one byte, and `{c}` has {bytes}; write a pattern for each character"
    ))
}

/// Returns what is wrong with a `?` that stands in one segment with a character of several bytes.
/// The `?` would match one of those bytes.
pub(crate) fn question_mark(pattern: &str) -> Option<String> {
    let (mut asks, mut wide) = (false, None);
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            ':' => (asks, wide) = (false, None),
            '?' => asks = true,
            '[' => {
                let rest = chars.as_str();
                chars = rest[set(rest).unwrap_or(0)..].chars();
            }
            '\\' => wide = chars.next().filter(|c| !c.is_ascii()).or(wide),
            c => wide = Some(c).filter(|c| !c.is_ascii()).or(wide),
        }
        if let (true, Some(wide)) = (asks, wide) {
            let bytes = wide.len_utf8();
            return Some(format!(
                "`?` matches one byte, and `{wide}` has {bytes}; write `*`, or a set such as `[0-9]`"
            ));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{question_mark, set};

    #[test]
    fn a_set_ends_where_redis_ends_it() {
        for (text, length) in [
            ("a]b", 2),
            ("^a-c]]", 5),
            ("-a]", 3),
            ("a\\-]", 4),
            ("a-c-]", 5),
            ("\\]]", 3),
            ("\\a-]", 4),
            ("[]", 2),
            ("z-a]", 4),
            ("--a]", 4),
        ] {
            assert_eq!(set(text), Ok(length), "{text}");
        }
    }

    #[test]
    fn a_set_that_seems_to_be_another_is_refused() {
        for (text, says) in [
            ("", "unclosed"),
            ("a", "unclosed"),
            ("a-", "unclosed"),
            ("a\\", "unclosed"),
            ("a\\]", "unclosed"),
            ("]", "matches nothing"),
            ("]a]", "matches nothing"),
            ("^]", "any byte"),
            ("a-]", "`a-]` is a range"),
            ("xa-]b]", "`a-]` is a range"),
            ("a-\\]]", "ends at `\\`"),
            ("\\[-z]", "`\\[-z` is no range"),
            ("aé]", "`é` has 2"),
            ("a-日]", "`日` has 3"),
            ("\\ß]", "`ß` has 2"),
        ] {
            let message = set(text).unwrap_err();
            assert!(message.contains(says) && message.contains("; write "), "{text}: {message}");
        }
    }

    #[test]
    fn a_question_mark_beside_a_wide_character_is_refused() {
        for text in ["gr?ße", "ß?", "?\\ß", "a:?ß:b", "[a]ß?", "日??"] {
            assert!(question_mark(text).is_some_and(|says| says.contains("one byte")), "{text}");
        }
        for text in ["gr?sse", "größe:?", "?:größe", "größe\\?", "größe[?]", "größe*", "?"]
        {
            assert_eq!(question_mark(text), None, "{text}");
        }
    }
}
