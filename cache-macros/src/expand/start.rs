//! Beginning of a call in generated code.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::call::{Scope, parts, places, quiet};
use super::site::Of;
use super::{at, local, runtime, site};
use crate::args::Ttl;
use crate::check::CachedPlan;

/// Returns the statement that opens a call or returns the call's answer.
///
/// The statement is `let __call = match open(…, |__key| {…}, &__outcome) {…};`, with the arms
/// `Continue(__call) => __call` and `Break(__returned) => return __returned`.
pub(super) fn opened(plan: &CachedPlan) -> TokenStream {
    let span = at(plan.function.return_span());
    let names = ["__call", "__outcome", "__returned"].map(|name| local(name, span));
    let [call, outcome, returned] = &names;
    let (site, parts, runtime) =
        (site::cached(plan, Of::Function), parts(plan, Scope::Function, &quote!()), runtime(span));
    let open = if let Some(cache) = &plan.args.cache {
        let runtime = super::runtime(cache.span());
        quote_spanned!(at(cache.span())=> #runtime::open_on(&(#cache), #site, #parts, &#outcome))
    } else {
        quote_spanned!(span=> #runtime::open(#site, #parts, &#outcome))
    };
    let quiet = quiet(&plan.function, places(plan));
    // The TTL has a statement of its own, because it may await. An answer of the call must not be
    // held meanwhile.
    let ttl = ttl(plan).map(|ttl| quote_spanned!(span=> let #call = #call #ttl;));
    quote_spanned! {span=>
        #quiet
        let #call = match #open {
            ::core::ops::ControlFlow::Continue(#call) => #call,
            ::core::ops::ControlFlow::Break(#returned) => return #returned,
        };
        #ttl
    }
}

/// Returns `let __call = call(…, |__key| {…})…;`.
pub(super) fn start(plan: &CachedPlan, parts: &TokenStream) -> TokenStream {
    let call = local("__call", Span::call_site());
    let site = site::cached(plan, Of::Function);
    let runtime = runtime(Span::mixed_site());
    let start = if let Some(cache) = &plan.args.cache {
        quote_spanned!(at(cache.span())=> #runtime::call_on(&(#cache), #site, #parts))
    } else {
        quote!(#runtime::call(#site, #parts))
    };
    let (ttl, quiet) = (ttl(plan), quiet(&plan.function, places(plan)));
    quote!(#quiet let #call = #start #ttl;)
}

/// Returns `.ttl(…)` if the attribute has an expression.
fn ttl(plan: &CachedPlan) -> Option<TokenStream> {
    match &plan.args.ttl {
        Some(Ttl::Expression(ttl)) => Some(quote_spanned!(at(ttl.span())=> .ttl(#ttl))),
        _ => None,
    }
}
