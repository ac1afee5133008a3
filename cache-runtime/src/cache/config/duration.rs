//! Durations written as text: `"300ms"`, `"5m"`, `"1h30m"`, and seconds, `"300"`.
//!
//! Attributes, configuration files and the environment read durations by the same rules.
//! `cache-macros` and `cache-runtime` each hold this file, because neither crate can use the
//! other's. A test compares the two.

const UNITS: [(&str, u64); 6] = [
    ("w", 604_800_000),
    // mutant: the crates read durations by different rules
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// The longest duration: half of what the store's signed milliseconds hold. Adding the time of day
/// cannot overflow.
const MAX_MS: u64 = u64::MAX / 4;

/// Returns the milliseconds of a duration such as `1h30m`, or of a number of seconds.
///
/// # Errors
///
/// A text that says what is wrong.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return from_seconds(text);
    }
    let mut rest = text;
    let mut units = UNITS.iter();
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let (number, unit, after) = split_part(rest).ok_or_else(|| not_a_duration(text))?;
        let (_, unit_ms) =
            units.find(|(name, _)| *name == unit).ok_or_else(|| out_of_order(text, unit))?;
        let count = number.parse::<u64>().map_err(|_| too_long(text))?;
        let part = count.checked_mul(*unit_ms).ok_or_else(|| too_long(text))?;
        total = total.checked_add(part).ok_or_else(|| too_long(text))?;
        rest = after;
    }
    match text {
        "" => Err(not_a_duration(text)),
        _ => within_bounds(total, text),
    }
}

/// Returns the milliseconds of a number of seconds.
pub(crate) fn from_seconds(digits: &str) -> Result<u64, String> {
    let seconds = digits.parse::<u64>().map_err(|_| too_long(digits))?;
    let ms = seconds.checked_mul(1_000).ok_or_else(|| too_long(digits))?;
    within_bounds(ms, digits)
}

/// Tells whether the text is a unit of time.
pub(crate) fn is_unit(text: &str) -> bool {
    UNITS.iter().any(|(name, _)| *name == text)
}

fn within_bounds(ms: u64, text: &str) -> Result<u64, String> {
    if ms <= MAX_MS { Ok(ms) } else { Err(too_long(text)) }
}

/// Splits `90m5s` into `90`, `m` and `5s`.
fn split_part(text: &str) -> Option<(&str, &str, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, rest) = text.split_at(digits);
    let end = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, after) = rest.split_at(end);
    (!number.is_empty() && is_unit(unit)).then_some((number, unit, after))
}

fn not_a_duration(text: &str) -> String {
    if text.is_empty() {
        return "the duration is empty; write a number and a unit: `\"5m\"`".to_owned();
    }
    let instead = meant(text).map_or_else(
        || "a number and `ms`, `s`, `m`, `h`, `d` or `w`".to_owned(),
        |duration| format!("`\"{duration}\"`"),
    );
    format!("`{text}` is not a duration; write {instead}")
}

/// Suggests `5m` for `5 minutes`, `5 min` and `5M`.
fn meant(text: &str) -> Option<String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).filter(|digits| *digits > 0)?;
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim().to_ascii_lowercase();
    let known = match unit.as_str() {
        "ms" => "ms",
        _ if unit.starts_with("milli") => "ms",
        _ => ["week", "day", "hour", "hr", "minute", "second"]
            .iter()
            .find(|name| !unit.is_empty() && name.starts_with(singular(&unit)))
            .map(|name| &name[..1])?,
    };
    Some(format!("{number}{known}"))
}

/// Returns `sec` for `secs`. `s` is a unit of its own.
fn singular(unit: &str) -> &str {
    unit.strip_suffix('s').filter(|unit| !unit.is_empty()).unwrap_or(unit)
}

fn out_of_order(text: &str, unit: &str) -> String {
    format!("`{unit}` is out of order in `{text}`; write the largest unit first, each one once")
}

fn too_long(text: &str) -> String {
    format!("`{text}` is too long to be counted in milliseconds; write a shorter time")
}

#[cfg(test)]
mod tests {
    use super::{from_seconds, parse};

    #[test]
    fn reads_every_unit_and_compounds() {
        assert_eq!(parse("300ms"), Ok(300));
        assert_eq!(parse("5m"), Ok(300_000));
        assert_eq!(parse("1h30m"), Ok(5_400_000));
        assert_eq!(parse("2w"), Ok(1_209_600_000));
        assert_eq!(parse("1d2h3m4s5ms"), Ok(93_784_005));
        assert_eq!(parse("0s"), Ok(0));
        assert_eq!(parse("300"), Ok(300_000));
        assert_eq!(from_seconds("300"), Ok(300_000));
    }

    #[test]
    fn refuses_what_is_no_duration() {
        assert!(parse("").is_err_and(|message| message.contains("is empty")));
        for text in ["+5", "m", "5 min", "5min", "-5m", "1.5s", " 5m", "5m ", "5M", "٣s"] {
            assert!(
                parse(text).is_err_and(|message| message.contains("is not a duration")),
                "{text}"
            );
        }
    }

    #[test]
    fn says_what_was_meant() {
        for (text, meant) in [
            ("5 min", "5m"),
            ("5 s", "5s"),
            ("5 minutes", "5m"),
            ("5M", "5m"),
            ("10secs", "10s"),
            ("2 hrs", "2h"),
            ("9 millis", "9ms"),
        ] {
            let says = format!("write `\"{meant}\"`");
            assert!(parse(text).is_err_and(|message| message.ends_with(&says)), "{text}");
        }
        for text in ["5 fortnights", "min", "1.5s", "2 months"] {
            assert!(parse(text).is_err_and(|message| message.ends_with("`d` or `w`")), "{text}");
        }
    }

    #[test]
    fn refuses_repeated_and_misplaced_units() {
        assert!(parse("30m1h").is_err_and(|message| message.contains("`h` is out of order")));
        assert!(parse("1m1m").is_err_and(|message| message.contains("`m` is out of order")));
    }

    #[test]
    fn refuses_what_overflows() {
        for text in [
            "99999999999999999999s",
            "99999999999999999999",
            "18446744073709551615s",
            "9223372036854775807ms",
        ] {
            assert!(parse(text).is_err_and(|message| message.contains("is too long")), "{text}");
        }
        assert_eq!(parse("18446744073709551615"), from_seconds("18446744073709551615"));
    }
}
