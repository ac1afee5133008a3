//! The annotated function: its signature parsed, its body carried as tokens.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{
    AttrStyle, Attribute, FnArg, GenericArgument, Lifetime, Pat, PatType, Path, PathArguments,
    PathSegment, ReturnType, Signature, Token, Type, TypeParamBound, TypePath, TypeReference,
    Visibility,
};

/// A function as the user wrote it.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    /// Parameters beside the receiver.
    pub(crate) params: Vec<Param>,
    /// Block of the body. `None` if the signature ends in `;`.
    pub(crate) body: Option<Group>,
}

/// A parameter that is not the receiver.
pub(crate) struct Param {
    /// Identifier of the parameter in generated code.
    pub(crate) ident: Ident,
    /// Name in the canonical arguments: as written, or the index of a parameter without a name.
    pub(crate) name: String,
    /// Pattern that stands in place of the parameter's name.
    pub(crate) pattern: Option<Pat>,
    /// Names that the pattern takes out of the parameter. The body sees these alone, so that these
    /// are hashed. If the list is empty, the parameter is hashed as a whole.
    pub(crate) bindings: Vec<Ident>,
    pub(crate) ty: Type,
}

/// Way in which the function hands its value back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Shape {
    /// `async fn`.
    Async,
    /// `fn` that returns the value.
    Blocking,
    /// `fn` that returns `Pin<Box<dyn Future<Output = …>>>`, as `#[async_trait]` makes them.
    Boxed,
    /// `fn` that returns `impl Future<Output = …>`.
    Opaque,
}

impl Parse for Function {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let mut attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let sig: Signature = input.parse()?;
        let body = parse_body(input)?.map(|body| lift_attributes(&body, &mut attrs));
        let typed = sig.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(param) => Some(param),
            FnArg::Receiver(_) => None,
        });
        let params = typed.enumerate().map(|(index, param)| Param::new(index, param)).collect();
        Ok(Self { attrs, vis, sig, params, body })
    }
}

fn parse_body(input: ParseStream) -> syn::Result<Option<Group>> {
    if input.parse::<Option<Token![;]>>()?.is_some() {
        return Ok(None);
    }
    match input.parse()? {
        TokenTree::Group(group) => block_of(group).map(Some),
        other => Err(syn::Error::new(other.span(), "expected the function's body")),
    }
}

/// Returns the braces of a body that a `macro_rules!` may have handed on as `$body`.
fn block_of(group: Group) -> syn::Result<Group> {
    if group.delimiter() == Delimiter::Brace {
        return Ok(group);
    }
    match group.stream().into_iter().next() {
        Some(TokenTree::Group(inner)) if group.delimiter() == Delimiter::None => block_of(inner),
        _ => Err(syn::Error::new(group.span(), "expected the function's body")),
    }
}

/// Takes `#![…]` out of the body. Inner attributes apply to the whole function, and the body will
/// be nested in it.
fn lift_attributes(body: &Group, attrs: &mut Vec<Attribute>) -> Group {
    let split = |input: ParseStream| Ok((input.call(Attribute::parse_inner)?, input.parse()?));
    let parsed: syn::Result<(Vec<Attribute>, TokenStream)> = split.parse2(body.stream());
    let Ok((inner, rest)) = parsed else {
        return body.clone();
    };
    if inner.is_empty() {
        return body.clone();
    }
    attrs.extend(inner.into_iter().map(|attr| Attribute { style: AttrStyle::Outer, ..attr }));
    let mut stripped = Group::new(Delimiter::Brace, rest);
    stripped.set_span(body.span());
    stripped
}

impl Param {
    fn new(index: usize, param: &PatType) -> Self {
        let ty = (*param.ty).clone();
        match &*param.pat {
            Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => {
                let (ident, name) = (pat.ident.clone(), pat.ident.unraw().to_string());
                Self { ident, name, pattern: None, bindings: Vec::new(), ty }
            }
            pattern => Self {
                ident: format_ident!("__arg{index}", span = Span::mixed_site()),
                name: index.to_string(),
                pattern: Some(pattern.clone()),
                bindings: names_of(pattern),
                ty,
            },
        }
    }
}

impl Function {
    /// Returns the function's name, without `r#`.
    pub(crate) fn name(&self) -> String {
        self.sig.ident.unraw().to_string()
    }

    /// Returns the declared return type.
    pub(crate) fn declared(&self) -> Option<&Type> {
        match &self.sig.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some(ty),
        }
    }

    /// Returns the way in which the function hands its value back.
    pub(crate) fn shape(&self) -> Shape {
        self.shape_and_value().0
    }

    /// Returns the type of the value. If the function returns a future, this is the type of the
    /// future's output.
    pub(crate) fn value_type(&self) -> Option<&Type> {
        self.shape_and_value().1
    }

    fn shape_and_value(&self) -> (Shape, Option<&Type>) {
        let declared = self.declared();
        if self.sig.asyncness.is_some() {
            return (Shape::Async, declared);
        }
        match declared.map(bare) {
            Some(Type::ImplTrait(opaque)) => match future_output(&opaque.bounds) {
                Some(output) => (Shape::Opaque, Some(output)),
                None => (Shape::Blocking, declared),
            },
            Some(ty) => match boxed_output(ty) {
                Some(output) => (Shape::Boxed, Some(output)),
                None => (Shape::Blocking, declared),
            },
            None => (Shape::Blocking, None),
        }
    }

    /// Returns the span for generated code about the return value.
    pub(crate) fn return_span(&self) -> Span {
        self.value_type().map_or_else(|| self.sig.ident.span(), type_span)
    }

    /// Tells whether tokens name a parameter, a part of one, or the receiver.
    pub(crate) fn is_used_in(&self, tokens: &TokenStream) -> bool {
        let mut names = self.names().chain(["self".to_owned()]);
        names.any(|name| find_name(tokens.clone(), &name))
    }

    /// Returns the names by which the body knows its parameters, or parts of them.
    pub(crate) fn names(&self) -> impl Iterator<Item = String> {
        self.params.iter().flat_map(|param| match &param.pattern {
            None => vec![param.name.clone()],
            Some(_) => param.bindings.iter().map(|binding| binding.unraw().to_string()).collect(),
        })
    }
}

/// Returns the names that a pattern gives. Returns nothing if some names may be unknown, as those
/// in a macro are.
pub(crate) fn names_of(pattern: &Pat) -> Vec<Ident> {
    struct Names {
        found: Vec<Ident>,
        are_all: bool,
    }
    impl Visit<'_> for Names {
        fn visit_pat(&mut self, pattern: &Pat) {
            match pattern {
                Pat::Macro(_) | Pat::Verbatim(_) => self.are_all = false,
                // All alternatives give equal names, so that the first one is enough.
                Pat::Or(any) => {
                    return any.cases.iter().take(1).for_each(|one| self.visit_pat(one));
                }
                // If two variables have one text, one of them comes from a macro.
                Pat::Ident(named) if self.found.contains(&named.ident) => self.are_all = false,
                Pat::Ident(named) => self.found.push(named.ident.clone()),
                _ => {}
            }
            visit::visit_pat(self, pattern);
        }
    }
    let mut names = Names { found: Vec::new(), are_all: true };
    names.visit_pat(pattern);
    if names.are_all { names.found } else { Vec::new() }
}

/// Writes the function as the user wrote it.
impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        for attr in &self.attrs {
            attr.to_tokens(tokens);
        }
        self.vis.to_tokens(tokens);
        self.sig.to_tokens(tokens);
        match &self.body {
            Some(body) => body.to_tokens(tokens),
            None => <Token![;]>::default().to_tokens(tokens),
        }
    }
}

/// Returns the type without parentheses and without the invisible groups of `macro_rules!`.
pub(crate) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        other => other,
    }
}

/// Returns the span of the name that says most about a type: `Session` of `&'a Session`, `Vec` of
/// `std::vec::Vec<u8>`.
pub(crate) fn type_span(ty: &Type) -> Span {
    match bare(ty) {
        Type::Reference(reference) => type_span(&reference.elem),
        Type::Path(path) => {
            path.path.segments.last().map_or_else(Span::call_site, |s| s.ident.span())
        }
        other => first_span(other),
    }
}

/// Returns the span of the first token.
fn first_span(tokens: &impl ToTokens) -> Span {
    let first = tokens.to_token_stream().into_iter().next();
    first.map_or_else(Span::call_site, |token| match token {
        TokenTree::Group(group) => group.span_open(),
        other => other.span(),
    })
}

/// Tells whether a type's name is that of a primitive.
pub(crate) fn is_primitive(name: &Ident) -> bool {
    const PRIMITIVES: [&str; 17] = [
        "bool", "char", "f32", "f64", "i128", "i16", "i32", "i64", "i8", "isize", "str", "u128",
        "u16", "u32", "u64", "u8", "usize",
    ];
    PRIMITIVES.iter().any(|primitive| name == primitive)
}

/// Tells whether a type is a type parameter of the function.
pub(crate) fn is_type_param(function: &Function, path: &TypePath) -> bool {
    let name = path.path.get_ident();
    name.is_some_and(|name| function.sig.generics.type_params().any(|param| param.ident == *name))
}

/// Tells whether a path begins in the standard library, or is a single name, as those of the
/// prelude are.
pub(crate) fn is_of_std(path: &Path) -> bool {
    const ROOTS: [&str; 3] = ["alloc", "core", "std"];
    let first = path.segments.first();
    path.segments.len() == 1
        || first.is_some_and(|first| ROOTS.iter().any(|root| first.ident == root))
}

/// Returns the last segment of a path type.
pub(crate) fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match bare(ty) {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

/// Returns the first type among a segment's generic arguments.
pub(crate) fn first_type_argument(segment: &PathSegment) -> Option<&Type> {
    match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => {
            arguments.args.iter().find_map(|arg| match arg {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
        }
        _ => None,
    }
}

/// Returns `R` of `Pin<Box<dyn Future<Output = R>>>`, `BoxFuture<'_, R>` and
/// `LocalBoxFuture<'_, R>`.
fn boxed_output(ty: &Type) -> Option<&Type> {
    let segment = last_segment(ty)?;
    let inner = first_type_argument(segment)?;
    if segment.ident == "BoxFuture" || segment.ident == "LocalBoxFuture" {
        return Some(inner);
    }
    let inside_box = last_segment(inner)?;
    if segment.ident != "Pin" || inside_box.ident != "Box" {
        return None;
    }
    match bare(first_type_argument(inside_box)?) {
        Type::TraitObject(object) => future_output(&object.bounds),
        _ => None,
    }
}

/// Returns `R` of `Future<Output = R>` among some bounds.
fn future_output<'a>(bounds: impl IntoIterator<Item = &'a TypeParamBound>) -> Option<&'a Type> {
    bounds.into_iter().find_map(|bound| match bound {
        TypeParamBound::Trait(bound) => output_of(bound.path.segments.last()?),
        _ => None,
    })
}

fn output_of(segment: &PathSegment) -> Option<&Type> {
    match &segment.arguments {
        PathArguments::AngleBracketed(arguments) if segment.ident == "Future" => {
            arguments.args.iter().find_map(|argument| match argument {
                GenericArgument::AssocType(assoc) if assoc.ident == "Output" => Some(&assoc.ty),
                _ => None,
            })
        }
        _ => None,
    }
}

/// Returns the type with `_` for every `impl Trait`, as the type can be named in the body.
pub(crate) fn inferred(ty: &Type) -> Type {
    let mut ty = bare(ty).clone();
    InferImplTrait.visit_type_mut(&mut ty);
    ty
}

struct InferImplTrait;

impl VisitMut for InferImplTrait {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if matches!(ty, Type::ImplTrait(_)) {
            *ty = Type::Verbatim(TokenTree::from(Ident::new("_", first_span(ty))).into());
        } else {
            visit_mut::visit_type_mut(self, ty);
        }
    }
}

/// Tells whether a type visibly borrows from something that may go away.
pub(crate) fn borrows(ty: &Type) -> bool {
    let mut seen = Borrows(false);
    seen.visit_type(ty);
    seen.0
}

/// Returns the type of a value if the type can be written down elsewhere. A `Result` comes without
/// its error, which may borrow or have no name.
pub(crate) fn named_type(ty: &Type) -> Option<TokenStream> {
    let is_nameable =
        |ty: &Type| !borrows(ty) && find_ident(ty.to_token_stream(), "impl").is_none();
    if let Some((value, _)) = parts_of_result(ty) {
        return is_nameable(value).then(|| quote!(::core::result::Result<#value, ()>));
    }
    is_nameable(ty).then(|| bare(ty).to_token_stream())
}

/// Returns `T` and `E` of `Result<T, E>`.
pub(crate) fn parts_of_result(ty: &Type) -> Option<(&Type, &Type)> {
    let segment = last_segment(ty).filter(|segment| segment.ident == "Result")?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    match (arguments.args.first()?, arguments.args.last()?) {
        (GenericArgument::Type(value), GenericArgument::Type(error))
            if arguments.args.len() == 2 =>
        {
            Some((value, error))
        }
        _ => None,
    }
}

struct Borrows(bool);

impl Visit<'_> for Borrows {
    fn visit_lifetime(&mut self, lifetime: &Lifetime) {
        self.0 |= lifetime.ident != "static";
    }

    fn visit_type_reference(&mut self, reference: &TypeReference) {
        self.0 |= reference.lifetime.is_none();
        visit::visit_type_reference(self, reference);
    }

    fn visit_path_segment(&mut self, segment: &PathSegment) {
        // `Cow<str>` hides its lifetime. Other types that hide one are not noticed.
        self.0 |= segment.ident == "Cow" && !has_lifetime(segment);
        visit::visit_path_segment(self, segment);
    }
}

fn has_lifetime(segment: &PathSegment) -> bool {
    match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => {
            arguments.args.iter().any(|argument| matches!(argument, GenericArgument::Lifetime(_)))
        }
        _ => false,
    }
}

/// Tells whether an identifier occurs anywhere in the tokens.
pub(crate) fn mentions(tokens: &impl ToTokens, name: &Ident) -> bool {
    find_ident(tokens.to_token_stream(), &name.to_string()).is_some()
}

/// Tells whether a name occurs anywhere in the tokens, with or without `r#`. Text such as
/// `"{name}"` counts, too.
fn find_name(tokens: TokenStream, name: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident.unraw() == name,
        TokenTree::Group(group) => find_name(group.stream(), name),
        TokenTree::Literal(literal) => literal.to_string().contains(name),
        TokenTree::Punct(_) => false,
    })
}

/// Returns the first occurrence of an identifier in the tokens.
pub(crate) fn find_ident(tokens: TokenStream, name: &str) -> Option<Ident> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) if ident == name => Some(ident),
        TokenTree::Group(group) => find_ident(group.stream(), name),
        _ => None,
    })
}
