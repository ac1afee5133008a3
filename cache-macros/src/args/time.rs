//! Times to live that are known at compile time.

use syn::{Expr, Lit, LitInt, UnOp};

use super::entry::literal;
use crate::duration;

/// The milliseconds that a literal stands for; `None` for other expressions.
pub(super) fn literal_ms(expr: &Expr) -> syn::Result<Option<u64>> {
    let result = match (literal(expr), expr) {
        (Some(Lit::Int(number)), _) => seconds(number),
        (Some(Lit::Str(text)), _) => duration::parse(&text.value()),
        (Some(Lit::Float(number)), _) => Err(fraction(number.base10_digits())),
        (Some(_), _) => {
            Err("expected seconds, such as `300`, or a duration, such as `\"5m\"`".to_owned())
        }
        (None, Expr::Unary(unary)) if is_negative_literal(unary) => {
            Err("a time to live cannot be negative; write seconds, such as `300`".to_owned())
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

/// What to write instead of `1.5`.
fn fraction(digits: &str) -> String {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let thousandths: String = fraction.chars().chain("000".chars()).take(3).collect();
    let ms = format!("{whole}{thousandths}").parse::<u64>().ok().filter(|ms| *ms > 0);
    let example = ms.unwrap_or(1500);
    format!("seconds are whole numbers; write milliseconds: `\"{example}ms\"`")
}
