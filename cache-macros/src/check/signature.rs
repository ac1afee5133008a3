//! Functions on which the attributes can and cannot stand.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::visit::{self, Visit};
use syn::{PathSegment, Signature, Type, TypeFnPtr, TypePath, TypeTraitObject};

use super::names::is_cached;
use crate::errors::Errors;
use crate::function::{
    Function, bare, first_type_argument, is_of_std, last_segment, parts_of_result,
};

/// Attribute that is being expanded.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Attribute {
    Cached,
    Invalidates,
}

impl Attribute {
    /// Returns the attribute's name in the runtime.
    pub(crate) fn ident(self) -> Ident {
        let name = match self {
            Self::Cached => "cached",
            Self::Invalidates => "invalidates",
        };
        Ident::new(name, Span::call_site())
    }

    fn name(self) -> &'static str {
        match self {
            Self::Cached => "#[cached]",
            Self::Invalidates => "#[invalidates]",
        }
    }
}

/// Reads the item below the attribute.
pub(crate) fn parse(item: &TokenStream, attribute: Attribute) -> syn::Result<Function> {
    syn::parse2(item.clone()).map_err(|error| match item_kind.parse2(item.clone()) {
        Ok((word, kind)) => {
            let name = attribute.name();
            let hint = match kind {
                "impl" | "trait" => format!("put it on a function inside the `{kind}`"),
                _ => "put it on a function".to_owned(),
            };
            syn::Error::new_spanned(word, format!("`{name}` is for functions; {hint}"))
        }
        Err(_) => error,
    })
}

/// Reads the keyword of an item that is not a function.
fn item_kind(input: ParseStream) -> syn::Result<(Ident, &'static str)> {
    const KINDS: [&str; 10] =
        ["const", "enum", "impl", "mod", "static", "struct", "trait", "type", "union", "use"];
    input.call(syn::Attribute::parse_outer)?;
    input.parse::<syn::Visibility>()?;
    let mut word = input.call(Ident::parse_any)?;
    if word == "unsafe" {
        word = input.call(Ident::parse_any)?;
    }
    input.parse::<TokenStream>()?;
    let kind = KINDS.into_iter().find(|kind| word == kind);
    kind.map(|kind| (word, kind))
        .ok_or_else(|| syn::Error::new(input.span(), "expected a function"))
}

/// Adds mistakes about the kind of function.
pub(crate) fn check_signature(function: &Function, attribute: Attribute, errors: &mut Errors) {
    let name = attribute.name();
    let sig = &function.sig;
    if let Some(token) = &sig.constness {
        errors.at(token, format!("a `const fn` cannot use the cache; remove `const` or `{name}`"));
    }
    if let syn::Safety::Unsafe(token) = &sig.safety {
        errors.at(
            token,
            format!(
                "`{name}` cannot be on an `unsafe fn`; put it on a safe function that calls it"
            ),
        );
    }
    if let Some(abi) = &sig.abi {
        errors.at(
            abi,
            format!("`{name}` cannot be on an `extern fn`; put it on a function that calls it"),
        );
    }
    if let Some(variadic) = &sig.variadic {
        errors.at(variadic.dots, format!("`{name}` cannot be on a variadic function"));
    }
    if function.body.is_none() {
        errors.at(sig, format!("the function has no body; put `{name}` on the one in the `impl`"));
    }
    if sig.ident == "main" && sig.inputs.is_empty() {
        errors
            .at(&sig.ident, format!("`main` runs once; put `{name}` on a function that it calls"));
    }
    check_caller(function, attribute, errors);
    check_never(function, attribute, errors);
    check_once(function, attribute, errors);
}

/// Adds a mistake for `#[track_caller]`, because the body would see the runtime as its caller. For
/// an `async fn` rustc reports the attribute itself.
fn check_caller(function: &Function, attribute: Attribute, errors: &mut Errors) {
    let tracked = function.attrs.iter().find(|attr| attr.path().is_ident("track_caller"));
    if let (Some(tracked), false) = (tracked, function.sig.asyncness.is_some()) {
        let name = attribute.name();
        let message = format!(
            "below `{name}` the body is called by the cache, so that its caller would be shown there; put `#[track_caller]` on a function that calls this one"
        );
        errors.at(tracked, message);
    }
}

/// Adds a mistake for a second `#[cached]`. Its companion would clash with the companion of the
/// first one.
fn check_once(function: &Function, attribute: Attribute, errors: &mut Errors) {
    let again = function.attrs.iter().find(|attr| is_cached(attr));
    if let (Some(again), Attribute::Cached) = (again, attribute) {
        errors.at(again, "the function is `#[cached]` twice; remove one of the two");
    }
}

/// Takes every `#[invalidates]` off a function.
pub(crate) fn take_invalidates(function: &mut Function) -> Vec<syn::Attribute> {
    let is_invalidates = |attr: &mut syn::Attribute| {
        attr.path().segments.last().is_some_and(|segment| segment.ident == "invalidates")
    };
    function.attrs.extract_if(.., is_invalidates).collect()
}

fn check_never(function: &Function, attribute: Attribute, errors: &mut Errors) {
    if let (Some(ty @ Type::Never(_)), Attribute::Invalidates) =
        (function.value_type().map(bare), attribute)
    {
        errors.at(
            ty,
            "the function never returns, so nothing would be invalidated; remove `#[invalidates]`",
        );
    }
}

/// Adds mistakes about a value that cannot be stored.
pub(crate) fn check_value(function: &Function, errors: &mut Errors) {
    const NOTHING: &str =
        "the function returns nothing that could be cached; return a value or remove `#[cached]`";
    let Some(ty) = function.value_type() else {
        return errors.at(up_to_arrow(&function.sig), NOTHING);
    };
    match bare(ty) {
        Type::Never(_) => errors.at(ty, NOTHING),
        Type::Tuple(tuple) if tuple.elems.is_empty() => errors.at(ty, NOTHING),
        _ => {
            check_owned(stored_part(ty), errors);
            check_no_errors(ty, errors);
        }
    }
}

/// Adds a mistake for each `Result` in a value, because its error would be stored.
fn check_no_errors(returned: &Type, errors: &mut Errors) {
    let mut inside = Inside { errors };
    match (parts_of_result(returned), bare(returned)) {
        (Some((value, _)), _) => inside.visit_type(value),
        // The whole type may be a `Result` with an error that does not show.
        (None, Type::Path(path)) => visit::visit_type_path(&mut inside, path),
        (None, ty) => inside.visit_type(ty),
    }
}

struct Inside<'a> {
    errors: &'a mut Errors,
}

impl Visit<'_> for Inside<'_> {
    fn visit_type_path(&mut self, path: &TypePath) {
        let named = path.path.segments.last().filter(|last| last.ident == "Result");
        // A `Result` in a module of its own may be any type. The runtime finds those that are a
        // `Result`.
        let is_one =
            |last: &PathSegment| is_of_std(&path.path) && first_type_argument(last).is_some();
        if let Some(last) = named.filter(|last| is_one(last)) {
            let message = "an `Err` in here would be stored with the value; return `Result<T, E>` around the whole value, or a type of your own";
            return self.errors.at(&last.ident, message);
        }
        visit::visit_type_path(self, path);
    }

    /// Skips function pointers, whose return types are no part of the value.
    fn visit_type_fn_ptr(&mut self, _: &TypeFnPtr) {}

    fn visit_type_trait_object(&mut self, _: &TypeTraitObject) {}
}

/// Returns the function's name and parameters, after which `->` is missing.
fn up_to_arrow(sig: &Signature) -> TokenStream {
    let mut bare = sig.clone();
    bare.generics.where_clause = None;
    let mut tokens = bare.fn_token.to_token_stream();
    bare.ident.to_tokens(&mut tokens);
    bare.paren_token.surround(&mut tokens, |_| {});
    tokens
}

/// Returns `T` of `Result<T, E>` and `Option<T>`, as far as the names tell.
fn stored_part(ty: &Type) -> &Type {
    let inner =
        last_segment(ty).filter(|segment| segment.ident == "Result" || segment.ident == "Option");
    inner.and_then(first_type_argument).map_or(ty, stored_part)
}

fn check_owned(ty: &Type, errors: &mut Errors) {
    match bare(ty) {
        Type::ImplTrait(_) => {
            errors.at(ty, "a cached value is read back as its own type; name the type instead of `impl Trait`");
        }
        Type::Reference(_) => {
            errors.at(ty, "a borrowed value cannot be read back from the cache; return an owned one, as `String`");
        }
        _ => {}
    }
}
