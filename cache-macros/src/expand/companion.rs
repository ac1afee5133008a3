//! `__cache_key_of_<name>`: names a cached call without making it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Expr, ExprPath, GenericParam, Generics, Token, Type, TypeParamBound};

use super::call::{Scope, is_taken_as_is, parts, places, quiet};
use super::{at, conditions, runtime, site};
use crate::args::Ttl;
use crate::check::{CachedPlan, Root};
use crate::function::{
    Function, Param, bare, first_type_argument, last_segment, mentions, named_type,
};

/// The companion's name, at the place of the function's.
pub(super) fn name(function: &Ident) -> Ident {
    format_ident!("__cache_key_of_{}", function, span = function.span())
}

/// The companion, where there can be one.
pub(super) fn expand(plan: &CachedPlan) -> TokenStream {
    if !has_companion(plan) {
        return TokenStream::new();
    }
    let function = &plan.function;
    let span = function.sig.ident.span();
    let (vis, name) = (&function.vis, name(&function.sig.ident));
    let params = used_params(plan);
    let inputs = params.iter().map(|param| input(function, param));
    let generics = generics(plan, &params);
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let conditions = conditions(function);
    let quiet = quiet(function, places(plan));
    let (returned, start, ttl) = (returned(plan), start(plan), ttl(plan));
    let runtime = runtime(span);
    // `inline`: a library compiles no code for calls that nobody names.
    quote_spanned! {at(span)=>
        #(#conditions)*
        #[doc(hidden)]
        #[inline]
        #[allow(dead_code, clippy::ref_option_ref)]
        #quiet
        #vis fn #name #impl_generics (#(#inputs),*) -> #runtime::NamedCall<#returned> #where_clause {
            #start #ttl .named()
        }
    }
}

/// `call_to_name(…)`, or on the function's own handle.
fn start(plan: &CachedPlan) -> TokenStream {
    let parts = parts(plan, Scope::Companion, &quote!());
    let (site, runtime) = (site::cached(plan), runtime(plan.function.sig.ident.span()));
    let own = plan.args.cache.as_ref().filter(|cache| stands_alone(&plan.function, cache));
    if let Some(cache) = own {
        return quote_spanned!(at(cache.span())=> #runtime::call_on(&(#cache), #site, #parts));
    }
    quote!(#runtime::call_to_name(#site, #parts))
}

/// `.ttl(…)` where it is known without the call's arguments.
fn ttl(plan: &CachedPlan) -> Option<TokenStream> {
    match &plan.args.ttl {
        Some(Ttl::Expression(ttl)) if stands_alone(&plan.function, ttl) => {
            Some(quote_spanned!(at(ttl.span())=> .ttl(#ttl)))
        }
        _ => None,
    }
}

/// Tells whether an expression means the same outside of the function: it has no parameters in it, and no way out of the
/// function, such as `?`.
fn stands_alone(function: &Function, expr: &Expr) -> bool {
    let all =
        |exprs: &Punctuated<Expr, Token![,]>| exprs.iter().all(|expr| stands_alone(function, expr));
    match expr {
        Expr::Lit(_) => true,
        Expr::Path(path) => !names_parameter(function, path),
        Expr::Field(field) => stands_alone(function, &field.base),
        Expr::Group(group) => stands_alone(function, &group.expr),
        Expr::Paren(paren) => stands_alone(function, &paren.expr),
        Expr::Reference(reference) => stands_alone(function, &reference.expr),
        Expr::Unary(unary) => stands_alone(function, &unary.expr),
        Expr::Binary(binary) => {
            stands_alone(function, &binary.left) && stands_alone(function, &binary.right)
        }
        Expr::Call(call) => stands_alone(function, &call.func) && all(&call.args),
        Expr::MethodCall(call) => stands_alone(function, &call.receiver) && all(&call.args),
        _ => false,
    }
}

/// Tells whether a path has a parameter of the function in it, or one of its types, which the companion may lack.
fn names_parameter(function: &Function, path: &ExprPath) -> bool {
    let mut generics = function.sig.generics.params.iter().map(param_name);
    function.params.iter().any(|param| param.pattern.is_some() || mentions(path, &param.ident))
        || generics.any(|name| mentions(path, name))
}

/// `R` of `NamedCall<R>`, by which `prime!` checks its value; without the error, which may borrow or have no name.
fn returned(plan: &CachedPlan) -> TokenStream {
    let from_value = matches!(plan.args.ttl, Some(Ttl::FromValue(_)));
    let runtime = runtime(plan.function.return_span());
    let named = plan.function.value_type().and_then(named_type);
    let element = |ty| quote!(::core::option::Option<<#ty as #runtime::Listed>::Value>);
    match if plan.each.is_some() { named.map(element) } else { named } {
        Some(ty) if from_value => quote!(#ty, #runtime::Unprimable),
        Some(ty) => ty,
        None => quote!((), #runtime::Unprimable),
    }
}

/// A method's key needs its receiver, and `impl` blocks of traits take no further function.
fn has_companion(plan: &CachedPlan) -> bool {
    let sig = &plan.function.sig;
    let from_async_trait =
        sig.generics.lifetimes().any(|param| param.lifetime.ident == "async_trait");
    plan.args.companion.unwrap_or(!from_async_trait) && sig.receiver().is_none()
}

/// The parameters that the key is made of.
fn used_params(plan: &CachedPlan) -> Vec<&Param> {
    let is_used =
        |index: &usize| plan.arguments.iter().any(|arg| arg.place.root == Root::Param(*index));
    (0..plan.function.params.len())
        .filter(is_used)
        .map(|index| &plan.function.params[index])
        .collect()
}

/// `name: &T`
fn input(function: &Function, param: &Param) -> TokenStream {
    let ty =
        if is_taken_as_is(function, param) { as_is(&param.ty) } else { by_reference(&param.ty) };
    let ident = &param.ident;
    quote_spanned!(at(Span::call_site())=> #ident: #ty)
}

/// A reference as it was declared, though never a mutable one.
fn as_is(ty: &Type) -> TokenStream {
    match bare(ty) {
        Type::Reference(reference) => {
            let (lifetime, elem) = (&reference.lifetime, &reference.elem);
            quote!(&#lifetime #elem)
        }
        other => quote!(#other),
    }
}

/// A reference to a value of the type, as generous as it can be.
fn by_reference(ty: &Type) -> TokenStream {
    let segment = last_segment(ty);
    match (bare(ty), segment, segment.and_then(first_type_argument)) {
        (_, Some(segment), None) if segment.ident == "String" => quote!(&::core::primitive::str),
        (_, Some(segment), Some(elem)) if segment.ident == "Vec" => quote!(&[#elem]),
        (Type::ImplTrait(opaque), ..) if opaque.bounds.len() > 1 => quote!(&(#opaque)),
        (bare, ..) => quote!(&#bare),
    }
}

/// The generic parameters that the key is made of.
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

/// The parameter without bounds that name what is dropped.
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
