//! `key!`, `invalidate!` and `prime!`: a call that is named and not made.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use std::mem;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, ExprCall, UnOp, parse_quote_spanned};

use super::{at, companion, runtime};
use crate::args::{Macro, Named};

/// One call into the runtime.
pub(super) fn expand(Named { call: named, value }: &Named, asked: Macro) -> TokenStream {
    let span = value.as_ref().map_or_else(|| named.span(), Spanned::span);
    let (call, runtime) = (call(named), runtime(span));
    match (asked, value) {
        (Macro::Key, _) => quote_spanned!(at(span)=> #runtime::key(#call)),
        (Macro::Invalidate, _) => quote_spanned!(at(span)=> #runtime::invalidate(#call)),
        (Macro::Prime, value) => {
            quote_spanned!(at(span)=> #runtime::prime(#runtime::primed!(#call), #value))
        }
    }
}

/// A function by its companion, a method by its future.
pub(super) fn call(named: &Expr) -> TokenStream {
    if let Expr::Call(call) = named {
        return companion_call(call);
    }
    whole(named)
}

/// A call that is written as it would be made, by its future:
/// `match (id,) { (__arg0,) => recorded("get_user", || self.get_user(__arg0)) }`.
///
/// What the call is made of is evaluated before: a cached call among it is answered, and not recorded.
pub(super) fn whole(named: &Expr) -> TokenStream {
    let mut call = named.clone();
    let mut taken = Taken::default();
    let name = taken.from(&mut call);
    let (span, called) = (at(named.span()), at(called_span(named)));
    let runtime = runtime(called);
    let recorded = quote_spanned!(called=> #runtime::recorded(#name, || #call));
    let Taken { values, names } = taken;
    if names.is_empty() {
        return recorded;
    }
    quote_spanned! {span=>
        match (#(#values,)*) {
            #[allow(unused_mut)]
            (#(mut #names,)*) => #recorded,
        }
    }
}

/// What is evaluated before a call, and the names that stand in its place.
#[derive(Default)]
struct Taken {
    values: Vec<Expr>,
    names: Vec<Ident>,
}

impl Taken {
    /// Takes all that has to be evaluated out of a call, and returns the name of what is called.
    fn from(&mut self, call: &mut Expr) -> String {
        match call {
            Expr::MethodCall(call) => {
                if !is_place(&call.receiver) {
                    self.take(&mut call.receiver);
                }
                call.args.iter_mut().for_each(|arg| self.take(arg));
                call.method.unraw().to_string()
            }
            Expr::Call(call) => {
                call.args.iter_mut().for_each(|arg| self.take(arg));
                called_name(&call.func)
            }
            // Nothing else is taken for a call.
            _ => String::new(),
        }
    }

    fn take(&mut self, expr: &mut Expr) {
        // Of the user's own hygiene, so that rustc merges what it says of the call here and elsewhere.
        let span = expr.span();
        let name = Ident::new(&format!("__named{}", self.names.len()), span);
        self.values.push(mem::replace(expr, parse_quote_spanned!(span=> #name)));
        self.names.push(name);
    }
}

/// Where the name of what is called stands.
fn called_span(call: &Expr) -> Span {
    match call {
        Expr::MethodCall(call) => call.method.span(),
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) => {
                path.path.segments.last().map_or_else(|| path.span(), Spanned::span)
            }
            other => other.span(),
        },
        other => other.span(),
    }
}

fn called_name(func: &Expr) -> String {
    match func {
        Expr::Path(path) => path
            .path
            .segments
            .last()
            .map_or_else(String::new, |last| last.ident.unraw().to_string()),
        _ => String::new(),
    }
}

/// Tells whether an expression is a place: to look at it runs nothing, and to move it would be a mistake.
fn is_place(expr: &Expr) -> bool {
    match expr {
        Expr::Path(_) => true,
        Expr::Field(field) => is_place(&field.base),
        Expr::Paren(paren) => is_place(&paren.expr),
        Expr::Group(group) => is_place(&group.expr),
        Expr::Reference(reference) => is_place(&reference.expr),
        Expr::Unary(unary) => matches!(unary.op, UnOp::Deref(_)) && is_place(&unary.expr),
        _ => false,
    }
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
