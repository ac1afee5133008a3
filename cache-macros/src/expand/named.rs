//! `key!`, `invalidate!` and `prime!`: a call that is named and not made.

use proc_macro2::{Delimiter, Group, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprCall};

use super::{at, companion, runtime};
use crate::args::{Macro, Named};

/// One call into the runtime.
pub(super) fn expand(Named { call: named, value }: &Named, asked: Macro) -> TokenStream {
    let span = value.as_ref().map_or_else(|| named.span(), Spanned::span);
    let (call, runtime) = (settled(named), runtime(span));
    match (asked, value) {
        (Macro::Key, _) => quote_spanned!(at(span)=> #runtime::key(#call)),
        (Macro::Invalidate, _) => quote_spanned!(at(span)=> #runtime::invalidate(#call)),
        (Macro::Prime, value) => {
            quote_spanned!(at(span)=> #runtime::prime(#runtime::primed!(#call), #value))
        }
    }
}

/// The named call, outside of an attribute: a method is asked for it here.
fn settled(named: &Expr) -> TokenStream {
    let call = call(named);
    if matches!(named, Expr::Call(_)) {
        return call;
    }
    let runtime = runtime(named.span());
    quote_spanned!(at(named.span())=> #runtime::captured(|| #call))
}

/// A function by its companion, a method by its future.
pub(super) fn call(named: &Expr) -> TokenStream {
    if let Expr::Call(call) = named {
        return companion_call(call);
    }
    whole(named)
}

/// A call that is written as it would be made, by its future.
pub(super) fn whole(named: &Expr) -> TokenStream {
    let span = named.span();
    let runtime = runtime(span);
    quote_spanned!(at(span)=> #runtime::named(#named))
}

/// `path::__cache_key_of_get_user(&(id))`
fn companion_call(call: &ExprCall) -> TokenStream {
    let mut path = call.func.clone();
    if let Expr::Path(path) = &mut *path
        && let Some(last) = path.path.segments.last_mut()
    {
        last.ident = companion::name(&last.ident);
    }
    let args = call.args.iter().map(by_reference);
    let mut args = Group::new(Delimiter::Parenthesis, quote!(#(#args),*));
    args.set_span(call.paren_token.span.join());
    quote!(#path #args)
}

/// `&(id)`; `&[…]` stays, because a reference to it would not become a slice, and `vec![…]` is put in braces, where
/// no lint finds it useless.
fn by_reference(arg: &Expr) -> TokenStream {
    match arg {
        Expr::Reference(reference) if matches!(*reference.expr, Expr::Array(_)) => quote!(#arg),
        Expr::Macro(_) => quote_spanned!(at(arg.span())=> &{ #arg }),
        _ => quote_spanned!(at(arg.span())=> &(#arg)),
    }
}
