//! The attributes of `cache-runtime`, which re-exports them: depend on that crate alone.

mod args;
mod check;
mod duration;
mod errors;
mod expand;
mod function;
mod options;
mod suggest;
mod template;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Reads a function's value from the cache, and runs the function on a miss.
#[proc_macro_attribute]
pub fn cached(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::cached(args.into(), &item.into()).into()
}

/// Invalidates what a write made stale, after the write succeeded.
#[proc_macro_attribute]
pub fn invalidates(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::invalidates(args.into(), &item.into()).into()
}
