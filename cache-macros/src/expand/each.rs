//! Expansion of `each = ids`: a key for each element, and one load for the missing elements.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Type;

use super::call::{Scope, parts, places, quiet};
use super::load::{self, Around, Given};
use super::rules::rules;
use super::start::start;
use super::{at, local, runtime, site};
use crate::args::Local;
use crate::check::{CachedPlan, Each, Other};
use crate::function::{Shape, bare, find_ident, type_span};

/// Returns one call into the runtime.
pub(super) fn around(plan: &CachedPlan, each: &Each) -> Around {
    let span = plan.function.return_span();
    let names = ["__each", "__outcome", "__elements"].map(|name| local(name, span));
    let [elements, outcome, judged] = &names;
    let (start, listed) = (start(plan, &quote!(|_| {})), listed(plan, each));
    let (whole, parts) = (load::shared_outcome(&plan.function, false, false), elements_of(plan));
    Around {
        setup: quote!(#start #whole #parts),
        moves: listed,
        name: if is_lending(plan) && plan.function.shape() == Shape::Async {
            "read_each_once"
        } else {
            "read_each"
        },
        leading: quote_spanned!(at(span)=> #elements, #outcome, #judged,),
        given: given(plan, each),
        wrap: None,
    }
}

/// Returns the list with a key for each element:
/// `let __each = each(&__call, ids, |__key, __element| { __key.arg(…, &__element)…; });`.
fn listed(plan: &CachedPlan, each: &Each) -> TokenStream {
    let function = &plan.function;
    let (ident, element) = (&each.ident, &function.params[each.index].ident);
    let span = type_span(&each.list);
    let (call, name) = (local("__call", Span::call_site()), local("__each", span));
    let parts = parts(plan, Scope::Function, &quote!(, #element));
    let runtime = runtime(span);
    let list = match bare(&each.list) {
        Type::Reference(reference) if matches!(bare(&reference.elem), Type::Slice(_)) => {
            quote_spanned!(at(span)=> #runtime::cloned(#ident))
        }
        Type::Reference(_) => quote_spanned!(at(span)=> #runtime::owned(#ident)),
        _ => quote!(#ident),
    };
    let quiet = quiet(function, places(plan));
    quote_spanned! {at(span)=>
        #quiet
        let #name = #runtime::each(&#call, #list, #parts);
    }
}

/// Returns `let __elements = elements!(__outcome);`, with the attribute's closures.
fn elements_of(plan: &CachedPlan) -> TokenStream {
    let span = plan.function.return_span();
    let (outcome, elements, value) =
        (local("__outcome", span), local("__elements", span), local("__value", span));
    let is_kept = plan.args.local != Some(Local::Never);
    let copied = if is_kept { load::copied(&plan.function) } else { TokenStream::new() };
    let runtime = runtime(span);
    let probed = quote_spanned!(at(span)=> let #elements = #runtime::elements!(#copied #outcome););
    let coded = site::coded(&plan.args, &elements);
    let typed = quote_spanned!(at(span)=> let #elements = #runtime::typed(#elements););
    let probed = quote!(#probed #coded #typed);
    let Some(rules) = rules(plan) else { return probed };
    quote_spanned! {at(span)=>
        #probed
        let #elements = #runtime::judged(#elements, move |#value| {
            #runtime::of_value(#value, |#value| #runtime::Verdict::new() #rules)
        });
    }
}

/// Returns the arguments for one run of the body. The list of missing elements has the name and the
/// type of the function's own list.
fn given(plan: &CachedPlan, each: &Each) -> Given {
    let ident = &each.ident;
    let span = type_span(&each.list);
    let param = local("__list", span);
    let mutable = each.mutability;
    let list = if let Type::Reference(reference) = bare(&each.list) {
        let list = &reference.elem;
        quote_spanned!(at(span)=> let #mutable #ident: &#list = &#param;)
    } else {
        quote_spanned!(at(span)=> let #mutable #ident = #param;)
    };
    let others = each.others.iter().map(again);
    let param = match bare(&each.list) {
        Type::Reference(_) => quote!(#param),
        owned => quote!(#param: #owned),
    };
    Given { param, binding: list, others: others.collect(), is_once: is_lending(plan) }
}

/// Tells whether the body borrows an argument mutably. Such a body runs once at most.
fn is_lending(plan: &CachedPlan) -> bool {
    let is_mutable = |ty: &Type| matches!(bare(ty), Type::Reference(reference) if reference.mutability.is_some());
    let receiver = plan.function.sig.receiver();
    plan.function.params.iter().any(|param| is_mutable(&param.ty))
        || receiver.is_some_and(|receiver| find_ident(quote!(#receiver), "mut").is_some())
}

/// Returns `let name = again(&name);`, for an argument that the body may move.
fn again(Other { ident, ty, mutability: mutable }: &Other) -> TokenStream {
    let span = ty.as_ref().map_or_else(|| ident.span(), type_span);
    let runtime = runtime(span);
    let value = match ty.as_ref().map(bare) {
        Some(Type::Reference(reference)) if reference.mutability.is_some() => quote!(&mut *#ident),
        Some(Type::Reference(_)) if mutable.is_none() => return TokenStream::new(),
        _ => quote_spanned!(at(span)=> #runtime::again(&#ident)),
    };
    quote_spanned! {at(span)=>
        #[allow(unused_variables, unused_mut)]
        let #mutable #ident = #value;
    }
}
