//! An `async fn` as a plain function that returns one future. In this future the body stands behind
//! the opening of its call.
//!
//! An `async fn` around that future would add four layers to the type of each caller's future, and
//! one more state machine to compile. rustc follows 128 such layers.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use std::mem;
use syn::visit::{self, Visit};
use syn::{
    Attribute, FnArg, Lifetime, ParenthesizedGenericArguments, Pat, PatIdent, Receiver,
    ReceiverKind, Signature, Type, TypeImplTrait, TypeReference,
};

use super::{at, load, runtime};
use crate::function::{Function, Param, Shape, bare, find_ident, is_primitive};

/// Body of a function as one future.
pub(super) struct Plain {
    /// Statements outside of the future. These ask the compiler questions, and run nothing.
    pub(super) outside: TokenStream,
    /// Name of the runtime's function that makes the future.
    pub(super) name: &'static str,
    /// Arguments in front of the load, each followed by a comma.
    pub(super) leading: TokenStream,
    /// Statements in front of the body, which run when the future is polled.
    pub(super) opening: TokenStream,
}

/// Tells whether a function can be a plain one. No attribute below may look for an `async fn`.
pub(super) fn is_plain(function: &Function) -> bool {
    let is_named = function.declared().is_none_or(|ty| !has_impl(ty));
    function.shape() == Shape::Async
        && is_named
        && function.attrs.iter().all(is_inert)
        && !Anonymous::is_in(&function.sig)
        && params(&function.sig).all(<[Attribute]>::is_empty)
}

/// Finds `'_` and `&` inside an argument's `impl Trait`. An `async fn` may have these, and a plain
/// function may not.
#[derive(Default)]
struct Anonymous {
    is_in_impl: bool,
    is_found: bool,
}

impl Anonymous {
    fn is_in(signature: &Signature) -> bool {
        let mut finder = Self::default();
        finder.visit_signature(signature);
        finder.is_found
    }
}

impl<'ast> Visit<'ast> for Anonymous {
    fn visit_type_impl_trait(&mut self, ty: &'ast TypeImplTrait) {
        let outside = mem::replace(&mut self.is_in_impl, true);
        visit::visit_type_impl_trait(self, ty);
        self.is_in_impl = outside;
    }

    fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
        self.is_found |= self.is_in_impl && lifetime.ident == "_";
    }

    fn visit_type_reference(&mut self, reference: &'ast TypeReference) {
        self.is_found |= self.is_in_impl && reference.lifetime.is_none();
        visit::visit_type_reference(self, reference);
    }

    /// Skips `Fn(&str)`, which has lifetimes of its own.
    fn visit_parenthesized_generic_arguments(&mut self, _: &'ast ParenthesizedGenericArguments) {}
}

fn has_impl(ty: &Type) -> bool {
    find_ident(ty.to_token_stream(), "impl").is_some()
}

fn params(sig: &Signature) -> impl Iterator<Item = &[Attribute]> {
    sig.inputs.iter().map(|input| match input {
        FnArg::Typed(param) => &*param.attrs,
        FnArg::Receiver(receiver) => &*receiver.attrs,
    })
}

/// Tells whether an attribute has the same meaning on either function. `#[must_use]` has another
/// one: on an `async fn` it applies to the value.
fn is_inert(attr: &Attribute) -> bool {
    const INERT: [&str; 10] =
        ["allow", "cfg", "cold", "deny", "deprecated", "doc", "expect", "forbid", "inline", "warn"];
    let path = attr.path();
    match path.segments.first() {
        Some(tool) if path.segments.len() > 1 => tool.ident == "clippy" || tool.ident == "rustfmt",
        _ => INERT.iter().any(|inert| path.is_ident(inert)),
    }
}

impl Plain {
    /// Returns the annotated function as a plain one.
    pub(super) fn function(&self, function: &Function) -> TokenStream {
        let Function { attrs, vis, .. } = function;
        let signature = signature(function);
        let body = load::braces(function, self.body(function));
        quote!(#(#attrs)* #vis #signature #body)
    }

    fn body(&self, function: &Function) -> TokenStream {
        let Self { outside, name, leading, opening } = self;
        let span = at(function.return_span());
        let (runtime, name) = (runtime(span), format_ident!("{name}", span = span));
        let (pinned, block) = (load::type_pinned(function), load::labelled(function));
        let (taken, patterns) = (taken(function), load::patterns(function));
        quote_spanned! {span=>
            #outside
            #runtime::#name(#leading async move {
                #pinned #taken #opening #(#patterns)* #block
            })
        }
    }
}

/// Returns the signature with a future for the value. The tokens of the return type are generated,
/// and therefore of an edition in which the future captures every lifetime that an `async fn`
/// captures.
fn signature(function: &Function) -> Signature {
    let mut signature = load::plain_signature(function);
    let span = at(function.return_span());
    let value = function.declared().map_or_else(|| quote_spanned!(span=> ()), |ty| quote!(#ty));
    signature.asyncness = None;
    signature.output = syn::parse_quote_spanned! {span=>
        -> impl ::core::future::Future<Output = #value>
    };
    let typed = signature.inputs.iter_mut().filter_map(|input| match input {
        FnArg::Typed(param) => Some(param),
        FnArg::Receiver(_) => None,
    });
    for (input, param) in typed.zip(&function.params) {
        *input.pat = Pat::Ident(name(&param.ident));
    }
    signature
}

fn name(ident: &Ident) -> PatIdent {
    let (attrs, ident) = (Vec::new(), ident.clone());
    PatIdent { attrs, by_ref: None, mutability: None, ident, subpat: None }
}

/// Returns statements that take the arguments into the future, whether the body uses them or not.
/// The arguments are then dropped after the body, as those of an `async fn`.
fn taken(function: &Function) -> TokenStream {
    let receiver = function.sig.receiver().filter(|receiver| !is_borrowed(receiver));
    let receiver = receiver.map(|receiver| {
        let (span, name) = (at(receiver.self_token.span), &receiver.self_token);
        quote_spanned!(span=> _ = &#name;)
    });
    let written = function.sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(param) => Some(&*param.pat),
        FnArg::Receiver(_) => None,
    });
    let params = function.params.iter().zip(written);
    let params = params.filter_map(|(param, pattern)| taken_param(param, pattern));
    quote!(#receiver #(#params)*)
}

fn is_borrowed(receiver: &Receiver) -> bool {
    matches!(receiver.kind, ReceiverKind::Reference(..))
}

fn taken_param(param: &Param, written: &Pat) -> Option<TokenStream> {
    let Param { ident, pattern, bindings, ty, .. } = param;
    let span = at(ident.span());
    let quiet = quote_spanned!(span=> #[allow(clippy::redundant_locals, clippy::used_underscore_binding, clippy::no_effect_underscore_binding)]);
    if let Some(pattern) = pattern {
        let apart = (!bindings.is_empty()).then(|| quote_spanned!(span=> let #pattern = #ident;));
        return Some(quote_spanned!(span=> #quiet let #ident = #ident; #apart));
    }
    let mutable = match written {
        Pat::Ident(written) => written.mutability,
        _ => None,
    };
    // mutant: an argument that the body does not use is dropped before it
    (mutable.is_some() || !is_simple(ty))
        .then(|| quote_spanned!(span=> #quiet let #mutable #ident = #ident;))
}

/// Tells whether dropping a value of this type does nothing, as far as the type is written.
fn is_simple(ty: &Type) -> bool {
    match bare(ty) {
        Type::Reference(_) => true,
        Type::Path(path) => path.path.get_ident().is_some_and(is_primitive),
        _ => false,
    }
}
