//! `#[cached]`: one call into the runtime, and the companion that gives the key.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

use super::call::{Scope, chain, places, quiet};
use super::load::{self, Around, Given};
use super::{at, companion, each, local, runtime, site};
use crate::args::{Local, Ttl};
use crate::check::CachedPlan;
use crate::function::Shape;

/// The function and its companion.
pub(super) fn expand(plan: &CachedPlan) -> TokenStream {
    let around = match &plan.each {
        Some(list) => each::around(plan, list),
        None => around(plan),
    };
    let function = load::function(&plan.function, &around);
    let companion = companion::expand(plan);
    quote!(#function #companion)
}

fn around(plan: &CachedPlan) -> Around {
    let span = plan.function.return_span();
    let (call, outcome) = (local("__call", span), local("__outcome", span));
    let (start, judged) = (start(plan, &chain(plan, Scope::Function)), outcome_of(plan));
    Around {
        setup: quote!(#start #judged),
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

/// `let __call = call(…).arg(…)…;`
pub(super) fn start(plan: &CachedPlan, chain: &TokenStream) -> TokenStream {
    let call = local("__call", Span::call_site());
    let site = site::cached(plan);
    let runtime = runtime(Span::mixed_site());
    let start = if let Some(cache) = &plan.args.cache {
        quote_spanned!(at(cache.span())=> #runtime::call_on(&(#cache), #site, &|| ()))
    } else {
        quote!(#runtime::call(#site, &|| ()))
    };
    let ttl = match &plan.args.ttl {
        Some(Ttl::Expression(ttl)) => quote_spanned!(at(ttl.span())=> .ttl(#ttl)),
        _ => TokenStream::new(),
    };
    let quiet = quiet(&plan.function, places(plan));
    let has_steps = plan.each.is_none() && !plan.args.may_serve_stale();
    let is_async = has_steps && plan.function.shape() == Shape::Async;
    let mutable = is_async.then(|| quote!(mut));
    quote!(#quiet let #mutable #call = #start #chain #ttl;)
}

/// What is stored of the return value, and what the attribute's closures say of it.
fn outcome_of(plan: &CachedPlan) -> TokenStream {
    let outcome = load::shared_outcome(&plan.function, plan.args.local != Some(Local::Never));
    let span = plan.function.return_span();
    let (name, value) = (local("__outcome", span), local("__value", span));
    let coded = site::coded(&plan.args, &name);
    let outcome = quote!(#outcome #coded);
    let Some(rules) = rules(plan) else { return outcome };
    let runtime = runtime(span);
    quote_spanned! {at(span)=>
        #outcome
        let #name = #runtime::judged(#name, move |#value| #runtime::Verdict::new() #rules);
    }
}

/// `.store_if(…).ttl(…)`, where the attribute has closures.
pub(super) fn rules(plan: &CachedPlan) -> Option<TokenStream> {
    let store_if = plan.args.store_if.iter().map(|rule| decision("store_if", rule));
    let ttl = match &plan.args.ttl {
        Some(Ttl::FromValue(rule)) => Some(decision("ttl", rule)),
        _ => None,
    };
    let rules: TokenStream = store_if.chain(ttl).collect();
    (!rules.is_empty()).then_some(rules)
}

/// `.store_if(decide(__value, rule))`
fn decision(option: &str, rule: &(impl ToTokens + Spanned)) -> TokenStream {
    let span = rule.span();
    let (option, value) = (local(option, span), local("__value", span));
    let runtime = runtime(span);
    quote_spanned!(at(span)=> .#option(#runtime::decide(#value, #rule)))
}
