//! Expansion of `#[invalidates]`: one call into the runtime.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use super::call::{Scope, fill, quiet, reference, span_of};
use super::load::{self, Around, Given, Wrap};
use super::plain::{self, Plain};
use super::{at, local, named, runtime, site};
use crate::check::{Call, InvalidatesPlan, Part, Place, Root};

/// Returns the function, which invalidates after its body.
pub(super) fn expand(plan: &InvalidatesPlan) -> TokenStream {
    if is_plain(plan) {
        return plain(plan).function(&plan.function);
    }
    let span = plan.function.return_span();
    let write = local("__write", span);
    let (before, after, outcome) = (before(plan), after(plan), outcome(plan));
    let mut judged = load::outcome(&plan.function);
    if plan.refreshes {
        let (again, outcome) = (local("__judged", span), local("__outcome", span));
        let first = judged.clone();
        judged = quote_spanned!(at(span)=> #first let #again = #outcome; #first);
    }
    let around = Around {
        setup: quote!(#before #judged),
        moves: TokenStream::new(),
        name: "invalidate_after",
        leading: quote_spanned!(at(span)=> #write, #outcome, #after,),
        given: Given::default(),
        wrap: plan.refreshes.then(|| anew(plan)),
    };
    load::function(&plan.function, &around)
}

/// Tells whether the function can be a plain one. In a plain function the closure that needs the
/// result is made before the body, and must not take an argument from the body.
fn is_plain(plan: &InvalidatesPlan) -> bool {
    plain::is_plain(&plan.function)
        && !plan.always
        && !plan.refreshes
        && late(plan).all(|call| !plan.function.is_used_in(&call.expr.to_token_stream()))
}

/// Returns `through_write(__outcome, |__result, __write| …, async move { … })`.
fn plain(plan: &InvalidatesPlan) -> Plain {
    let span = plan.function.return_span();
    let write = local("__write", span);
    let (before, after, outcome) = (before(plan), after(plan), outcome(plan));
    let runtime = runtime(span);
    Plain {
        outside: load::outcome(&plan.function),
        name: "through_write",
        leading: quote_spanned!(at(span)=> #outcome, #after,),
        opening: quote_spanned!(at(span)=> #before #runtime::open_write(#write).await;),
    }
}

/// Returns the calls that have the result among their arguments.
fn late(plan: &InvalidatesPlan) -> impl Iterator<Item = &Call> {
    plan.calls.iter().filter(|call| call.result.is_some())
}

/// Returns the outcome, with the attribute's rules for errors: `always(reporting(__outcome, …))`.
fn outcome(plan: &InvalidatesPlan) -> TokenStream {
    let span = plan.function.return_span();
    let mut outcome = local("__outcome", span).into_token_stream();
    let (span, runtime) = (at(span), runtime(span));
    if plan.returns_error {
        let failed = quote_spanned!(span=> #runtime::Fallible::failed);
        outcome = quote_spanned!(span=> #runtime::reporting(#outcome, #failed));
    }
    // mutant: a failed write invalidates
    if plan.always {
        outcome = quote_spanned!(span=> #runtime::always(#outcome));
    }
    outcome
}

/// Returns `let __write = write(…).pattern(0)…;`, the part that is known before the body runs.
fn before(plan: &InvalidatesPlan) -> TokenStream {
    let write = local("__write", Span::call_site());
    let site = site::invalidates(plan);
    let runtime = runtime(Span::mixed_site());
    let start = if let Some(cache) = &plan.cache {
        quote_spanned!(at(cache.span())=> #runtime::write_on(&(#cache), #site))
    } else {
        quote!(#runtime::write(#site))
    };
    let patterns = numbered(plan).map(|(index, parts)| {
        let fills = places(parts).map(|place| match place.root {
            Root::Result => quote!(.of_result()),
            _ => fill(&plan.function, place, Scope::Function),
        });
        quote!(.pattern(#index) #(#fills)*)
    });
    let keys = plan.calls.iter().filter(|call| call.result.is_none());
    let keys = keys.map(|call| key(plan, call));
    let anew = plan.calls.iter().enumerate().filter(|_| plan.refreshes).map(|(index, call)| {
        let (name, expr) = (anew_name(index), &call.expr);
        quote_spanned!(at(expr.span())=> let #name = #expr;)
    });
    let early = plan.patterns.iter().flatten().filter_map(Part::place);
    let quiet = quiet(&plan.function, early.filter(|place| place.root != Root::Result));
    quote! {
        #quiet
        let #write = #start #(#patterns)* #(#keys)*;
        #(#anew)*
    }
}

/// Returns the refresh of the calls. The calls are futures that are made before the body moves its
/// arguments, and polled after the invalidation.
fn anew(plan: &InvalidatesPlan) -> Wrap {
    let span = plan.function.return_span();
    let again = local("__judged", span);
    let futures = (0..plan.calls.len()).map(anew_name);
    Wrap {
        name: "load_anew",
        leading: quote_spanned!(at(span)=> #again,),
        trailing: quote!(move || async move { #(_ = #futures.await;)* }),
    }
}

fn anew_name(call: usize) -> Ident {
    format_ident!("__anew_{call}", span = Span::mixed_site())
}

/// Returns `|__result, __write| …`, the part that needs the result.
fn after(plan: &InvalidatesPlan) -> TokenStream {
    let span = Span::call_site();
    let (result, write) = (local("__result", span), local("__write", span));
    let places = plan.patterns.iter().flat_map(|parts| places(parts));
    let places = places.filter(|place| place.root == Root::Result).map(|place| {
        let span = at(span_of(&plan.function, place));
        let value = reference(&plan.function, place, Scope::Function);
        quote_spanned!(span=> .result(#value))
    });
    let patterns: TokenStream = places.collect();
    let late: Vec<&Call> = late(plan).collect();
    let keys = late.iter().map(|call| key(plan, call));
    let name = late.first().and_then(|call| call.result.as_ref());
    match name {
        Some(name) => {
            quote!(move |#result, #write| { let #name = #result; #write #patterns #(#keys)* })
        }
        None if patterns.is_empty() => quote!(|_, #write| #write),
        None => quote!(move |#result, #write| #write #patterns),
    }
}

/// Returns `.key(…)` of a cached call. If the write names a handle, the entry is deleted on that
/// handle.
fn key(plan: &InvalidatesPlan, call: &Call) -> TokenStream {
    let span = call.expr.span();
    let named = if plan.refreshes { named::whole(&call.expr) } else { named::call(&call.expr) };
    let method = Ident::new(if plan.cache.is_some() { "key_here" } else { "key" }, at(span));
    quote_spanned!(at(span)=> .#method(|| #named))
}

fn numbered(plan: &InvalidatesPlan) -> impl Iterator<Item = (usize, &[Part])> {
    plan.patterns.iter().map(Vec::as_slice).enumerate()
}

fn places(parts: &[Part]) -> impl Iterator<Item = &Place> {
    parts.iter().filter_map(Part::place)
}
