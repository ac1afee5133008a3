//! A type inside itself. The shape of such a type would not end, so that another type stands in its
//! place.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::visit_mut::{self, VisitMut};
use syn::{
    DeriveInput, GenericParam, Generics, PathArguments, PathSegment, Type, TypePath, parse_quote,
};

use super::super::{at, local, runtime};
use super::{bounded, parameters};

/// Derived type, as its fields name it.
pub(super) struct Itself<'a> {
    input: &'a DeriveInput,
    is_named: bool,
}

impl<'a> Itself<'a> {
    pub(super) fn of(input: &'a DeriveInput) -> Self {
        Self { input, is_named: false }
    }

    /// Returns a type with the stand-in wherever the derived type is named.
    pub(super) fn replaced(&mut self, ty: &Type) -> Type {
        let mut ty = ty.clone();
        self.visit_type_mut(&mut ty);
        ty
    }

    /// Returns the stand-in, a type with the parameters of the derived type alone. Returns `None`
    /// if the derived type does not name itself.
    pub(super) fn stand_in(&self) -> Option<TokenStream> {
        self.is_named.then(|| {
            let (name, runtime) =
                (local("__Itself", Span::mixed_site()), runtime(Span::mixed_site()));
            let generics = bare(&self.input.generics);
            let uses = generics.params.iter().map(used);
            let bounded = bounded(&generics);
            let (impl_generics, type_generics, _) = bounded.split_for_impl();
            let parameters = parameters(&generics);
            quote! {
                #[allow(dead_code)]
                struct #name #generics (#(#uses),*);

                impl #impl_generics #runtime::Shape for #name #type_generics {
                    const SHAPE: u64 = #runtime::Outline::of("parameters") #parameters.finish();
                }
            }
        })
    }

    /// Returns the segment of a path that names the derived type, by its plain name or `Self`.
    fn named<'b>(&self, ty: &'b Type) -> Option<&'b PathSegment> {
        let Type::Path(TypePath { qself: None, path, .. }) = ty else { return None };
        let segment = path.segments.first().filter(|_| path.segments.len() == 1)?;
        (segment.ident == self.input.ident || segment.ident == "Self").then_some(segment)
    }

    /// Returns the derived type with the given parameters, inside itself with its own parameters.
    fn recursive(&self, segment: &PathSegment) -> Option<Type> {
        let span = at(segment.ident.span());
        let (name, runtime) = (local("__Itself", span), runtime(span));
        let (_, own, _) = self.input.generics.split_for_impl();
        let given = match &segment.arguments {
            PathArguments::AngleBracketed(given) => quote!(#given),
            _ if segment.ident == "Self" => quote!(#own),
            _ => TokenStream::new(),
        };
        // Only type parameters can bring the stand-in of another type along.
        let outer = self.input.generics.type_params().next().map(|_| quote!(#name #own));
        let tokens = quote_spanned!(span=> #runtime::Recursive<#name #given, #outer>);
        syn::parse2(tokens).ok()
    }
}

impl VisitMut for Itself<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        // The derived type may implement a trait that the stand-in does not. Such a path stays as
        // it is.
        if matches!(ty, Type::Path(TypePath { qself: Some(of), .. }) if self.named(&of.ty).is_some())
        {
            return;
        }
        visit_mut::visit_type_mut(self, ty);
        let own = self.named(ty).and_then(|segment| self.recursive(segment));
        if let Some(own) = own {
            self.is_named = true;
            *ty = own;
        }
    }
}

/// Returns the generic parameters without their bounds.
fn bare(generics: &Generics) -> Generics {
    let mut generics = Generics { where_clause: None, ..generics.clone() };
    for param in &mut generics.params {
        match param {
            GenericParam::Lifetime(param) => param.bounds.clear(),
            GenericParam::Type(param) => param.bounds = parse_quote!(?Sized),
            GenericParam::Const(_) => {}
        }
    }
    generics
}

/// Returns the type of a field that uses a parameter, because every parameter has to be used.
fn used(param: &GenericParam) -> TokenStream {
    match param {
        GenericParam::Lifetime(param) => {
            let lifetime = &param.lifetime;
            quote!(::core::marker::PhantomData<&#lifetime ()>)
        }
        GenericParam::Type(param) => {
            let name = &param.ident;
            quote!(::core::marker::PhantomData<#name>)
        }
        GenericParam::Const(_) => quote!(()),
    }
}
