//! Checks that the rustdoc page of each attribute has every option that the attribute knows.

use super::forms;
use crate::options::{CACHED, INVALIDATES, OptionSet, example};
use std::collections::BTreeSet;

/// Returns the documentation of a function in `lib.rs`.
fn page(function: &str) -> &'static str {
    let source = include_str!("../lib.rs");
    let (before, _) = source.split_once(&format!("pub fn {function}(")).expect("a macro");
    before.rsplit("\n\n").next().expect("its documentation")
}

fn check(options: &OptionSet, function: &str) {
    let written = forms::in_tables(page(function));
    let known = options.known().iter().flat_map(|name| forms::in_text(example(name)));
    let known: BTreeSet<_> = known.filter(|form| !form.starts_with("cache_runtime")).collect();
    let missing: Vec<_> = known.difference(&written).collect();
    assert!(missing.is_empty(), "the page of `{function}` lacks {missing:?}");
    for form in written {
        let name = form.split(' ').next().expect("a name");
        assert!(options.known().contains(&name), "`{function}` does not know `{form}`");
    }
}

#[test]
fn the_page_of_cached_has_every_option() {
    check(&CACHED, "cached");
}

#[test]
fn the_page_of_invalidates_has_every_option() {
    check(&INVALIDATES, "invalidates");
}

/// The text that tells how an option is written exists for every option.
#[test]
fn every_option_has_an_example_of_its_own() {
    for name in CACHED.known().iter().chain(INVALIDATES.known()) {
        let forms = forms::in_text(example(name));
        assert!(forms.iter().any(|form| form.split(' ').next() == Some(name)), "{name}: {forms:?}");
    }
}
