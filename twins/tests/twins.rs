//! The short form of the comparison, and proofs that it can fail.

use std::process::{Command, Output};

/// Runs it to its end, and shows what it printed if that is not the expected one.
#[track_caller]
fn ends_with(options: &str, code: i32) -> String {
    let mut twins = Command::new(env!("CARGO_BIN_EXE_twins"));
    let output = twins.args(options.split_whitespace()).output();
    let Output { status, stdout, stderr } = output.expect("it was built");
    let text = String::from_utf8_lossy(&stdout).into_owned();
    let errors = String::from_utf8_lossy(&stderr);
    assert_eq!(status.code(), Some(code), "{text}\n{errors}");
    text
}

#[track_caller]
fn all_answers_are_the_same(rounds: &str) {
    let text = ends_with(&format!("--once --rounds {rounds}"), 0);
    assert!(text.ends_with("all answers are the same\n"), "{text}");
}

#[test]
fn a_service_answers_as_its_twin_without_the_cache_does() {
    all_answers_are_the_same("twins,strict,local");
}

#[test]
fn a_service_answers_as_its_twin_does_after_faults() {
    all_answers_are_the_same("left,faults,killed");
}

#[test]
fn processes_that_do_not_hear_of_each_other_are_found_out() {
    let text = ends_with("--once --rounds strict --apart", 1);
    assert!(text.contains("its twin"), "{text}");
}

#[test]
fn a_comparison_in_which_the_cache_never_hits_proves_nothing() {
    let text = ends_with("--once --rounds twins --control", 3);
    assert!(text.contains("the cache never hit"), "{text}");
}
