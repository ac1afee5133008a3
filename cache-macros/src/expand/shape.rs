//! `#[derive(Shape)]`: the parts of a type, one behind the other.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Field, Fields, Generics, parse_quote};

use super::{at, runtime};
use crate::errors::Errors;
use crate::function::find_ident;

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
    let (name, generics) = (&input.ident, bounded(&input.generics));
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let (_, type_generics, _) = input.generics.split_for_impl();
    let runtime = runtime(Span::mixed_site());
    quote! {
        #[automatically_derived]
        impl #impl_generics #runtime::Shape for #name #type_generics #where_clause {
            const SHAPE: u64 = #runtime::Outline::of(#kind) #rules #parts.finish();
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
    let contains_itself = find_ident(ty.to_token_stream(), &own.to_string()).is_some()
        || find_ident(ty.to_token_stream(), "Self").is_some();
    if is_opaque(&field.attrs, errors) || contains_itself {
        let text = ty.to_token_stream().to_string();
        return quote!(.text(#name) #rules .text(#text));
    }
    let part = quote_spanned!(at(ty.span())=> .part::<#ty>());
    quote!(.text(#name) #rules #part)
}

/// What serde is told: it decides how the type is read.
fn rules(attrs: &[Attribute]) -> TokenStream {
    let serde = attrs.iter().filter(|attr| attr.path().is_ident("serde"));
    serde
        .map(|attr| {
            let text = attr.meta.to_token_stream().to_string();
            quote!(.text(#text))
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
