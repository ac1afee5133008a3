//! Attributes of a type that affect its shape.

use proc_macro2::Ident;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Lit, Meta, Path, Token, Type};

use crate::errors::Errors;

/// Returns the types of `#[serde(from = "Wire", into = "Wire")]`.
pub(super) fn through(attr: &Attribute) -> Vec<Type> {
    let values = rules(attr).into_iter().filter_map(|rule| match rule {
        Meta::NameValue(rule) => Some(rule),
        Meta::Path(_) | Meta::List(_) => None,
    });
    let types = values
        .filter(|rule| ["from", "try_from", "into"].iter().any(|name| rule.path.is_ident(name)));
    types
        .filter_map(|rule| match &rule.value {
            Expr::Lit(ExprLit { lit: Lit::Str(ty), .. }) => ty.parse().ok(),
            _ => None,
        })
        .collect()
}

/// Tells whether serde neither writes nor reads a field or variant: `#[serde(skip)]`.
pub(super) fn is_skipped(attrs: &[Attribute]) -> bool {
    let serde = attrs.iter().filter(|attr| attr.path().is_ident("serde"));
    serde.flat_map(rules).any(|rule| matches!(rule, Meta::Path(path) if path.is_ident("skip")))
}

fn rules(attr: &Attribute) -> Punctuated<Meta, Token![,]> {
    attr.parse_args_with(Punctuated::parse_terminated).unwrap_or_default()
}

/// Tells whether a field has `#[shape(opaque)]`.
pub(super) fn is_opaque(attrs: &[Attribute], errors: &mut Errors) -> bool {
    let mut is_opaque = false;
    for attr in shape(attrs) {
        let word = attr.parse_args::<Ident>().is_ok_and(|word| word == "opaque");
        if !word {
            errors.at(attr, "write `#[shape(opaque)]`: the name of the field's type counts, and not what is in it");
        }
        is_opaque |= word;
    }
    is_opaque
}

/// Returns the path of `#[shape(crate = path)]`.
pub(super) fn runtime(attrs: &[Attribute]) -> Option<Path> {
    let path = |input: ParseStream| {
        input.parse::<Token![crate]>()?;
        input.parse::<Token![=]>()?;
        input.call(Path::parse_mod_style)
    };
    shape(attrs).find_map(|attr| attr.parse_args_with(path).ok())
}

/// Refuses `#[shape(opaque)]` on a type or a variant, where it has no meaning.
pub(super) fn has_no_opaque(attrs: &[Attribute], errors: &mut Errors) {
    for attr in shape(attrs) {
        if runtime(std::slice::from_ref(attr)).is_some() {
            continue;
        }
        errors.at(attr, "`#[shape(opaque)]` is for fields; write it before one");
    }
}

fn shape(attrs: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("shape"))
}

/// Returns the integer of `#[repr(u8)]`.
pub(super) fn width(attrs: &[Attribute]) -> Option<Ident> {
    let repr = attrs.iter().filter(|attr| attr.path().is_ident("repr"));
    let words = repr.flat_map(rules).filter_map(|word| word.path().get_ident().cloned());
    let mut integers = words.filter(|word| INTEGERS.iter().any(|integer| word == integer));
    integers.next()
}

const INTEGERS: [&str; 12] =
    ["i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize"];
