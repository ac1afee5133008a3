//! Companion `__cache_key_of_<name>`, which names a cached call without making it.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, GenericParam, Generics, Pat, PatIdent, Token, Type, TypeParamBound};

use super::call::{Scope, is_lent, is_taken_as_is, name_of_std, parts, places, quiet};
use super::site::Of;
use super::{at, conditions, runtime, site};
use crate::args::Ttl;
use crate::check::CachedPlan;
use crate::function::{
    Function, Param, bare, find_ident, first_type_argument, mentions, named_type, type_span,
};
use crate::lasting;

/// Returns the companion's name, located at the function's name.
pub(super) fn name(function: &Ident) -> Ident {
    format_ident!("__cache_key_of_{}", function, span = function.span())
}

/// Returns the companion. Returns nothing if there can be none.
pub(super) fn expand(plan: &CachedPlan) -> TokenStream {
    if !has_companion(plan) {
        return TokenStream::new();
    }
    let function = &plan.function;
    let span = function.sig.ident.span();
    let (vis, name) = (&function.vis, name(&function.sig.ident));
    let params = used_params(plan);
    let inputs = params.iter().map(|param| input(plan, param));
    let taken_apart = params.iter().filter_map(|param| taken_apart(param));
    let generics = generics(plan, &params);
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let conditions = conditions(function);
    let quiet = quiet(function, places(plan));
    let (returned, start, ttl) = (returned(plan), start(plan), ttl(plan));
    let runtime = runtime(span);
    // `inline` keeps a library from compiling code for calls that nobody names.
    quote_spanned! {at(span)=>
        #(#conditions)*
        #[doc(hidden)]
        #[inline]
        #[allow(dead_code, clippy::all, clippy::pedantic)]
        #quiet
        #vis fn #name #impl_generics (#(#inputs),*) -> #runtime::NamedCall<#returned> #where_clause {
            #(#taken_apart)*
            #start #ttl .named()
        }
    }
}

/// Returns `call_to_name(…)`, or the call that names on the function's own handle.
fn start(plan: &CachedPlan) -> TokenStream {
    let parts = parts(plan, Scope::Companion, &quote!());
    let (site, runtime) =
        (site::cached(plan, Of::Companion), runtime(plan.function.sig.ident.span()));
    let own = plan.args.cache.as_ref().filter(|cache| stands_alone(&plan.function, cache));
    if let Some(cache) = own {
        return quote_spanned!(at(cache.span())=> #runtime::call_on(&(#cache), #site, #parts));
    }
    quote!(#runtime::call_to_name(#site, #parts))
}

/// Returns `.ttl(…)` if the TTL is known without the call's arguments.
fn ttl(plan: &CachedPlan) -> Option<TokenStream> {
    match &plan.args.ttl {
        Some(Ttl::Expression(ttl)) if stands_alone(&plan.function, ttl) => {
            Some(quote_spanned!(at(ttl.span())=> .ttl(#ttl)))
        }
        _ => None,
    }
}

/// Tells whether an expression has the same meaning outside of the function. Such an expression
/// names no parameter, and has no way out of the function, such as `?`.
fn stands_alone(function: &Function, expr: &Expr) -> bool {
    const WAYS_OUT: [&str; 5] = ["await", "break", "continue", "return", "yield"];
    let tokens = expr.to_token_stream();
    let leaves = WAYS_OUT.iter().any(|word| find_ident(tokens.clone(), word).is_some());
    !leaves && !has_question_mark(tokens.clone()) && !names_parameter(function, &tokens)
}

fn has_question_mark(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Punct(punct) => punct.as_char() == '?',
        TokenTree::Group(group) => has_question_mark(group.stream()),
        _ => false,
    })
}

/// Tells whether the tokens name a parameter or a generic parameter of the function. The companion
/// may lack both.
fn names_parameter(function: &Function, tokens: &TokenStream) -> bool {
    let mut generics = function.sig.generics.params.iter().map(param_name);
    function.params.iter().any(|param| mentions(tokens, &param.ident))
        || function
            .params
            .iter()
            .flat_map(|param| &param.bindings)
            .any(|name| mentions(tokens, name))
        || generics.any(|name| mentions(tokens, name))
}

/// Returns `let Path(slug) = path;`. Each name of the pattern is a reference, because the parameter
/// is one.
fn taken_apart(param: &Param) -> Option<TokenStream> {
    let Param { ident, pattern, bindings, .. } = param;
    let mut pattern = pattern.clone().filter(|_| !bindings.is_empty())?;
    ByReference.visit_pat_mut(&mut pattern);
    Some(quote!(#[allow(unused_variables)] let #pattern = #ident;))
}

/// Takes `ref`, `mut` and `&` off a pattern. A name in a pattern of a reference is always bound by
/// reference.
struct ByReference;

impl VisitMut for ByReference {
    fn visit_pat_mut(&mut self, pattern: &mut Pat) {
        if let Pat::Reference(reference) = pattern {
            *pattern = (*reference.pat).clone();
            return self.visit_pat_mut(pattern);
        }
        visit_mut::visit_pat_mut(self, pattern);
    }

    fn visit_pat_ident_mut(&mut self, pattern: &mut PatIdent) {
        (pattern.by_ref, pattern.mutability) = (None, None);
        visit_mut::visit_pat_ident_mut(self, pattern);
    }
}

/// Returns `R` of `NamedCall<R>`, by which `prime!` checks its value. `R` has no error, which may
/// borrow or have no name.
fn returned(plan: &CachedPlan) -> TokenStream {
    let runtime = runtime(plan.function.return_span());
    let unknown = unknown(plan).map(|unknown| quote!(, #runtime::#unknown));
    let named = plan.function.value_type().and_then(named_type).map(|ty| {
        // A lifetime that the type hides would be elided. The companion may have no parameter left
        // to take that lifetime from.
        if lasting::is_known(&plan.function) {
            ty
        } else {
            quote!(<fn(#runtime::Hidden<'_>) -> #ty as #runtime::Returns>::Returned)
        }
    });
    let element = |ty| quote!(::core::option::Option<<#ty as #runtime::Listed>::Value>);
    match if plan.each.is_some() { named.map(element) } else { named } {
        Some(ty) => quote!(#ty #unknown),
        None if unknown.is_some() => quote!(() #unknown),
        None => quote!((), #runtime::ValueUnknown),
    }
}

/// Returns the marker for an option that the companion does not know, because the option needs the
/// call's arguments.
fn unknown(plan: &CachedPlan) -> Option<Ident> {
    let is_unknown = |expr| !stands_alone(&plan.function, expr);
    let name = match (&plan.args.cache, &plan.args.ttl) {
        (Some(cache), _) if is_unknown(cache) => "HandleUnknown",
        (_, Some(Ttl::FromValue(_))) => "TtlUnknown",
        _ => return None,
    };
    Some(Ident::new(name, at(plan.function.return_span())))
}

/// Tells whether the function has a companion. A method's key needs its receiver. An `impl` block
/// of a trait takes no further function.
fn has_companion(plan: &CachedPlan) -> bool {
    let sig = &plan.function.sig;
    let from_async_trait =
        sig.generics.lifetimes().any(|param| param.lifetime.ident == "async_trait");
    plan.args.companion.unwrap_or(!from_async_trait) && sig.receiver().is_none()
}

/// Returns the parameters that the key is made of.
fn used_params(plan: &CachedPlan) -> Vec<&Param> {
    let is_used =
        |index: &usize| plan.arguments.iter().any(|arg| arg.place.root.param() == Some(*index));
    (0..plan.function.params.len())
        .filter(is_used)
        .map(|index| &plan.function.params[index])
        .collect()
}

/// Returns `name: &T`.
fn input(plan: &CachedPlan, param: &Param) -> TokenStream {
    let ty = match &param.ty {
        ty if is_taken_as_is(&plan.function, param) => as_is(ty),
        ty if has_fields(plan, param) => quote!(&#ty),
        ty => by_reference(ty),
    };
    let ident = &param.ident;
    quote_spanned!(at(Span::call_site())=> #ident: #ty)
}

/// Returns a reference as it was declared, without `mut`.
fn as_is(ty: &Type) -> TokenStream {
    match bare(ty) {
        Type::Reference(reference) => {
            let (lifetime, elem) = (&reference.lifetime, &reference.elem);
            quote!(&#lifetime #elem)
        }
        other => quote!(#other),
    }
}

/// Tells whether the key shows fields of a parameter. `String` and `Vec` of the standard library
/// have no fields, so that such a type is another one by that name.
fn has_fields(plan: &CachedPlan, param: &Param) -> bool {
    let is_of = |index: usize| plan.function.params[index].ident == param.ident;
    places(plan).any(|place| !place.path.is_empty() && place.root.param().is_some_and(is_of))
}

/// Returns a reference to a value of the type, which takes as many types as possible.
fn by_reference(ty: &Type) -> TokenStream {
    let list = name_of_std(ty).filter(|last| last.ident == "Vec");
    match (bare(ty), list.and_then(first_type_argument)) {
        (bare, _) if is_lent(ty) => {
            let runtime = runtime(type_span(ty));
            quote!(&(impl #runtime::Lent<#bare> + ?::core::marker::Sized))
        }
        (_, Some(element)) => quote!(&[#element]),
        (Type::ImplTrait(opaque), _) if opaque.bounds.len() > 1 => quote!(&(#opaque)),
        (bare, _) => quote!(&#bare),
    }
}

/// Returns the generic parameters that the key is made of.
fn generics(plan: &CachedPlan, params: &[&Param]) -> Generics {
    let mut generics = plan.function.sig.generics.clone();
    let (kept, dropped): (Vec<GenericParam>, Vec<GenericParam>) =
        generics.params.iter().cloned().partition(|param| is_kept(plan, params, param));
    let dropped: Vec<Ident> = dropped.iter().map(|param| param_name(param).clone()).collect();
    generics.params = kept.into_iter().map(|param| without(param, &dropped)).collect();
    if let Some(clause) = &mut generics.where_clause {
        let kept = clause.predicates.iter().filter(|predicate| !mentions_any(predicate, &dropped));
        clause.predicates = kept.cloned().collect();
    }
    generics
}

fn is_kept(plan: &CachedPlan, params: &[&Param], param: &GenericParam) -> bool {
    match param {
        GenericParam::Lifetime(param) => {
            params.iter().any(|input| mentions(&input.ty, &param.lifetime.ident))
        }
        GenericParam::Type(_) | GenericParam::Const(_) => plan.generics.contains(param_name(param)),
    }
}

fn param_name(param: &GenericParam) -> &Ident {
    match param {
        GenericParam::Lifetime(param) => &param.lifetime.ident,
        GenericParam::Type(param) => &param.ident,
        GenericParam::Const(param) => &param.ident,
    }
}

/// Returns the parameter without bounds that name a dropped parameter.
fn without(mut param: GenericParam, dropped: &[Ident]) -> GenericParam {
    match &mut param {
        GenericParam::Lifetime(param) => {
            let kept = param.bounds.iter().filter(|bound| !dropped.contains(&bound.ident));
            param.bounds = kept.cloned().collect();
        }
        GenericParam::Type(param) => {
            let kept = param.bounds.iter().filter(|bound| !mentions_any(bound, dropped));
            param.bounds = kept.cloned().collect::<Punctuated<TypeParamBound, Token![+]>>();
        }
        GenericParam::Const(_) => {}
    }
    param
}

fn mentions_any(tokens: &impl ToTokens, names: &[Ident]) -> bool {
    names.iter().any(|name| mentions(tokens, name))
}
