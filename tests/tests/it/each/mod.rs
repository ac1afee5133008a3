//! `#[cached(each = ids)]`: every element under a key of its own, and one load for those that are missing.

mod elements;
mod naming;
mod sharing;
mod stage;
