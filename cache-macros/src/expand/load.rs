//! Annotated function with its body as a load.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};
use syn::{FnArg, Lifetime, Pat, PatIdent, Signature, Type};

use super::{at, local, runtime};
use crate::function::{
    Function, Param, Shape, bare, find_ident, first_type_argument, inferred, last_segment,
};
use crate::lasting;

/// Name of the runtime's function that reads a value.
pub(super) const READ_THROUGH: &str = "read_through";

/// Name of the runtime's function that reads a value and may serve an earlier one in place of a
/// load.
pub(super) const READ_THROUGH_OR_STALE: &str = "read_through_or_stale";

/// A call into the runtime: `name(leading, load)`.
pub(super) struct Around {
    /// Statements in front of the call.
    pub(super) setup: TokenStream,
    /// Statements that move arguments. If the function returns a future, these statements stand in
    /// it, so that attributes below may look at the arguments there.
    pub(super) moves: TokenStream,
    /// Name of the runtime's function. Blocking functions use its `_blocking` twin.
    pub(super) name: &'static str,
    /// Arguments in front of the load, each followed by a comma.
    pub(super) leading: TokenStream,
    /// Arguments of the load, if it has any.
    pub(super) given: Given,
    /// Call around this call, if there is one.
    pub(super) wrap: Option<Wrap>,
}

/// A call around another one: `name(leading, || call, trailing)`.
pub(super) struct Wrap {
    pub(super) name: &'static str,
    pub(super) leading: TokenStream,
    pub(super) trailing: TokenStream,
}

impl Wrap {
    fn around(&self, call: &TokenStream, span: Span) -> TokenStream {
        let Self { name, leading, trailing } = self;
        let (name, runtime) = (format_ident!("{name}", span = at(span)), runtime(span));
        quote_spanned!(at(span)=> #runtime::#name(#leading move || #call, #trailing))
    }
}

/// Arguments of a load.
#[derive(Default)]
pub(super) struct Given {
    /// Parameter of the load's closure.
    pub(super) param: TokenStream,
    /// Statement that makes the function's own parameter of the closure's.
    pub(super) binding: TokenStream,
    /// Statements for the other parameters, for one run of a load that may run more than once.
    pub(super) others: TokenStream,
    /// `true` if the load runs once at most, because it uses arguments that it was lent mutably.
    pub(super) is_once: bool,
}

/// Returns the function, with `around` for a body.
pub(super) fn function(function: &Function, around: &Around) -> TokenStream {
    let Function { attrs, vis, .. } = function;
    let signature = plain_signature(function);
    let body = braces(function, around.body(function));
    quote!(#(#attrs)* #vis #signature #body)
}

/// Returns `let __outcome = outcome!(R);`. The variable gives the outcome one place with the rest
/// of the call.
pub(super) fn outcome(function: &Function) -> TokenStream {
    outcome_as(function, &TokenStream::new())
}

/// Returns `outcome!(@compared @copied […] @shared […] R)`. `@shared` asks the compiler whether
/// errors can be handed to other callers. `@compared` and `@copied` ask whether values can be
/// compared and kept in the tier. No question is asked about a type that visibly borrows.
pub(super) fn shared_outcome(function: &Function, is_compared: bool, is_kept: bool) -> TokenStream {
    let compared = is_compared.then(|| quote!(@compared));
    let copied = if is_kept { copied(function) } else { TokenStream::new() };
    // mutant: no type is seen to last for other callers
    let shared = lasting::of_error(function).map(|types| quote!(@shared [#(#types),*]));
    outcome_as(function, &quote!(#compared #copied #shared))
}

/// Returns `@copied […]`.
pub(super) fn copied(function: &Function) -> TokenStream {
    // mutant: no type is seen to last in this process
    let types = lasting::of_value(function);
    types.map(|types| quote!(@copied [#(#types),*])).unwrap_or_default()
}

fn outcome_as(function: &Function, asked: &TokenStream) -> TokenStream {
    let span = function.return_span();
    let (value, outcome) = (probed_type(function), local("__outcome", span));
    let runtime = runtime(span);
    quote_spanned!(at(span)=> let #outcome = #runtime::outcome!(#asked #value);)
}

impl Around {
    fn body(&self, function: &Function) -> TokenStream {
        if self.name == READ_THROUGH && function.shape() == Shape::Async {
            return self.through(function);
        }
        let Self { setup, moves, name, leading, given, wrap } = self;
        let load = load(function, given);
        let span = function.return_span();
        let runtime = runtime(span);
        let suffix = if function.shape() == Shape::Blocking { "_blocking" } else { "" };
        let name = format_ident!("{name}{suffix}", span = at(span));
        let call = quote_spanned!(at(span)=> #runtime::#name(#leading #load));
        let call = wrap.as_ref().map_or_else(|| call.clone(), |wrap| wrap.around(&call, span));
        let call = match function.shape() {
            Shape::Async => quote_spanned!(at(span)=> #moves #call.await),
            Shape::Boxed => {
                let future = awaited(moves, &call, span);
                quote_spanned!(at(span)=> ::std::boxed::Box::pin(#future))
            }
            Shape::Opaque => awaited(moves, &call, span),
            Shape::Blocking => quote!(#moves #call),
        };
        quote!(#setup #call)
    }
}

impl Around {
    /// Returns `through_opened(__call, __outcome, async move {…}).await`. An `async fn` is opened
    /// before, and its load is made only if it may be needed.
    fn through(&self, function: &Function) -> TokenStream {
        let Self { setup, leading, .. } = self;
        let span = at(function.return_span());
        let (runtime, load) = (runtime(span), future(function));
        let call = quote_spanned!(span=> #runtime::through_opened(#leading #load).await);
        quote!(#setup #call)
    }
}

/// Returns the body of an `async fn` as a future.
fn future(function: &Function) -> TokenStream {
    let patterns = patterns(function);
    let pinned = pinned(function);
    quote_spanned!(at(function.return_span())=> async move { #(#patterns)* #pinned })
}

/// Returns the body as a closure. The future is made once, at its `await`, so that nested functions
/// do not multiply its size.
fn load(function: &Function, given: &Given) -> TokenStream {
    let Given { param, binding, others, is_once } = given;
    let span = at(function.return_span());
    let declared = annotation(function);
    let patterns = patterns(function);
    let patterns: TokenStream = std::iter::once(binding.clone()).chain(patterns).collect();
    let inside = if function.shape() == Shape::Async { TokenStream::new() } else { others.clone() };
    let block = &function.body;
    let pinned = pinned(function);
    let start = quote_spanned!(span=> move |#param|);
    match function.shape() {
        Shape::Async if !others.is_empty() && !is_once => {
            quote_spanned!(span=> #start { #others async move { #patterns #pinned } })
        }
        Shape::Async => quote_spanned!(span=> #start async move { #patterns #pinned }),
        Shape::Blocking if patterns.is_empty() && !declared.is_empty() => {
            quote_spanned!(span=> #start #declared #block)
        }
        Shape::Blocking => quote_spanned!(span=> #start #declared { #inside #patterns #pinned }),
        Shape::Boxed if patterns.is_empty() => quote_spanned!(span=> #start #declared #block),
        Shape::Boxed => quote_spanned!(span=> #start #declared { #inside #patterns #block }),
        Shape::Opaque if patterns.is_empty() => quote_spanned!(span=> #start #block),
        Shape::Opaque => quote_spanned!(span=> #start { #inside #patterns #block }),
    }
}

/// Returns the user's block, with its type fixed from the start. Otherwise rustc would blame a
/// correct line of the user's.
fn pinned(function: &Function) -> TokenStream {
    let (pinned, block) = (type_pinned(function), labelled(function));
    quote!(#pinned #block)
}

/// Returns the statement that fixes the type of a body.
pub(super) fn type_pinned(function: &Function) -> TokenStream {
    let span = function.return_span();
    let (value, runtime) = (value_type(function), runtime(span));
    quote_spanned! {at(span)=>
        if false {
            return #runtime::never::<#value>();
        }
    }
}

/// Returns the user's block behind a label. The label keeps rustc from finding the braces
/// unnecessary.
pub(super) fn labelled(function: &Function) -> TokenStream {
    let span = at(function.return_span());
    let (block, label) = (&function.body, Lifetime::new("'__body", span));
    quote_spanned!(span=> #label: #block)
}

/// Returns `-> R` of the closure. Returns nothing if `R` cannot be named there.
fn annotation(function: &Function) -> TokenStream {
    match function.declared() {
        Some(ty) if find_ident(quote!(#ty), "impl").is_none() && !is_unit(ty) => quote!(-> #ty),
        _ => TokenStream::new(),
    }
}

fn is_unit(ty: &Type) -> bool {
    matches!(bare(ty), Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// Returns the type of the value as it can be written in the body.
fn value_type(function: &Function) -> TokenStream {
    let value = function.value_type().map(inferred);
    value.map_or_else(|| quote_spanned!(at(function.return_span())=> ()), |ty| quote!(#ty))
}

/// Returns the type by which the runtime finds out which values are successes.
///
/// The runtime cannot look into `_`, and `Result<_, E>` might be one of an `Option`. Only
/// `#[invalidates]` meets these types.
fn probed_type(function: &Function) -> TokenStream {
    let value = value_type(function);
    let segment = function.value_type().and_then(last_segment);
    let opaque =
        segment.and_then(first_type_argument).filter(|ty| matches!(bare(ty), Type::ImplTrait(_)));
    let span = at(function.return_span());
    match (segment, opaque) {
        (Some(segment), Some(_)) if segment.ident == "Result" => {
            quote_spanned!(span=> Result<_, _>)
        }
        (Some(segment), Some(_)) if segment.ident == "Option" => quote_spanned!(span=> _),
        _ => value,
    }
}

/// Returns the statements for parameters that are taken apart only in front of the body.
pub(super) fn patterns(function: &Function) -> impl Iterator<Item = TokenStream> {
    function.params.iter().filter_map(taken_apart)
}

/// Returns the statement that matches a parameter as the user wrote. Returns `None` if the
/// parameter is not whole in the signature.
fn taken_apart(param: &Param) -> Option<TokenStream> {
    let Param { ident, pattern, .. } = param;
    let pattern = pattern.as_ref().filter(|_| param.bindings.is_empty());
    pattern.map(|pattern| quote!(let #pattern = #ident;))
}

/// Returns the signature with an identifier for every parameter that is hashed as a whole.
pub(super) fn plain_signature(function: &Function) -> Signature {
    let mut signature = function.sig.clone();
    let typed = signature.inputs.iter_mut().filter_map(|input| match input {
        FnArg::Typed(param) => Some(param),
        FnArg::Receiver(_) => None,
    });
    for (input, param) in typed.zip(&function.params) {
        if param.pattern.is_some() && param.bindings.is_empty() {
            *input.pat = Pat::Ident(PatIdent {
                attrs: Vec::new(),
                by_ref: None,
                mutability: None,
                ident: param.ident.clone(),
                subpat: None,
            });
        }
    }
    signature
}

/// Returns `async move { moves call.await }`.
///
/// Other attributes, as `#[tracing::instrument]`, look for `Box::pin(async move {…})` or
/// `async move {…}` at the end of a function. Their own code goes inside that block.
fn awaited(moves: &TokenStream, call: &TokenStream, span: Span) -> TokenStream {
    let block = block(quote_spanned!(at(span)=> #moves #call.await), span);
    quote_spanned!(at(span)=> async move #block)
}

/// Returns braces at the place of the user's. Lints take the braces for generated, as `{ { id } }`
/// is.
pub(super) fn braces(function: &Function, body: TokenStream) -> TokenTree {
    block(body, function.body.as_ref().map_or_else(Span::call_site, Group::span))
}

/// Returns braces with the user's hygiene. Other attributes give that hygiene to names of their
/// own, as `Err(e)` of `#[tracing::instrument(err)]`.
fn block(body: TokenStream, span: Span) -> TokenTree {
    let mut group = Group::new(Delimiter::Brace, body);
    group.set_span(Span::call_site().located_at(span));
    group.into()
}
