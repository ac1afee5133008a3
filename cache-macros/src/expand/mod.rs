//! Plans, written as tokens. Only these modules know the names of the runtime.

mod cached;
mod call;
mod companion;
mod conditions;
mod each;
mod invalidates;
mod load;
mod named;
mod plain;
mod rules;
mod shape;
mod site;
mod start;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::DeriveInput;

use crate::args::{self, Macro};
use crate::check::{self, Attribute};
use crate::errors::Errors;
use crate::facade;
use crate::function::{Function, find_ident};

/// Expands `#[cached(args)]` on `item`.
///
/// An `#[invalidates]` below is expanded first, as if it stood above. In both orders the body
/// invalidates, and a hit does not.
pub(crate) fn cached(args: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let options = args.clone();
    let args = args::cached(args, &mut errors);
    let _facade = facade::named(args.runtime.as_ref());
    let Some(mut function) = errors.keep(check::parse(item, Attribute::Cached)) else {
        return refused(item, errors);
    };
    if let Some(variants) = conditions::variants(Attribute::Cached, &options, &function) {
        return variants;
    }
    let writes = check::take_invalidates(&mut function);
    if !writes.is_empty() {
        let runtime = facade::path(Span::call_site());
        let cached = quote!(#[#runtime::cached(#options)]);
        return quote!(#(#writes)* #cached #function);
    }
    let plan = check::cached(function, args, &mut errors);
    if errors.count() == 0 { cached::expand(&plan) } else { refused(&plan.function, errors) }
}

/// Expands `#[invalidates(args)]` on `item`.
pub(crate) fn invalidates(args: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let options = args.clone();
    let args = args::invalidates(args, &mut errors);
    let _facade = facade::named(args.runtime.as_ref());
    let Some(function) = errors.keep(check::parse(item, Attribute::Invalidates)) else {
        return refused(item, errors);
    };
    if let Some(variants) = conditions::variants(Attribute::Invalidates, &options, &function) {
        return variants;
    }
    let plan = check::invalidates(function, args, &mut errors);
    if errors.count() == 0 { invalidates::expand(&plan) } else { refused(&plan.function, errors) }
}

/// Expands `key!(call)`, `invalidate!(call)` or `prime!(call, &value)`.
pub(crate) fn named(tokens: TokenStream, asked: Macro) -> TokenStream {
    match args::named(tokens, asked) {
        Ok(given) => {
            let _facade = facade::named(given.runtime.as_ref());
            named::expand(&given, asked)
        }
        Err(error) => error.into_compile_error(),
    }
}

/// Expands `#[derive(Shape)]`.
pub(crate) fn shape(item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    match syn::parse2::<DeriveInput>(item) {
        Ok(input) => {
            let path = shape::runtime_of(&input);
            let _facade = facade::named(path.as_ref());
            let shape = shape::expand(&input, &mut errors);
            if errors.count() == 0 { shape } else { errors.into_tokens() }
        }
        Err(error) => error.into_compile_error(),
    }
}

/// Returns the item as the user wrote it, beside the mistakes. Code that uses the item still
/// compiles.
fn refused(item: &impl ToTokens, errors: Errors) -> TokenStream {
    let errors = errors.into_tokens();
    quote!(#item #errors)
}

/// Returns a span for generated names. The user's code does not see such names, and errors point at
/// a place in the user's source.
fn at(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

/// Returns the path of the runtime's module for generated code.
fn runtime(span: Span) -> TokenStream {
    let path = facade::path(span);
    quote_spanned!(at(span)=> #path::__private)
}

/// Returns a local variable that the user's code cannot see, located at a place in the user's
/// source.
fn local(name: &str, span: Span) -> Ident {
    Ident::new(name, at(span))
}

/// Returns the attributes that decide whether the function exists.
fn conditions(function: &Function) -> impl Iterator<Item = &syn::Attribute> {
    function.attrs.iter().filter(|attr| match &attr.meta {
        syn::Meta::List(list) if list.path.is_ident("cfg_attr") => {
            find_ident(list.tokens.clone(), "cfg").is_some()
        }
        meta => meta.path().is_ident("cfg"),
    })
}
