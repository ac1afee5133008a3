//! Conditions `#[cfg]` and `#[cfg_attr]` on parameters.
//!
//! Such conditions still stand there when an attribute is expanded, and only rustc knows their
//! results. The function is therefore written twice, under the condition and under its opposite,
//! each time with the attribute above it. rustc drops one of the two functions before its attribute
//! is expanded.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, FnArg, GenericParam, Meta, Signature, Token};

use super::facade;
use crate::check;
use crate::function::{Function, names_of};

/// Signature under a condition, and under its opposite.
struct Variants {
    condition: TokenStream,
    holds: Signature,
    fails: Signature,
    /// Names of the parameters that the opposite lacks.
    gone: Vec<Ident>,
}

/// Returns the function under both outcomes of the first condition on its parameters. Returns
/// `None` without a condition.
pub(super) fn variants(
    attribute: check::Attribute,
    options: &TokenStream,
    function: &Function,
) -> Option<TokenStream> {
    let Variants { condition, holds, fails, gone } =
        of_inputs(&function.sig).or_else(|| of_generics(&function.sig))?;
    let Function { attrs, vis, body, .. } = function;
    let (name, runtime) = (attribute.ident(), facade::path(function.sig.ident.span()));
    let fewer = without(options.clone(), &gone);
    Some(quote! {
        #[cfg(#condition)]
        #[#runtime::#name(#options)]
        #(#attrs)* #vis #holds #body

        #[cfg(not(#condition))]
        #[#runtime::#name(#fewer)]
        #(#attrs)* #vis #fails #body
    })
}

fn of_inputs(sig: &Signature) -> Option<Variants> {
    let (at, found) = first(sig.inputs.iter().map(|input| match input {
        FnArg::Receiver(receiver) => &receiver.attrs,
        FnArg::Typed(param) => &param.attrs,
    }))?;
    let (mut holds, mut fails) = (sig.clone(), sig.clone());
    let attrs_of = |sig: &mut Signature, attrs: Vec<Attribute>| match &mut sig.inputs[at] {
        FnArg::Receiver(receiver) => receiver.attrs = attrs,
        FnArg::Typed(param) => param.attrs = attrs,
    };
    attrs_of(&mut holds, found.holds);
    let mut gone = Vec::new();
    if let Some(attrs) = found.fails {
        attrs_of(&mut fails, attrs);
    } else {
        if let FnArg::Typed(param) = &sig.inputs[at] {
            gone = names_of(&param.pat);
        }
        fails.inputs = all_but(&sig.inputs, at);
    }
    Some(Variants { condition: found.condition, holds, fails, gone })
}

fn of_generics(sig: &Signature) -> Option<Variants> {
    let (at, found) = first(sig.generics.params.iter().map(|param| match param {
        GenericParam::Lifetime(param) => &param.attrs,
        GenericParam::Type(param) => &param.attrs,
        GenericParam::Const(param) => &param.attrs,
    }))?;
    let (mut holds, mut fails) = (sig.clone(), sig.clone());
    let attrs_of = |sig: &mut Signature, attrs: Vec<Attribute>| match &mut sig.generics.params[at] {
        GenericParam::Lifetime(param) => param.attrs = attrs,
        GenericParam::Type(param) => param.attrs = attrs,
        GenericParam::Const(param) => param.attrs = attrs,
    };
    attrs_of(&mut holds, found.holds);
    match found.fails {
        Some(attrs) => attrs_of(&mut fails, attrs),
        None => fails.generics.params = all_but(&sig.generics.params, at),
    }
    Some(Variants { condition: found.condition, holds, fails, gone: Vec::new() })
}

fn all_but<T: Clone>(list: &Punctuated<T, Token![,]>, at: usize) -> Punctuated<T, Token![,]> {
    let others = list.iter().enumerate().filter(|(index, _)| *index != at);
    others.map(|(_, item)| item.clone()).collect()
}

/// Attributes of a parameter under both outcomes.
struct Found {
    condition: TokenStream,
    holds: Vec<Attribute>,
    /// `None` if there is no parameter then.
    fails: Option<Vec<Attribute>>,
}

/// Returns the first of some parameters that has a condition, with its index.
fn first<'a>(params: impl Iterator<Item = &'a Vec<Attribute>>) -> Option<(usize, Found)> {
    params.enumerate().find_map(|(at, attrs)| {
        let (index, meta) =
            attrs.iter().enumerate().find_map(|(index, attr)| match &attr.meta {
                Meta::List(list) if list.path.is_ident("cfg") || list.path.is_ident("cfg_attr") => {
                    Some((index, list))
                }
                _ => None,
            })?;
        let (condition, given) = parts_of.parse2(meta.tokens.clone()).ok()?;
        let (before, after) = (&attrs[..index], &attrs[index + 1..]);
        let around = |given: &[Attribute]| [before, given, after].concat();
        let fails = meta.path.is_ident("cfg_attr").then(|| around(&[]));
        Some((at, Found { condition, holds: around(&given), fails }))
    })
}

/// Returns the condition of `cfg(…)` or `cfg_attr(…, …)`, and the attributes behind it.
fn parts_of(input: ParseStream) -> syn::Result<(TokenStream, Vec<Attribute>)> {
    let condition: Meta = input.parse()?;
    input.parse::<Option<Token![,]>>()?;
    let given: Punctuated<TokenStream, Token![,]> =
        input.call(|input| input.parse_terminated(item, Token![,]))?;
    let given: TokenStream = given.into_iter().map(|item| quote!(#[#item])).collect();
    Ok((condition.to_token_stream(), Attribute::parse_outer.parse2(given)?))
}

/// Returns the tokens up to the next comma.
fn item(input: ParseStream) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}

/// Returns the options without the names of dropped parameters in `skip(…)` and `unordered(…)`.
fn without(options: TokenStream, gone: &[Ident]) -> TokenStream {
    let items = split(options).into_iter().filter_map(|item| {
        let mut tokens = item.clone().into_iter();
        let (Some(TokenTree::Ident(word)), Some(TokenTree::Group(group)), None) =
            (tokens.next(), tokens.next(), tokens.next())
        else {
            return Some(item);
        };
        if word != "skip" && word != "unordered" {
            return Some(item);
        }
        let is_there = |name: &TokenStream| match name.clone().into_iter().next() {
            Some(TokenTree::Ident(name)) => !gone.contains(&name),
            _ => true,
        };
        let names: Vec<TokenStream> = split(group.stream()).into_iter().filter(is_there).collect();
        let mut left = Group::new(group.delimiter(), quote!(#(#names),*));
        left.set_span(group.span());
        (!names.is_empty()).then(|| quote!(#word #left))
    });
    quote!(#(#items),*)
}

fn split(tokens: TokenStream) -> Vec<TokenStream> {
    let items = |input: ParseStream| input.parse_terminated(item, Token![,]);
    let items: syn::Result<Punctuated<TokenStream, Token![,]>> = items.parse2(tokens.clone());
    items.map_or_else(|_| vec![tokens], |items| items.into_iter().collect())
}
