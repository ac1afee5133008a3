//! `#[cached]`: one call into the runtime, and the companion that gives the key.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

use super::call::{Scope, parts, places, quiet};
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
    let (probed, judged) = (probed(plan), judged(plan));
    // A future may be polled long after it was made: there, nothing is looked for yet.
    let call_is_made = match plan.function.shape() {
        Shape::Async | Shape::Blocking => opened(plan),
        Shape::Boxed | Shape::Opaque => start(plan, &parts(plan, Scope::Function, &quote!())),
    };
    Around {
        setup: quote!(#probed #call_is_made #judged),
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

/// `let __call = match open(…, |__key| {…}, &__outcome) { Ok(__call) => __call, Err(__returned) => return __returned };`
fn opened(plan: &CachedPlan) -> TokenStream {
    let span = at(plan.function.return_span());
    let names = ["__call", "__outcome", "__returned"].map(|name| local(name, span));
    let [call, outcome, returned] = &names;
    let (site, parts, runtime) =
        (site::cached(plan), parts(plan, Scope::Function, &quote!()), runtime(span));
    let open = if let Some(cache) = &plan.args.cache {
        let runtime = super::runtime(cache.span());
        quote_spanned!(at(cache.span())=> #runtime::open_on(&(#cache), #site, #parts, &#outcome))
    } else {
        quote_spanned!(span=> #runtime::open(#site, #parts, &#outcome))
    };
    let quiet = quiet(&plan.function, places(plan));
    // A statement of its own: it may await, and an answer must not be there meanwhile.
    let ttl = ttl(plan).map(|ttl| quote_spanned!(span=> let #call = #call #ttl;));
    quote_spanned! {span=>
        #quiet
        let #call = match #open {
            ::core::result::Result::Ok(#call) => #call,
            ::core::result::Result::Err(#returned) => return #returned,
        };
        #ttl
    }
}

/// `let __call = call(…, |__key| {…})…;`
pub(super) fn start(plan: &CachedPlan, parts: &TokenStream) -> TokenStream {
    let call = local("__call", Span::call_site());
    let site = site::cached(plan);
    let runtime = runtime(Span::mixed_site());
    let start = if let Some(cache) = &plan.args.cache {
        quote_spanned!(at(cache.span())=> #runtime::call_on(&(#cache), #site, #parts))
    } else {
        quote!(#runtime::call(#site, #parts))
    };
    let (ttl, quiet) = (ttl(plan), quiet(&plan.function, places(plan)));
    quote!(#quiet let #call = #start #ttl;)
}

/// `.ttl(…)`, where the attribute has an expression.
fn ttl(plan: &CachedPlan) -> Option<TokenStream> {
    match &plan.args.ttl {
        Some(Ttl::Expression(ttl)) => Some(quote_spanned!(at(ttl.span())=> .ttl(#ttl))),
        _ => None,
    }
}

/// What is stored of the return value.
fn probed(plan: &CachedPlan) -> TokenStream {
    let outcome = load::shared_outcome(&plan.function, plan.args.local != Some(Local::Never));
    let span = plan.function.return_span();
    let coded = site::coded(&plan.args, &local("__outcome", span));
    quote!(#outcome #coded)
}

/// What the attribute's closures say of it. They may take arguments along, so that they come when the key is made.
fn judged(plan: &CachedPlan) -> Option<TokenStream> {
    let rules = rules(plan)?;
    let span = plan.function.return_span();
    let (name, value, runtime) = (local("__outcome", span), local("__value", span), runtime(span));
    Some(quote_spanned! {at(span)=>
        let #name = #runtime::judged(#name, move |#value| #runtime::Verdict::new() #rules);
    })
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
