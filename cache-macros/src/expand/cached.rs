//! Expansion of `#[cached]`: one call into the runtime, and the companion that gives the key.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

use super::call::{Scope, parts};
use super::load::{self, Around, Given};
use super::plain::{self, Plain};
use super::rules::rules;
use super::start::{opened, start};
use super::{at, companion, each, local, runtime, site};
use crate::args::{Codec, Local};
use crate::check::CachedPlan;
use crate::function::Shape;

/// Returns the function and its companion.
pub(super) fn expand(plan: &CachedPlan) -> TokenStream {
    let function = match &plan.each {
        Some(list) => load::function(&plan.function, &each::around(plan, list)),
        None if is_plain(plan) => plain(plan).function(&plan.function),
        None => load::function(&plan.function, &around(plan)),
    };
    let companion = companion::expand(plan);
    quote!(#function #companion)
}

/// Tells whether the function can be a plain one. A plain function makes the attribute's closures
/// before the body, so that the closures must not take an argument from the body.
fn is_plain(plan: &CachedPlan) -> bool {
    plain::is_plain(&plan.function)
        && rules(plan).is_none_or(|rules| !plan.function.is_used_in(&rules))
}

/// Returns `through(__outcome, async move { … })`.
fn plain(plan: &CachedPlan) -> Plain {
    let span = plan.function.return_span();
    let [call, outcome, judged] = ["__call", "__outcome", "__judged"].map(|name| local(name, span));
    let (probed, rules) = (probed(plan), judged_as(plan, &judged));
    let leading = if rules.is_some() { &judged } else { &outcome };
    let (opened, runtime) = (opened(plan), runtime(span));
    Plain {
        outside: quote!(#probed #rules),
        name: if plan.args.may_serve_stale() { "through_or_stale" } else { "through" },
        leading: quote_spanned!(at(span)=> #leading,),
        opening: quote_spanned!(at(span)=> #opened #runtime::open_call(#call).await;),
    }
}

fn around(plan: &CachedPlan) -> Around {
    let span = plan.function.return_span();
    let (call, outcome) = (local("__call", span), local("__outcome", span));
    let (probed, judged) = (probed(plan), judged_as(plan, &outcome));
    // A future may be polled long after it was made. A function that returns a future therefore
    // looks for nothing before.
    let call_is_made = match plan.function.shape() {
        Shape::Async | Shape::Blocking => opened(plan),
        Shape::Boxed | Shape::Opaque => start(plan, &parts(plan, Scope::Function, &quote!())),
    };
    Around {
        setup: quote!(#probed #call_is_made #judged),
        moves: TokenStream::new(),
        name: if plan.args.may_serve_stale() {
            load::READ_THROUGH_OR_STALE
        } else {
            load::READ_THROUGH
        },
        leading: quote_spanned!(at(span)=> #call, #outcome,),
        given: Given::default(),
        wrap: None,
    }
}

/// Returns the statements that tell the runtime which part of the return value is stored.
fn probed(plan: &CachedPlan) -> TokenStream {
    // A mistake in a codec of the user's own is reported once, at the codec.
    let is_compared = !matches!(plan.args.codec, Some(Codec::Own(_)));
    let is_kept = plan.args.local != Some(Local::Never);
    let outcome = load::shared_outcome(&plan.function, is_compared, is_kept);
    let span = plan.function.return_span();
    let is_optional = plan.args.none_ttl.as_ref().map(|none_ttl| {
        let span = none_ttl.name.span();
        let (name, runtime) = (local("__outcome", span), runtime(span));
        quote_spanned!(at(span)=> #runtime::may_be_none(&#name);)
    });
    let (name, runtime) = (local("__outcome", span), runtime(span));
    let coded = site::coded(&plan.args, &name);
    let typed = quote_spanned!(at(span)=> let #name = #runtime::typed(#name););
    quote!(#outcome #is_optional #coded #typed)
}

/// Returns the statement that gives the outcome the attribute's closures. The closures may move
/// arguments, so that the statement stands behind the making of the key.
fn judged_as(plan: &CachedPlan, judged: &Ident) -> Option<TokenStream> {
    let rules = rules(plan)?;
    let span = plan.function.return_span();
    let (name, value, runtime) = (local("__outcome", span), local("__value", span), runtime(span));
    Some(quote_spanned! {at(span)=>
        let #judged = #runtime::judged(#name, move |#value| #runtime::Verdict::new() #rules);
    })
}
