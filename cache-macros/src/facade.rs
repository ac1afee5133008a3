//! Path by which generated code reaches the runtime.
//!
//! `crate = …` gives the path. Otherwise the path is the name that the manifest gives the
//! dependency, or `::cache_runtime`.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use std::cell::RefCell;
use syn::Path;

use crate::manifest;

thread_local! {
    /// Path of the runtime in the expansion that is under way. Almost every token of an expansion
    /// is behind this path.
    static NAMED: RefCell<Option<TokenStream>> = const { RefCell::new(None) };
}

/// An expansion whose attribute may name the runtime. Dropping the value ends the expansion.
pub(crate) struct Facade(());

/// Begins an expansion. `path` is the path that the attribute names.
pub(crate) fn named(path: Option<&Path>) -> Facade {
    NAMED.set(path.map_or_else(renamed, |path| Some(path.to_token_stream())));
    Facade(())
}

/// Returns `::cache` if the manifest calls the runtime `cache`.
fn renamed() -> Option<TokenStream> {
    let name = manifest::renamed()?.replace('-', "_");
    let name: Ident = syn::parse_str(&name).ok()?;
    let name = Ident::new(&name.to_string(), Span::mixed_site());
    Some(quote_spanned!(Span::mixed_site()=> ::#name))
}

impl Drop for Facade {
    fn drop(&mut self) {
        NAMED.set(None);
    }
}

/// Returns the path of the runtime, located at a place in the user's source.
pub(crate) fn path(span: Span) -> TokenStream {
    let named = NAMED.with_borrow(|path| path.clone().map(|path| located(path, span)));
    let span = Span::mixed_site().located_at(span);
    named.unwrap_or_else(|| quote_spanned!(span=> ::cache_runtime))
}

/// Returns the tokens located at another place. Each token keeps its own hygiene.
fn located(tokens: TokenStream, span: Span) -> TokenStream {
    let located = tokens.into_iter().map(|token| match token {
        TokenTree::Group(group) => {
            TokenTree::from(Group::new(group.delimiter(), located(group.stream(), span)))
        }
        mut token => {
            token.set_span(span.resolved_at(token.span()));
            token
        }
    });
    located.collect()
}
