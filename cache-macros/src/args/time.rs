//! Times that are known at compile time.

use syn::{Expr, Lit, LitInt, UnOp};

use super::entry::{Entry, Value, literal};
use crate::duration;

/// Shortest lease, 100 ms. A lease that ends sooner is lost to many loads, whose values are then
/// not stored.
const MIN_LEASE_MS: u64 = 100;

/// Longest lease, one hour. A lease outlives a process that died with it, and no value can be
/// stored at its key meanwhile.
const MAX_LEASE_MS: u64 = 3_600_000;

/// Returns the milliseconds of an option that takes a literal.
pub(super) fn of(entry: &Entry) -> syn::Result<u64> {
    let Value::Is(expr) = &entry.value else {
        return Err(entry.misused());
    };
    literal_ms(expr)?.ok_or_else(|| entry.misused())
}

/// Reads the option `lease`.
pub(super) fn lease(entry: &Entry) -> syn::Result<u64> {
    let ms = of(entry)?;
    let message = match ms {
        0 => "a lease of zero protects no load; write at least `\"100ms\"`",
        1..MIN_LEASE_MS => {
            "a lease this short ends before most loads do, and their values would not be stored; write at least \
             `\"100ms\"`"
        }
        MIN_LEASE_MS..=MAX_LEASE_MS => return Ok(ms),
        _ => {
            "a lease this long would keep the key from being stored after a process died with it; write at most \
             `\"1h\"`"
        }
    };
    Err(entry.wrong(message))
}

/// Reads the option `again_after`.
pub(super) fn again_after(entry: &Entry) -> syn::Result<u64> {
    match of(entry)? {
        0 => {
            let message = "invalidating again at once does nothing more; write how far replicas lag behind, as \
                           `\"2s\"`, or remove `again_after`";
            Err(entry.wrong(message))
        }
        ms => Ok(ms),
    }
}

/// Returns the milliseconds that a literal stands for. Returns `None` for other expressions.
pub(super) fn literal_ms(expr: &Expr) -> syn::Result<Option<u64>> {
    let result = match (literal(expr), expr) {
        (Some(Lit::Int(number)), _) => seconds(number),
        (Some(Lit::Str(text)), _) => duration::parse(&text.value()),
        (Some(Lit::Float(number)), _) => Err(fraction(number.base10_digits())),
        (Some(_), _) => {
            Err("expected seconds, such as `300`, or a duration, such as `\"5m\"`".to_owned())
        }
        (None, Expr::Unary(unary)) if is_negative_literal(unary) => {
            Err("a time cannot be negative; write seconds, such as `300`".to_owned())
        }
        (None, _) => return Ok(None),
    };
    result.map(Some).map_err(|message| syn::Error::new_spanned(expr, message))
}

fn is_negative_literal(unary: &syn::ExprUnary) -> bool {
    matches!(unary.op, UnOp::Neg(_)) && literal(&unary.expr).is_some()
}

fn seconds(number: &LitInt) -> Result<u64, String> {
    let suffix = number.suffix();
    if duration::is_unit(suffix) {
        return Err(format!("durations are text; write `\"{}{suffix}\"`", number.base10_digits()));
    }
    duration::from_seconds(number.base10_digits())
}

/// Returns a message that tells what to write instead of `1.5`.
fn fraction(digits: &str) -> String {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let thousandths: String = fraction.chars().chain("000".chars()).take(3).collect();
    let ms = format!("{whole}{thousandths}").parse::<u64>().ok().filter(|ms| *ms > 0);
    let example = ms.unwrap_or(1500);
    format!("seconds are whole numbers; write milliseconds: `\"{example}ms\"`")
}
