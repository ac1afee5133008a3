//! How a call begins: on the function's own handle, else on the one in scope or installed.

use crate::cache::{Cache, ambient};
use crate::call::Call;
use crate::capture;
use crate::site::Site;

/// Begins a call on the handle in scope, or on the installed one.
pub fn call<F>(site: &'static Site, path: &F) -> Call {
    if capture::is_on() {
        return Call::begin(site, path, None);
    }
    match ambient::current() {
        Some(cache) => Call::begin(site, path, Some(cache)),
        None => Call::idle(),
    }
}

/// Begins a call on a given handle.
pub fn call_on<F>(cache: &Cache, site: &'static Site, path: &F) -> Call {
    Call::begin(site, path, Some(cache.clone()))
}

/// Begins a call that is named and not made.
pub fn call_to_name<F>(site: &'static Site, path: &F) -> Call {
    Call::begin(site, path, None)
}
