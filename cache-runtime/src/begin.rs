//! How a call begins: on the function's own handle, else on the one in scope or installed.
//!
//! Generated code hands over a closure, whose type spells the function's path. It is of another type in every function, so that all
//! that can do without it is compiled once.

use crate::cache::{Cache, ambient};
use crate::call::Call;
use crate::capture;
use crate::key::path::Spelled;
use crate::site::Site;
use std::borrow::Cow;

/// Begins a call on the handle in scope, or on the installed one.
pub fn call<F>(site: &'static Site, path: &F) -> Call {
    begin(site, Spelled::of(path))
}

fn begin(site: &'static Site, path: Spelled) -> Call {
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
    Call::begin(site, Spelled::of(path), Some(Cow::Owned(cache.clone())))
}

/// Begins a call that is named and not made.
pub fn call_to_name<F>(site: &'static Site, path: &F) -> Call {
    Call::begin(site, Spelled::of(path), None)
}
