//! The protocol keeps its promises in every order of events, and every mutant breaks the one it is made for.

use std::collections::BTreeSet;

use spec::{
    Config, Faults, Limits, Mutant, NO_WAITING_IN_VAIN, ONE_LEASED_LOAD, ONE_TOKEN, Suite, Summary,
    every_run_ends, explore,
};

#[test]
fn the_protocol_keeps_its_promises() {
    let note = |name: &str, summary: &Summary| println!("{summary}  {name}");
    // Fewer states than a hundred thousand are an error, and so is anything that was never met.
    let total = Suite::ordinary().run(Limits::default(), note).unwrap_or_else(|e| panic!("{e}"));
    println!("{total}");
}

#[test]
fn every_mutant_is_caught() {
    for mutant in Mutant::all() {
        let found = mutant.caught().unwrap_or_else(|error| panic!("{error}"));
        println!("{}, {found}", mutant.name());
        assert_eq!(Some(found.property), mutant.violates());
    }
}

#[test]
fn every_run_ends_with_everybody_answered() {
    let most = Faults { expiries: 1, cancels: 1, outages: 1, lost: 1, ..Faults::NONE };
    let apart = Config { faults: most, ..Config::SMALL };
    let fewer = Faults { lost: 0, ..most };
    let refreshes = Config { refreshes: 2, faults: fewer, ..Config::SMALL };
    let flight = Config { processes: 1, callers: 2, ..apart };
    let failures = Faults { cancels: 1, failures: 2, ..Faults::NONE };
    let failing = Config { callers: 3, apart: true, faults: failures, ..Config::SMALL };
    let evicted = Faults { expiries: 1, ..Faults::NONE };
    let scoped = Config { scopes: 1, faults: evicted, ..Config::SMALL };
    let faults = Faults { returns: 1, ..Faults::NONE };
    let past = Config { faults, ..Config::SMALL };
    for world in [flight, apart, refreshes, failing, scoped, past] {
        let states = every_run_ends(world, Mutant::None).unwrap_or_else(|e| panic!("{e}"));
        println!("{states} states");
    }
    let error = every_run_ends(flight, Mutant::CancelForgetsFollowers).unwrap_err();
    assert!(error.starts_with("ends while somebody waits"), "{error}");
}

/// The lease and the cutoffs do all the work: flights are outdated for the sake of those who would wait.
#[test]
fn outdating_a_flight_spares_waiting_and_nothing_else() {
    let faults = Faults { outages: 1, ..Faults::NONE };
    let apart = Config { callers: 2, ..Config::SMALL };
    let at_home = Config { processes: 1, callers: 2, faults, ..Config::SMALL };
    for world in [apart, at_home] {
        assert_breaks_nothing_but(&[NO_WAITING_IN_VAIN], world, Mutant::NoOutdate);
    }
}

/// The token that a refresh finds is gone for ever once the entry is deleted, so going by it stores nothing stale.
/// It takes a token of its own so that one refresh at a time can be stored.
#[test]
fn a_refresh_without_its_own_token_is_not_stale() {
    let world = Config { processes: 3, refreshes: 2, ..Config::SMALL };
    assert_breaks_nothing_but(&[ONE_TOKEN, ONE_LEASED_LOAD], world, Mutant::RefreshKeepsToken);
}

fn assert_breaks_nothing_but(overlooked: &'static [&str], world: Config, mutant: Mutant) {
    let limits = Limits { overlooked, ..Limits::default() };
    let summary = explore(world, mutant, limits).unwrap();
    println!("{summary}");
    assert!(summary.counterexamples.is_empty(), "{:?}", summary.counterexamples);
}

/// Section 5 of the page says what each mutant is, and names no other.
#[test]
fn the_page_names_every_mutant() {
    let page = include_str!("../../CONSISTENCY.md");
    let section = page.split("\n## ").find(|section| section.starts_with("5.")).unwrap();
    let is_name = |word: &&str| {
        word.starts_with(char::is_uppercase)
            && word.contains(char::is_lowercase)
            && word.chars().all(char::is_alphanumeric)
    };
    let named: BTreeSet<_> = section.split('`').skip(1).step_by(2).filter(is_name).collect();
    let mutants: Vec<_> = Mutant::all().map(Mutant::name).collect();
    assert_eq!(named, mutants.iter().map(String::as_str).collect());
}
