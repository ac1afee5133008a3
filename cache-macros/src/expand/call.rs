//! Places of the plan as expressions, and the chain of calls that builds a key.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{PathSegment, Type};

use super::{at, local};
use crate::check::{Argument, CachedPlan, Place, Root};
use crate::function::{
    Function, Param, bare, find_ident, first_type_argument, is_of_std, is_primitive, is_type_param,
    last_segment, named_type, type_span,
};

/// Function in which an expression stands. The meaning of its names depends on the function.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Scope {
    /// The annotated function: parameters as declared.
    Function,
    /// The companion: parameters by reference.
    Companion,
}

/// Returns the span for generated code about a place: its parameter's type, its name in a pattern,
/// or the placeholder.
pub(super) fn span_of(function: &Function, place: &Place) -> Span {
    match place.root {
        Root::Param(index) if place.path.is_empty() => type_span(&function.params[index].ty),
        Root::Binding(index, name) if place.path.is_empty() => {
            function.params[index].bindings[name].span()
        }
        _ => place.span,
    }
}

/// Returns a reference to the value of a place.
pub(super) fn reference(function: &Function, place: &Place, scope: Scope) -> TokenStream {
    let span = span_of(function, place);
    let path = &place.path;
    let root = match place.root {
        Root::Param(index) if path.is_empty() => return parameter(function, index, scope),
        Root::Result if path.is_empty() => return local("__result", span).into_token_stream(),
        // In the companion, the name is a reference already.
        Root::Binding(index, name) if path.is_empty() && scope == Scope::Companion => {
            return located(&function.params[index].bindings[name], span).into_token_stream();
        }
        Root::Param(index) => located(&function.params[index].ident, span),
        Root::Binding(index, name) => located(&function.params[index].bindings[name], span),
        Root::Receiver => located(&receiver(function), span),
        Root::Result => local("__result", span),
    };
    quote_spanned!(at(span)=> &#root #(.#path)*)
}

/// Returns `&name`, or `&*name` if the companion takes the parameter by a reference of its own.
fn parameter(function: &Function, index: usize, scope: Scope) -> TokenStream {
    let param = &function.params[index];
    let span = type_span(&param.ty);
    let ident = located(&param.ident, span);
    if scope == Scope::Companion && is_lent(&param.ty) {
        let (ty, runtime) = (bare(&param.ty), super::runtime(span));
        return quote_spanned!(at(span)=> #runtime::lent::<#ty, _>(#ident));
    }
    let is_ours = scope == Scope::Companion && !is_taken_as_is(function, param);
    if is_ours { quote_spanned!(at(span)=> &*#ident) } else { quote_spanned!(at(span)=> &#ident) }
}

/// Returns the last name of a type that may be of the standard library, as far as its path tells.
pub(super) fn name_of_std(ty: &Type) -> Option<&PathSegment> {
    match bare(ty) {
        Type::Path(path) if path.qself.is_none() && is_of_std(&path.path) => last_segment(ty),
        _ => None,
    }
}

/// Tells whether the companion takes other types for a type of the standard library. Text is taken
/// for a `String`. Slices are taken for a `Vec` of strings or numbers. Other elements may hide a
/// lifetime, which cannot stand in the companion.
pub(super) fn is_lent(ty: &Type) -> bool {
    name_of_std(ty).is_some_and(|last| match first_type_argument(last) {
        None => last.ident == "String",
        Some(element) => last.ident == "Vec" && name_of_std(element).is_some_and(is_plain),
    })
}

fn is_plain(name: &PathSegment) -> bool {
    name.ident == "String" || is_primitive(&name.ident)
}

/// Returns an attribute for statements that use a parameter such as `_limit`, which the user's body
/// leaves unused.
pub(super) fn quiet<'a>(
    function: &Function,
    places: impl Iterator<Item = &'a Place>,
) -> TokenStream {
    let is_unused = |place: &Place| {
        let name = place.root.name(function);
        name.starts_with('_') && !name.starts_with("__")
    };
    let mut unused = places.filter(|place| is_unused(place));
    unused.next().map(|_| quote!(#[allow(clippy::used_underscore_binding)])).unwrap_or_default()
}

/// Tells whether the companion takes a parameter as declared, and not by a reference of its own.
///
/// References are taken as declared, so that every type that derefs to them can be given. A `&T` of
/// a type parameter is the exception. For such a parameter, the compiler would take a reference to
/// a reference for a `T` of its own.
pub(super) fn is_taken_as_is(function: &Function, param: &Param) -> bool {
    match bare(&param.ty) {
        Type::Reference(reference) => match bare(&reference.elem) {
            Type::ImplTrait(_) => false,
            Type::Path(path) => !is_type_param(function, path),
            _ => true,
        },
        _ => false,
    }
}

/// Returns the receiver's own `self`. A `self` with other hygiene would not be found.
fn receiver(function: &Function) -> Ident {
    let span =
        function.sig.receiver().map_or_else(Span::call_site, |receiver| receiver.self_token.span);
    Ident::new("self", span)
}

/// Returns the identifier located at another place. The identifier keeps its own hygiene.
fn located(ident: &Ident, span: Span) -> Ident {
    let mut ident = ident.clone();
    ident.set_span(span.resolved_at(ident.span()));
    ident
}

/// Returns every place that [`parts`] names.
pub(super) fn places(plan: &CachedPlan) -> impl Iterator<Item = &Place> {
    let arguments = plan.arguments.iter().map(|argument| &argument.place);
    plan.fills().chain(arguments).chain(&plan.connections)
}

/// Returns the closure that names the parts of a key. `given` are its parameters behind `__key`:
/// `|__key| { connection!(__key, db); __key.of::<T>()….fill(&…)….arg("name", &name)…; }`.
pub(super) fn parts(plan: &CachedPlan, scope: Scope, given: &TokenStream) -> TokenStream {
    let key = local("__key", Span::call_site());
    let asked = if scope == Scope::Function { asked(plan, &key) } else { TokenStream::new() };
    let chain = chain(plan, scope);
    let chain = (!chain.is_empty()).then(|| quote!(#key #chain;));
    if asked.is_empty() && chain.is_none() {
        return quote!(|_| {});
    }
    quote!(|#key #given| { #asked #chain })
}

/// Returns `connection!(__key, db);` for each place that may be a connection. A connection knows
/// whether the call belongs to a transaction.
fn asked(plan: &CachedPlan, key: &Ident) -> TokenStream {
    let params = &plan.function.params;
    let connections = plan.connections.iter().filter_map(|place| {
        let name = match place.root {
            Root::Param(index) => &params[index].ident,
            Root::Binding(index, name) => &params[index].bindings[name],
            Root::Receiver | Root::Result => return None,
        };
        let span = span_of(&plan.function, place);
        let (name, runtime) = (located(name, span), super::runtime(span));
        Some(quote_spanned!(at(span)=> #runtime::connection!(#key, #name);))
    });
    connections.collect()
}

/// Returns `.of::<T>()….fill(&…)….arg("name", &name)…`.
fn chain(plan: &CachedPlan, scope: Scope) -> TokenStream {
    let generics = plan.generics.iter().map(|name| generic(&plan.function, name));
    let opaque =
        plan.arguments.iter().filter_map(|argument| opaque(&plan.function, argument, scope));
    let fills = plan.fills().map(|place| fill(&plan.function, place, scope));
    let arguments = plan.arguments.iter().map(|argument| hashed(&plan.function, argument, scope));
    let shape = shape(plan);
    let has_owner = plan.leaves_out && plan.function.sig.receiver().is_some();
    let owner = has_owner.then(|| quote!(.of_owner::<Self>()));
    quote!(#owner #(#generics)* #(#opaque)* #(#fills)* #(#arguments)* #shape)
}

/// Returns `.shaped(ShapeOf::<R>::returned().shape_of_value())` if the attribute says `shape`.
fn shape(plan: &CachedPlan) -> Option<TokenStream> {
    let word = plan.args.shape.as_ref()?;
    let (span, runtime) =
        (plan.function.return_span(), super::runtime(plan.function.return_span()));
    // If the type has no name, a mistake was added before.
    let returned = plan.function.value_type().and_then(named_type)?;
    let returned = match &plan.each {
        Some(_) => quote_spanned!(at(span)=> <#returned as #runtime::Listed>::Value),
        None => returned,
    };
    let name = word.span();
    Some(quote_spanned! {at(name)=>
        .shaped({
            #[allow(unused_imports, reason = "one of the answers")]
            use #runtime::AnyShape as _;
            #runtime::ShapeOf::<#returned>::returned().shape_of_value()
        })
    })
}

fn generic(function: &Function, name: &Ident) -> TokenStream {
    if function.sig.generics.const_params().any(|param| param.ident == *name) {
        quote!(.of_const(#name))
    } else {
        quote!(.of::<#name>())
    }
}

/// Returns `.of_val(&name)` for an argument whose type has no name, such as `impl Trait`.
fn opaque(function: &Function, argument: &Argument, scope: Scope) -> Option<TokenStream> {
    let Root::Param(index) = argument.place.root else {
        return None;
    };
    let ty = &function.params[index].ty;
    let is_opaque = argument.place.path.is_empty() && find_ident(quote!(#ty), "impl").is_some();
    let value = reference(function, &argument.place, scope);
    is_opaque.then(|| quote!(.of_val(#value)))
}

/// Returns `.fill(&table)`.
pub(super) fn fill(function: &Function, place: &Place, scope: Scope) -> TokenStream {
    let value = reference(function, place, scope);
    quote_spanned!(at(span_of(function, place))=> .fill(#value))
}

/// Returns `.arg("table", &table)`.
fn hashed(function: &Function, argument: &Argument, scope: Scope) -> TokenStream {
    let span = span_of(function, &argument.place);
    let name = &argument.name;
    let value = reference(function, &argument.place, scope);
    let unordered = &argument.unordered;
    if unordered.is_empty() {
        return quote_spanned!(at(span)=> .arg(#name, #value));
    }
    quote_spanned!(at(span)=> .arg_unordered(#name, &[#(#unordered),*], #value))
}
