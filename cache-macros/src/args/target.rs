//! Targets that are invalidated, looked up or primed: a pattern, or one call.

use proc_macro2::{Span, TokenStream};
use syn::parse::{ParseStream, Parser};
use syn::{Expr, ExprLit, Lit, LitStr, Path, Token};

use super::entry::{literal, parse_entry, parse_value};

/// Target of an invalidation.
pub(crate) enum Target {
    Pattern(LitStr),
    Call(Expr),
}

/// A macro that names one call.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Macro {
    Key,
    Invalidate,
    Prime,
}

/// Arguments of a macro that names one call.
pub(crate) struct Named {
    pub(crate) call: Expr,
    /// Value of `prime!`.
    pub(crate) value: Option<Expr>,
    /// Path of the runtime.
    pub(crate) runtime: Option<Path>,
}

impl Macro {
    /// Returns an example of the macro.
    fn example(self) -> &'static str {
        match self {
            Self::Key => "`key!(get_user(7))`",
            Self::Invalidate => "`invalidate!(get_user(7))`",
            Self::Prime => "`prime!(get_user(7), &user)`",
        }
    }
}

/// Reads one item of `#[invalidates]`.
pub(super) fn parse(input: ParseStream) -> syn::Result<Target> {
    match parse_value(input)? {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(Target::Pattern(text)),
        Expr::Path(path) => {
            let message = "name one call, with its arguments: `get_user(id)`, or write a pattern: `\"users:<id>*\"`";
            Err(syn::Error::new_spanned(path, message))
        }
        other => {
            let expected =
                "expected a pattern such as `\"users:*\"`, or a cached call such as `get_user(id)`";
            call(other, expected).map(Target::Call)
        }
    }
}

/// Reads the arguments of a macro that names one call.
pub(crate) fn named(tokens: TokenStream, asked: Macro) -> syn::Result<Named> {
    let read = |input: ParseStream| {
        if input.is_empty() {
            let message = format!("name one call of a cached function: {}", asked.example());
            return Err(syn::Error::new(Span::call_site(), message));
        }
        let runtime = runtime(input)?;
        let call = named_call(parse_value(input)?, asked)?;
        let value = if asked == Macro::Prime { Some(value(input)?) } else { None };
        end(input, asked)?;
        Ok(Named { call, value, runtime })
    };
    read.parse2(tokens)
}

/// Reads `crate = path,` in front of the call.
fn runtime(input: ParseStream) -> syn::Result<Option<Path>> {
    if !(input.peek(Token![crate]) && input.peek2(Token![=])) {
        return Ok(None);
    }
    let runtime = parse_entry(input)?.runtime()?;
    input.parse::<Token![,]>()?;
    Ok(Some(runtime))
}

fn named_call(expr: Expr, asked: Macro) -> syn::Result<Expr> {
    if let (Some(Lit::Str(pattern)), Macro::Invalidate) = (literal(&expr), asked) {
        let message = "`invalidate!` takes one call; a pattern goes to the handle: `cache.invalidate(\"users:*\")`";
        return Err(syn::Error::new_spanned(pattern, message));
    }
    if let Expr::Path(path) = &expr {
        let message = format!("name one call, with its arguments: {}", asked.example());
        return Err(syn::Error::new_spanned(path, message));
    }
    call(expr, "expected one call of a cached function, such as `get_user(7)`")
}

/// Reads the value behind `,`.
fn value(input: ParseStream) -> syn::Result<Expr> {
    let comma: Option<Token![,]> = input.parse()?;
    if input.is_empty() {
        let message = "the value to store is missing; write `prime!(get_user(7), &user)`";
        return Err(syn::Error::new(Span::call_site(), message));
    }
    match comma {
        Some(_) => parse_value(input),
        None => Err(input.error("expected `,` in front of this")),
    }
}

fn end(input: ParseStream, asked: Macro) -> syn::Result<()> {
    let comma: Option<Token![,]> = input.parse()?;
    if input.is_empty() {
        return Ok(());
    }
    Err(input.error(match (comma, asked) {
        (None, _) => "expected `,` in front of this",
        (_, Macro::Prime) => "`prime!` takes one call and a reference to its value; remove this",
        (_, Macro::Key) => "`key!` takes one call; remove this",
        (_, Macro::Invalidate) => "`invalidate!` takes one call; remove this",
    }))
}

/// Returns the expression if it is a call. `expected` is the message for other expressions.
fn call(expr: Expr, expected: &str) -> syn::Result<Expr> {
    match expr {
        Expr::Call(call) if !matches!(*call.func, Expr::Path(_)) => {
            Err(syn::Error::new_spanned(call.func, "name the cached function by its path"))
        }
        call @ (Expr::Call(_) | Expr::MethodCall(_)) => Ok(call),
        Expr::Await(call) => {
            Err(syn::Error::new_spanned(call, "leave out `.await`; the call is only named here"))
        }
        other => Err(syn::Error::new_spanned(other, expected)),
    }
}
