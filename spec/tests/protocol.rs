//! The protocol keeps its promises in every order of events, and every mutant breaks the one it is made for.

use spec::{Config, FRESH_AWAY, Faults, Limits, Mutant, Sharing, Suite, explore};

#[test]
fn the_protocol_keeps_its_promises() {
    let note = |name: &str, summary: &spec::Summary| println!("{summary}  {name}");
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
    let world = Config { processes: 1, callers: 3, strict: true, sharing, faults, ..Config::SMALL };
    for mutant in [Mutant::None, Mutant::NoOutdate] {
        let summary = explore(world, mutant, Limits::default()).unwrap();
        println!("{summary}");
        assert!(summary.counterexamples.is_empty(), "{:?}", summary.counterexamples);
    }
}
