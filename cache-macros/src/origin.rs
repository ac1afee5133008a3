//! Origin of a function: what tells the function from others that are written alike.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

use crate::function::Function;

/// Tells whether a `macro_rules!` wrote the token, and not the author of the code that calls the
/// macro.
///
/// Only the compiler knows, and only the debug form of a span says so. `#0 bytes(7..9)` is a token
/// that no macro wrote. Another compiler may have another form, for which the answer is `false`.
pub(crate) fn is_of_macro(span: Span) -> bool {
    let text = format!("{span:?}");
    let context = text.strip_prefix('#').and_then(|rest| rest.split_once(' '));
    context.and_then(|(number, _)| number.parse::<u32>().ok()).is_some_and(|number| number > 0)
}

/// Returns a number for what the function is made of and where its name stands: FNV-1a, 64 bits.
/// Attributes, and therefore doc comments, do not count.
pub(crate) fn own(function: &Function) -> u64 {
    let (line, column) = position(function.sig.ident.span());
    let body = function.body.as_ref().map(ToTokens::to_token_stream).unwrap_or_default();
    let signature: TokenStream = function.sig.to_token_stream();
    let text = format!("{line}:{column} {signature} {body}");
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Returns line and column. Returns zeros if no compiler runs the macro.
fn position(span: Span) -> (usize, usize) {
    if !proc_macro::is_available() {
        return (0, 0);
    }
    // The compiler runs the macro. The span is therefore the compiler's, and `unwrap` cannot panic.
    let span = span.unwrap();
    (span.line(), span.column())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own_of(text: &str) -> u64 {
        own(&syn::parse_str(text).expect("a function"))
    }

    #[test]
    fn what_a_function_is_made_of_tells_it_from_others() {
        let first = own_of("fn get(id: u8) -> u8 { id }");
        assert_eq!(own_of("/// Documented.\nfn get(id: u8) -> u8 { id }"), first);
        assert_ne!(own_of("fn get(id: u8) -> u8 { id + 1 }"), first);
        assert_ne!(own_of("fn get(id: u16) -> u8 { id }"), first);
    }
}
