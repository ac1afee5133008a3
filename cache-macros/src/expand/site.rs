//! Constant description of an annotated function.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::{at, runtime};
use crate::args::{CachedArgs, Codec, Compress, Local, Ttl};
use crate::check::{CachedPlan, InvalidatesPlan, Part, Place};
use crate::origin;

/// Function of a plan that a site describes.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Of {
    Function,
    Companion,
}

/// Returns `site!(cached "name" .ttl_ms(…))`.
pub(super) fn cached(plan: &CachedPlan, of: Of) -> TokenStream {
    let args = &plan.args;
    let (name, own) = (plan.function.name(), own(plan));
    let leaves_out = plan.leaves_out.then(|| quote!(.leaves_out_types()));
    let companion = (of == Of::Companion).then(|| quote!(.companion()));
    let id = args.id.iter().map(|id| quote!(.id(#id)));
    let version = args.version.iter().map(|version| quote!(.version(#version)));
    let ttl = match &args.ttl {
        Some(Ttl::Named(name)) => Some(quote!(.ttl_named(#name))),
        Some(Ttl::Milliseconds(ms)) => Some(quote!(.ttl_ms(#ms))),
        Some(Ttl::FromValue(_)) => Some(quote!(.ttl_from_value())),
        _ => None,
    };
    let none_ttl = args.none_ttl.iter().map(|none| none.ms).map(|ms| quote!(.none_ttl_ms(#ms)));
    let key = plan.key.iter().map(|parts| {
        let parts = template(parts, |place| plan.argument_at(place));
        quote!(.key(#parts))
    });
    let (flight, grace, stored) = (flight(args), grace(args), stored(args));
    let runtime = runtime(Span::mixed_site());
    // If a macro writes the `id`, the path stands beside it, which no other function has.
    let is_alone = args.id.as_ref().is_some_and(|id| !origin::is_of_macro(id.span()));
    // `declared` tells the linker of a function with an `id`, so that every process knows of two
    // functions with one `id`.
    let kind = if of == Of::Function && is_alone { quote!(declared) } else { quote!(cached) };
    quote! {
        #runtime::site!(#kind #name #own #leaves_out #companion #(#id)* #(#version)* #ttl #(#none_ttl)* #flight #grace #stored #(#key)*)
    }
}

/// Returns `.single_flight(…).lease_ms(…).wait_ms(…).local_ms(…)`, each if the attribute
/// has the option.
fn flight(args: &CachedArgs) -> TokenStream {
    let single_flight = args.single_flight.iter().map(|on| quote!(.single_flight(#on)));
    let lease = args.lease_ms.iter().map(|ms| quote!(.lease_ms(#ms)));
    let wait = args.wait.iter().map(|wait| wait.ms).map(|ms| quote!(.wait_ms(#ms)));
    let local = args.local.iter().map(|local| match local {
        Local::UpTo(ms) => quote!(.local_ms(#ms)),
        Local::Never => quote!(.not_local()),
    });
    quote!(#(#single_flight)* #(#lease)* #(#wait)* #(#local)*)
}

/// Returns `.stale_ms(…).stale_if_error_ms(…).early(…).jitter(…)`, each if the attribute
/// has the option.
fn grace(args: &CachedArgs) -> TokenStream {
    let stale = args.stale.iter().map(|stale| stale.ms).map(|ms| quote!(.stale_ms(#ms)));
    let spare = args.stale_if_error.iter().map(|stale| stale.ms);
    let spare = spare.map(|ms| quote!(.stale_if_error_ms(#ms)));
    let early = args.early.iter().map(|early| early.value).map(|beta| quote!(.early(#beta)));
    let jitter = args.jitter.iter().map(|jitter| jitter.value).map(|part| quote!(.jitter(#part)));
    quote!(#(#stale)* #(#spare)* #(#early)* #(#jitter)*)
}

/// Returns `.codec(…).compress_from(…)`, each if the attribute has the option.
fn stored(args: &CachedArgs) -> TokenStream {
    let codec = args.codec.iter().map(|codec| match codec {
        Codec::MessagePack(_) => quote!(.codec("msgpack")),
        Codec::Own(_) => quote!(.own_codec()),
    });
    let compress = args.compress.iter().map(|compress| match compress {
        Compress::From(bytes) => {
            let runtime = runtime(bytes.span());
            quote_spanned!(at(bytes.span())=> .compress_from(#runtime::zstd_from(#bytes)))
        }
        Compress::Never => quote!(.not_compressed()),
    });
    quote!(#(#codec)* #(#compress)*)
}

/// Returns the type of a codec.
fn codec_type(codec: &Codec) -> TokenStream {
    match codec {
        Codec::MessagePack(span) => {
            let runtime = runtime(*span);
            quote_spanned!(at(*span)=> #runtime::MessagePack)
        }
        Codec::Own(path) => quote!(#path),
    }
}

/// Returns `let name = coded::<…, _>(name);` if the attribute names a codec.
pub(super) fn coded(args: &CachedArgs, name: &Ident) -> Option<TokenStream> {
    let codec = codec_type(args.codec.as_ref()?);
    let runtime = runtime(codec.span());
    Some(quote_spanned!(at(codec.span())=> let #name = #runtime::coded::<#codec, _>(#name);))
}

/// Returns `site!(invalidates "name" .patterns(…))`.
pub(super) fn invalidates(plan: &InvalidatesPlan) -> TokenStream {
    let name = plan.function.name();
    let patterns = plan.patterns.iter().map(|parts| template(parts, |_| None));
    let patterns = (!plan.patterns.is_empty()).then(|| quote!(.patterns(&[#(#patterns),*])));
    let again = plan.again_after_ms.iter().map(|ms| quote!(.again_after_ms(#ms)));
    let with_result = plan.calls.iter().any(|call| call.result.is_some());
    let with_result = with_result.then(|| quote!(.calls_with_result()));
    let runtime = runtime(Span::mixed_site());
    quote!(#runtime::site!(invalidates #name #(#again)* #with_result #patterns))
}

/// Returns `.own(…)`, and `.by_macro(name, id)` if a macro wrote the name or the `id`.
fn own(plan: &CachedPlan) -> TokenStream {
    let number = origin::own(&plan.function);
    let name = origin::is_of_macro(plan.function.sig.ident.span());
    let id = plan.args.id.as_ref().is_some_and(|id| origin::is_of_macro(id.span()));
    let by_macro = (name || id).then(|| quote!(.by_macro(#name, #id)));
    quote!(.own(#number) #by_macro)
}

/// Returns the parts of a template. A placeholder that is an argument has the argument's number.
/// Any other placeholder is filled.
fn template(parts: &[Part], number: impl Fn(&Place) -> Option<usize>) -> TokenStream {
    let runtime = runtime(Span::mixed_site());
    let parts = parts.iter().map(|part| match part {
        Part::Text(text) => quote!(#runtime::Part::Text(#text)),
        Part::Value(place) => number(place).map_or_else(
            || quote!(#runtime::Part::Value),
            |number| quote!(#runtime::Part::Argument(#number)),
        ),
    });
    quote!(&[#(#parts),*])
}
