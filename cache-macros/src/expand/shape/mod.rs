//! Expansion of `#[derive(Shape)]`: the parts of a type, one behind the other.

mod attributes;
mod itself;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    Attribute, ConstParam, Data, DeriveInput, Expr, Field, Fields, GenericParam, Generics, Type,
    TypeParam, TypePath, Variant, WherePredicate, parse_quote,
};

use super::{at, runtime};
use crate::errors::Errors;
use crate::function::find_ident;
use itself::Itself;

/// Returns the path of the runtime if the type names one.
pub(super) fn runtime_of(input: &DeriveInput) -> Option<syn::Path> {
    attributes::runtime(&input.attrs)
}

/// Returns `impl Shape for …`.
pub(super) fn expand(input: &DeriveInput, errors: &mut Errors) -> TokenStream {
    let mut parts = Parts { input, itself: Itself::of(input), projections: Vec::new(), errors };
    let outline = parts.outline();
    let Parts { itself, projections, .. } = parts;
    let (implementation, computed) =
        (implementation(input, &projections, &outline), computed(input));
    let stand_in = itself.stand_in();
    if stand_in.is_none() && computed.is_none() {
        return implementation;
    }
    quote!(const _: () = { #stand_in #implementation #computed };)
}

/// Returns a constant that computes the shape where it is derived. If types contain each other,
/// rustc reports that at once, before a program is built. The error shows the constant's name,
/// which tells what to write.
fn computed(input: &DeriveInput) -> Option<TokenStream> {
    let (name, runtime) = (&input.ident, runtime(Span::mixed_site()));
    let is_known = input.generics.params.is_empty();
    is_known.then(|| {
        quote! {
            #[allow(dead_code)]
            const OF_TYPES_THAT_CONTAIN_EACH_OTHER_MARK_ONE_FIELD_WITH_SHAPE_OPAQUE: u64 =
                <#name as #runtime::Shape>::SHAPE;
        }
    })
}

fn implementation(
    input: &DeriveInput,
    projections: &[TypePath],
    outline: &TokenStream,
) -> TokenStream {
    let (name, runtime) = (&input.ident, runtime(Span::mixed_site()));
    let mut generics = bounded(&input.generics);
    let predicates =
        projections.iter().map(|ty| -> WherePredicate { parse_quote!(#ty: #runtime::Shape) });
    generics.make_where_clause().predicates.extend(predicates);
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let (_, type_generics, _) = input.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics #runtime::Shape for #name #type_generics #where_clause {
            const SHAPE: u64 = #outline.finish();
        }
    }
}

/// Returns the generics with the bound `Shape` on every type parameter.
fn bounded(generics: &Generics) -> Generics {
    let mut generics = generics.clone();
    let runtime = runtime(Span::mixed_site());
    for param in generics.type_params_mut() {
        param.bounds.push(parse_quote!(#runtime::Shape));
    }
    generics
}

/// Returns `.part::<T>().number(N as i128)`. An opaque field leaves its type out, so that the
/// parameters are written here.
fn parameters(generics: &Generics) -> TokenStream {
    let parameters = generics.params.iter().map(|param| match param {
        GenericParam::Type(TypeParam { ident, .. }) => quote!(.part::<#ident>()),
        // mutant: const parameters are no part of a shape
        GenericParam::Const(ConstParam { ident, .. }) => quote!(.number(#ident as i128)),
        GenericParam::Lifetime(_) => TokenStream::new(),
    });
    parameters.collect()
}

/// Parts of one type.
struct Parts<'a> {
    input: &'a DeriveInput,
    itself: Itself<'a>,
    /// Types of fields that come from a trait, as `T::Id`.
    projections: Vec<TypePath>,
    errors: &'a mut Errors,
}

impl Parts<'_> {
    fn outline(&mut self) -> TokenStream {
        let input = self.input;
        attributes::has_no_opaque(&input.attrs, self.errors);
        let (kind, parts) = match &input.data {
            Data::Struct(data) => ("struct", self.fields(&data.fields)),
            Data::Enum(data) => {
                // mutant: the width of a variant's number is no part of a shape
                let width = attributes::width(&input.attrs).map(|width| text(&width));
                let variants = data.variants.iter().map(|variant| self.variant(variant));
                let variants: TokenStream = variants.collect();
                ("enum", quote!(#width #variants))
            }
            Data::Union(_) => {
                let message = "`Shape` is for structs and enums, which serde can read";
                self.errors.at(&input.ident, message);
                ("union", TokenStream::new())
            }
        };
        let (parameters, rules) = (parameters(&input.generics), self.rules(&input.attrs));
        let runtime = runtime(Span::mixed_site());
        quote!(#runtime::Outline::of(#kind) #parameters #rules #parts)
    }

    fn variant(&mut self, variant: &Variant) -> TokenStream {
        attributes::has_no_opaque(&variant.attrs, self.errors);
        let name = variant.ident.to_string();
        // mutant: the numbers of variants are no part of a shape
        let number = variant.discriminant.as_ref().map(|(_, number)| self.number(number));
        let rules = self.rules(&variant.attrs);
        let fields = if attributes::is_skipped(&variant.attrs) {
            TokenStream::new()
        } else {
            self.fields(&variant.fields)
        };
        quote!(.text("variant").text(#name) #number #rules #fields)
    }

    /// Returns the number that stands for a variant. A variant without a number counts on from the
    /// one before, and the order of variants is known.
    fn number(&self, number: &Expr) -> TokenStream {
        let width = attributes::width(&self.input.attrs);
        let width = width.map_or_else(|| quote!(isize), ToTokens::into_token_stream);
        quote!(.number({ let number: #width = #number; number as i128 }))
    }

    /// Returns `.text("id").part::<u64>()…`: named fields by name, the others by their order.
    fn fields(&mut self, fields: &Fields) -> TokenStream {
        let kind = match fields {
            Fields::Named(_) => "named",
            Fields::Unnamed(_) => "unnamed",
            Fields::Unit => "unit",
        };
        let parts: TokenStream = fields.iter().map(|field| self.field(field)).collect();
        quote!(.text(#kind) #parts)
    }

    fn field(&mut self, field: &Field) -> TokenStream {
        let name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
        let (ty, rules) = (&field.ty, self.rules(&field.attrs));
        let is_opaque = attributes::is_opaque(&field.attrs, self.errors);
        // A field that is not stored needs no shape.
        let part = if is_opaque || attributes::is_skipped(&field.attrs) {
            text(ty)
        } else {
            self.part(ty)
        };
        // mutant: the fuzz: the names of fields are no part of a shape
        quote!(.text(#name) #rules #part)
    }

    /// Returns `.part::<u64>()`.
    fn part(&mut self, ty: &Type) -> TokenStream {
        let mut projections = Projections { of: &self.input.generics, seen: &mut self.projections };
        projections.visit_type(ty);
        let replaced = self.itself.replaced(ty);
        // mutant: what is around a type in itself is no part of its shape
        quote_spanned!(at(ty.span())=> .part::<#replaced>())
    }

    /// Returns the serde attributes, which decide how the type is read. The types through which
    /// serde reads and writes are returned, too.
    fn rules(&mut self, attrs: &[Attribute]) -> TokenStream {
        let serde = attrs.iter().filter(|attr| attr.path().is_ident("serde"));
        serde
            .map(|attr| {
                let through = attributes::through(attr);
                let through: TokenStream = through.iter().map(|ty| self.part(ty)).collect();
                let rule = text(&attr.meta);
                quote!(#rule #through)
            })
            .collect()
    }
}

/// Returns `.text("Vec < Node >")`.
fn text(tokens: &impl ToTokens) -> TokenStream {
    let text = tokens.to_token_stream().to_string();
    quote!(.text(#text))
}

/// Looks for associated types of a type parameter.
struct Projections<'a> {
    of: &'a Generics,
    seen: &'a mut Vec<TypePath>,
}

impl Projections<'_> {
    /// Tells whether a path begins with a parameter, as `T::Id`, or belongs to a type with one, as
    /// `<T as Entity>::Id`.
    fn is_of_parameter(&self, path: &TypePath) -> bool {
        let first = path.path.segments.first().filter(|_| path.path.segments.len() > 1);
        self.of.type_params().any(|TypeParam { ident, .. }| match &path.qself {
            Some(of) => find_ident(of.ty.to_token_stream(), &ident.to_string()).is_some(),
            None => first.is_some_and(|first| first.ident == *ident),
        })
    }
}

impl Visit<'_> for Projections<'_> {
    fn visit_type_path(&mut self, path: &TypePath) {
        if self.is_of_parameter(path) {
            self.seen.push(path.clone());
        } else {
            visit::visit_type_path(self, path);
        }
    }
}
