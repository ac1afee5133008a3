//! The protocol keeps its promises in every order of events, and every mutant breaks the one it is made for.

use spec::{
    Config, FRESH_AWAY, FRESH_STORE, Faults, Limits, Mutant, ONE_LEASED_LOAD, ONE_TOKEN, Sharing,
    Suite, Summary, every_run_ends, explore,
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
    let all = Faults { expiries: 1, cancels: 1, crashes: 1, outages: 1, lost: 1, limits: 0 };
    let flight = Config { processes: 1, callers: 2, faults: all, ..Config::SMALL };
    let apart = Config { faults: all, ..Config::SMALL };
    let refreshes = Config { refreshes: 2, faults: all, ..Config::SMALL };
    for world in [flight, apart, refreshes] {
        let states = every_run_ends(world, Mutant::None).unwrap_or_else(|e| panic!("{e}"));
        println!("{states} states");
    }
    let error = every_run_ends(flight, Mutant::CancelForgetsFollowers).unwrap_err();
    assert!(error.starts_with("ends while somebody waits"), "{error}");
}

/// With a store in reach, the lease and the cutoff do all the work: flights are outdated for the sake of outages.
#[test]
fn outdating_a_flight_matters_only_without_a_store() {
    let world = Config { callers: 2, ..Config::SMALL };
    let summary = explore(world, Mutant::NoOutdate, Limits::default()).unwrap();
    assert!(summary.counterexamples.is_empty(), "{:?}", summary.counterexamples);
}

/// The token that a refresh finds is gone for ever once the entry is deleted, so going by it stores nothing stale.
/// It takes a token of its own so that one refresh at a time can be stored.
#[test]
fn a_refresh_without_its_own_token_is_not_stale() {
    let faults = Faults { expiries: 1, ..Faults::NONE };
    let world = Config { processes: 3, refreshes: 2, faults, ..Config::SMALL };
    let limits = Limits { sought: Some(FRESH_STORE), ..Limits::default() };
    let summary = explore(world, Mutant::RefreshKeepsToken, limits).unwrap();
    let broken: Vec<_> = summary.counterexamples.iter().map(|found| found.property).collect();
    assert_eq!(broken, [ONE_TOKEN, ONE_LEASED_LOAD]);
}

/// A process that cannot reach the store does not learn of another process' invalidation: who joins its flight
/// after that write is given a load that began before it. This is what the protocol promises less for.
#[test]
fn beside_an_unreachable_store_a_remote_write_may_be_missed() {
    let faults = Faults { outages: 1, ..Faults::NONE };
    let strict = Config { callers: 2, strict: true, faults, ..Config::SMALL };
    let summary = explore(strict, Mutant::None, Limits::default()).unwrap();
    let found = summary.violates(FRESH_AWAY).expect("the limit is real");
    println!("{found}");
}

/// Sharing with those who had joined before the load began keeps the whole promise, and needs no outdating of flights.
#[test]
fn sharing_with_those_who_joined_before_the_load_misses_nothing() {
    let faults = Faults { outages: 1, ..Faults::NONE };
    let sharing = Sharing::JoinedBeforeLoad;
    let world = Config { callers: 2, strict: true, sharing, faults, ..Config::SMALL };
    for mutant in [Mutant::None, Mutant::NoOutdate] {
        let summary = explore(world, mutant, Limits::default()).unwrap();
        println!("{summary}");
        assert!(summary.counterexamples.is_empty(), "{:?}", summary.counterexamples);
    }
}
