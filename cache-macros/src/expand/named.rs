//! Expansion of `key!`, `invalidate!` and `prime!`: a call that is named and not made.

use proc_macro2::{Delimiter, Group, Ident, TokenStream};
use quote::{quote, quote_spanned};
use std::mem;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, ExprCall, UnOp, parse_quote_spanned};

use super::{at, companion, runtime};
use crate::args::{Macro, Named};

/// Returns one call into the runtime.
pub(super) fn expand(Named { call: named, value, .. }: &Named, asked: Macro) -> TokenStream {
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

/// Returns the named call: a function by its companion, a method by its future.
pub(super) fn call(named: &Expr) -> TokenStream {
    if let Expr::Call(call) = named {
        return companion_call(call);
    }
    whole(named)
}

/// Returns the named call of a call that is written whole, by its future:
/// `match (id,) { (__arg0,) => recorded("get_user", || self.get_user(__arg0)) }`.
///
/// The call's arguments are evaluated before. A cached call among them is answered, and not
/// recorded.
pub(super) fn whole(named: &Expr) -> TokenStream {
    let mut call = named.clone();
    let mut taken = Taken::default();
    taken.take_from(&mut call);
    let called = called(named);
    let name = called.map_or_else(String::new, |name| name.unraw().to_string());
    let place = called.map_or_else(|| named.span(), Ident::span);
    let (span, runtime) = (at(named.span()), runtime(place));
    let recorded = quote_spanned!(at(place)=> #runtime::recorded(#name, || #call));
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

/// Expressions that are evaluated before a call, and the names that stand in their places.
#[derive(Default)]
struct Taken {
    values: Vec<Expr>,
    names: Vec<Ident>,
}

impl Taken {
    /// Takes every expression that has to be evaluated out of a call.
    fn take_from(&mut self, call: &mut Expr) {
        match call {
            Expr::MethodCall(call) => {
                if !is_place(&call.receiver) {
                    self.take(&mut call.receiver);
                }
                call.args.iter_mut().for_each(|arg| self.take(arg));
            }
            Expr::Call(call) => call.args.iter_mut().for_each(|arg| self.take(arg)),
            _ => {}
        }
    }

    fn take(&mut self, expr: &mut Expr) {
        // The name has the user's hygiene, so that rustc merges equal messages about the call here
        // and elsewhere.
        let span = expr.span();
        let name = Ident::new(&format!("__named{}", self.names.len()), span);
        self.values.push(mem::replace(expr, parse_quote_spanned!(span=> #name)));
        self.names.push(name);
    }
}

/// Returns the name of the called function or method.
fn called(call: &Expr) -> Option<&Ident> {
    match call {
        Expr::MethodCall(call) => Some(&call.method),
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) => path.path.segments.last().map(|last| &last.ident),
            _ => None,
        },
        // No other expression is taken for a call.
        _ => None,
    }
}

/// Tells whether an expression is a place. Looking at a place runs nothing, and moving it would be
/// a mistake.
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

/// Returns `path::__cache_key_of_get_user(&(id))`.
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

/// Returns `&(id)`. `&[…]` stays as it is, because a reference to it would not become a slice.
/// `vec![…]` is put in braces, where no lint finds it useless.
fn by_reference(arg: &Expr) -> TokenStream {
    match arg {
        Expr::Reference(reference) if matches!(*reference.expr, Expr::Array(_)) => quote!(#arg),
        Expr::Macro(_) => quote_spanned!(at(arg.span())=> &{ #arg }),
        _ => quote_spanned!(at(arg.span())=> &(#arg)),
    }
}
