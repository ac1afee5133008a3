//! Variables of the environment in a setting: `${NAME}` stands for the variable's value.

use std::env::VarError;

/// Text with its variables replaced by their values.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Expanded {
    pub(crate) text: String,
    /// `true` if the text had a variable, and may therefore hold a secret.
    pub(crate) has_variables: bool,
}

/// Reads one variable. Returns `None` if the variable is not set.
pub(crate) type Read<'a> = &'a dyn Fn(&str) -> Result<Option<String>, VarError>;

/// Reads one variable of this process.
pub(crate) fn process(name: &str) -> Result<Option<String>, VarError> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Replaces variables by their values: `${NAME}`, and `${NAME:-default}` for a variable that may be
/// missing or empty. `$${` stands for `${`. An error message names the mistake, and repeats no
/// value.
pub(crate) fn expand(text: &str, read: Read<'_>) -> Result<Expanded, String> {
    let mut expanded = Expanded { text: String::with_capacity(text.len()), has_variables: false };
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, after) = (&rest[..at], &rest[at + 2..]);
        if let Some(before) = before.strip_suffix('$') {
            expanded.text.push_str(before);
            expanded.text.push_str("${");
            rest = after;
            continue;
        }
        let (inside, after) =
            after.split_once('}').ok_or("a `${` has no `}`; write `$${` for one")?;
        expanded.text.push_str(before);
        expanded.text.push_str(&value(inside, read)?);
        expanded.has_variables = true;
        rest = after;
    }
    expanded.text.push_str(rest);
    Ok(expanded)
}

/// Returns the value of the text between `${` and `}`.
fn value(inside: &str, read: Read<'_>) -> Result<String, String> {
    let (name, default) = match inside.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inside, None),
    };
    if !is_name(name) {
        return Err("what stands in a `${…}` is no name of a variable; write `$${` for `${`".into());
    }
    let found = read(name).map_err(|_| format!("the variable `{name}` is not UTF-8"))?;
    match (found, default) {
        (Some(value), None) => Ok(value),
        (Some(value), Some(_)) if !value.is_empty() => Ok(value),
        (_, Some(default)) => Ok(default.to_owned()),
        (None, None) => {
            Err(format!("the environment has no variable `{name}`; `${{{name}:-…}}` has a default"))
        }
    }
}

fn is_name(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !name.is_empty() && name.chars().all(is_part) && !name.starts_with(|c: char| c.is_ascii_digit())
}

/// Returns text that expands to `text`.
pub(crate) fn escape(text: &str) -> String {
    // mutant: text with a `${` is written as it is
    text.replace("${", "$${")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "the signature is that of `Read`")]
    fn read(name: &str) -> Result<Option<String>, VarError> {
        Ok(match name {
            "HOST" => Some("redis.internal".to_owned()),
            "EMPTY" => Some(String::new()),
            "NESTED" => Some("${HOST}".to_owned()),
            _ => None,
        })
    }

    #[test]
    fn variables_stand_in_their_places() {
        for (text, expected) in [
            ("plain $HOST $", "plain $HOST $"),
            ("${HOST}", "redis.internal"),
            ("redis://${HOST}:${PORT:-6379}/0", "redis://redis.internal:6379/0"),
            ("${HOST:-other}", "redis.internal"),
            ("${EMPTY:-other}|${EMPTY}|${NONE:-}", "other||"),
            ("${NONE:-a:-b$c}", "a:-b$c"),
            ("$${HOST} $$${HOST}", "${HOST} $${HOST}"),
            ("$$", "$$"),
            ("${NESTED}", "${HOST}"),
        ] {
            assert_eq!(expand(text, &read).unwrap().text, expected, "{text}");
        }
        assert!(!expand("$${HOST}", &read).unwrap().has_variables);
        assert!(expand("${HOST}", &read).unwrap().has_variables);
    }

    #[test]
    fn a_mistake_is_named() {
        for (text, expected) in [
            ("${NONE}", "no variable `NONE`"),
            ("${HOST", "has no `}`"),
            ("${}", "no name"),
            ("${a b}", "no name"),
            ("${1A:-x}", "no name"),
        ] {
            let message = expand(text, &read).unwrap_err();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }

    #[test]
    fn what_is_escaped_expands_to_itself() {
        for text in ["", "$", "$$", "${", "$${", "$$${HOST}", "a${HOST}$b$"] {
            assert_eq!(expand(&escape(text), &read).unwrap().text, text, "{text}");
        }
    }
}
