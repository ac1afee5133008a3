//! `#[derive(Shape)]`: the parts of a type, one behind the other.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Data, DeriveInput, Expr, ExprLit, Field, Fields, GenericArgument, Generics, Lit,
    Meta, Path, PathArguments, Token, Type, TypePath, parse_quote,
};

use super::{at, runtime};
use crate::errors::Errors;
use crate::function::bare;

/// `impl Shape for …`
pub(super) fn expand(input: &DeriveInput, errors: &mut Errors) -> TokenStream {
    let parts = match &input.data {
        Data::Struct(data) => fields(&data.fields, &input.ident, errors),
        Data::Enum(data) => data
            .variants
            .iter()
            .map(|variant| {
                let name = variant.ident.to_string();
                let (rules, fields) =
                    (rules(&variant.attrs), fields(&variant.fields, &input.ident, errors));
                quote!(.text("variant").text(#name) #rules #fields)
            })
            .collect(),
        Data::Union(_) => {
            errors.at(&input.ident, "`Shape` is for structs and enums, which serde can read");
            TokenStream::new()
        }
    };
    let (kind, rules) = (kind(&input.data), rules(&input.attrs));
    // What names the type itself does not show all that it is made of.
    let params = input.generics.type_params().map(|param| &param.ident);
    let (name, generics) = (&input.ident, bounded(&input.generics));
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let (_, type_generics, _) = input.generics.split_for_impl();
    let runtime = runtime(Span::mixed_site());
    quote! {
        #[automatically_derived]
        impl #impl_generics #runtime::Shape for #name #type_generics #where_clause {
            const SHAPE: u64 = #runtime::Outline::of(#kind) #(.part::<#params>())* #rules #parts.finish();
        }
    }
}

fn kind(data: &Data) -> &'static str {
    match data {
        Data::Enum(_) => "enum",
        Data::Struct(_) | Data::Union(_) => "struct",
    }
}

/// Every type parameter has a shape, too.
fn bounded(generics: &Generics) -> Generics {
    let mut generics = generics.clone();
    let runtime = runtime(Span::mixed_site());
    for param in generics.type_params_mut() {
        param.bounds.push(parse_quote!(#runtime::Shape));
    }
    generics
}

/// `.text("id").part::<u64>()…`: named fields by name, the others by their order.
fn fields(fields: &Fields, own: &Ident, errors: &mut Errors) -> TokenStream {
    let kind = match fields {
        Fields::Named(_) => "named",
        Fields::Unnamed(_) => "unnamed",
        Fields::Unit => "unit",
    };
    let parts: TokenStream = fields.iter().map(|part| field(part, own, errors)).collect();
    quote!(.text(#kind) #parts)
}

fn field(field: &Field, own: &Ident, errors: &mut Errors) -> TokenStream {
    let name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
    let (ty, rules) = (&field.ty, rules(&field.attrs));
    let part = if is_opaque(&field.attrs, errors) { text(ty) } else { part(ty, own) };
    quote!(.text(#name) #rules #part)
}

/// `.part::<u64>()`. Of a type that names the one that is derived, what it is made of: its own shape would not end.
fn part(ty: &Type, own: &Ident) -> TokenStream {
    if !names(ty, own) {
        return quote_spanned!(at(ty.span())=> .part::<#ty>());
    }
    match bare(ty) {
        Type::Path(path) => {
            let (name, parts) = (without_arguments(&path.path), arguments(&path.path, own));
            quote!(.text(#name) #parts)
        }
        Type::Tuple(tuple) => {
            let parts: TokenStream = tuple.elems.iter().map(|elem| part(elem, own)).collect();
            quote!(.text("tuple") #parts)
        }
        Type::Array(array) => part(&array.elem, own),
        Type::Slice(slice) => part(&slice.elem, own),
        Type::Reference(reference) => part(&reference.elem, own),
        other => text(other),
    }
}

/// `.text("Vec < Node >")`
fn text(ty: &Type) -> TokenStream {
    let text = ty.to_token_stream().to_string();
    quote!(.text(#text))
}

fn without_arguments(path: &Path) -> String {
    let names: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    names.join("::")
}

fn arguments(path: &Path, own: &Ident) -> TokenStream {
    let lists = path.segments.iter().filter_map(|segment| match &segment.arguments {
        PathArguments::AngleBracketed(list) => Some(&list.args),
        PathArguments::None | PathArguments::Parenthesized(_) => None,
    });
    lists
        .flatten()
        .map(|argument| match argument {
            GenericArgument::Type(ty) => part(ty, own),
            _ => TokenStream::new(),
        })
        .collect()
}

/// Whether a type has the one in it that is derived: by its plain name, or as `Self`.
fn names(ty: &Type, own: &Ident) -> bool {
    let mut seen = Named { own, is_named: false };
    seen.visit_type(ty);
    seen.is_named
}

struct Named<'a> {
    own: &'a Ident,
    is_named: bool,
}

impl Visit<'_> for Named<'_> {
    fn visit_type_path(&mut self, path: &TypePath) {
        let plain = path.path.get_ident().or_else(|| {
            let first = path.path.segments.first();
            first.filter(|_| path.path.segments.len() == 1).map(|segment| &segment.ident)
        });
        self.is_named |= plain.is_some_and(|name| name == self.own || name == "Self");
        visit::visit_type_path(self, path);
    }
}

/// What serde is told, which decides how the type is read, and the types that it is read and written through.
fn rules(attrs: &[Attribute]) -> TokenStream {
    let serde = attrs.iter().filter(|attr| attr.path().is_ident("serde"));
    serde
        .map(|attr| {
            let text = attr.meta.to_token_stream().to_string();
            let through =
                through(attr).into_iter().map(|ty| quote_spanned!(at(ty.span())=> .part::<#ty>()));
            quote!(.text(#text) #(#through)*)
        })
        .collect()
}

/// The types of `#[serde(from = "Wire", into = "Wire")]`.
fn through(attr: &Attribute) -> Vec<Type> {
    let rules = attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
    let values = rules.into_iter().flatten().filter_map(|rule| match rule {
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

/// Whether a field has `#[shape(opaque)]`.
fn is_opaque(attrs: &[Attribute], errors: &mut Errors) -> bool {
    let mut is_opaque = false;
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("shape")) {
        let word = attr.parse_args::<Ident>().is_ok_and(|word| word == "opaque");
        if !word {
            errors.at(attr, "write `#[shape(opaque)]`: the name of the field's type counts, and not what is in it");
        }
        is_opaque |= word;
    }
    is_opaque
}
