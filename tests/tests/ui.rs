//! What rustc says of annotated functions: the mistakes a user can make, and every shape that must pass in silence.
//!
//! `cargo xtask bless` rewrites the `.stderr` files; read the difference.

#[test]
fn mistakes_are_shown_where_they_are() {
    trybuild::TestCases::new().compile_fail("ui/fail/*.rs");
}

#[test]
fn every_shape_passes() {
    trybuild::TestCases::new().pass("ui/pass/*.rs");
}
