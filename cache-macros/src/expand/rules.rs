//! Closures of the attribute, which decide about a value.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;

use super::{at, local, runtime};
use crate::args::Ttl;
use crate::check::CachedPlan;

/// Returns `.store_if(…).ttl(…)` if the attribute has closures.
pub(super) fn rules(plan: &CachedPlan) -> Option<TokenStream> {
    let store_if = plan.args.store_if.iter().map(|rule| decision("store_if", rule));
    let ttl = match &plan.args.ttl {
        Some(Ttl::FromValue(rule)) => Some(decision("ttl", rule)),
        _ => None,
    };
    let rules: TokenStream = store_if.chain(ttl).collect();
    (!rules.is_empty()).then_some(rules)
}

/// Returns `.store_if(decide(__value, rule))`.
fn decision(option: &str, rule: &(impl ToTokens + Spanned)) -> TokenStream {
    let span = rule.span();
    let (option, value) = (local(option, span), local("__value", span));
    let runtime = runtime(span);
    quote_spanned!(at(span)=> .#option(#runtime::decide(#value, #rule)))
}
