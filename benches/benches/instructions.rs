//! How many instructions the parts of a call take. They are counted, not timed, so that they are the same on every run: one that takes
//! more than its limit fails. SHA-256 is computed in software here, because the counting processor has no instructions for it.

#![allow(
    clippy::must_use_candidate,
    clippy::needless_pass_by_value,
    missing_docs,
    reason = "what the macros make of a benchmark is public"
)]

use benches::{call, key, shared};
use cache_runtime::{Cache, Key};
use futures_util::FutureExt;
use gungraun::prelude::*;
use gungraun::{Callgrind, EventKind};
use std::hint::black_box;

/// A limit is what was counted, and a tenth more: the standard library and the system's differ a little from machine to machine.
fn limit(instructions: u64) -> LibraryBenchmarkConfig {
    let limits = [(EventKind::Ir, instructions)];
    LibraryBenchmarkConfig::default().tool(Callgrind::default().hard_limits(limits)).clone()
}

/// The embedded store needs no runtime: every future of it is ready at once.
fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("there is nothing to wait for")
}

/// A handle on the embedded store, with a tier before it, that has seen each call often enough to know it by heart.
fn warm() -> Cache {
    let built = now(Cache::builder().local(100).build());
    let cache = built.expect("the embedded store needs nothing");
    for _ in 0..3 {
        now(cache.scope(call(1)));
        now(cache.scope(shared(1)));
    }
    now(cache.set("number", 1, 60)).expect("a number is stored");
    cache
}

/// The same without the tier.
fn stored() -> Cache {
    let built = now(Cache::builder().build());
    let cache = built.expect("the embedded store needs nothing");
    now(cache.scope(call(1)));
    cache
}

#[library_benchmark(config = limit(KEY))]
fn key_of_four_arguments() -> Option<Key> {
    black_box(key(black_box(1)))
}

#[library_benchmark(config = limit(IN_PROCESS))]
#[bench::warm(warm())]
fn in_process_hit(cache: Cache) -> Cache {
    drop(black_box(now(cache.scope(shared(black_box(1))))));
    cache
}

#[library_benchmark(config = limit(EMBEDDED))]
#[bench::stored(stored())]
fn embedded_hit(cache: Cache) -> Cache {
    drop(black_box(now(cache.scope(call(black_box(1))))));
    cache
}

// Reading by hand is hardly more than the entry: its header, its checksum, and one digit.
#[library_benchmark(config = limit(ENTRY))]
#[bench::warm(warm())]
fn entry_decode(cache: Cache) -> Cache {
    drop(black_box(now(cache.get::<u64>(black_box("number")))));
    cache
}

/// Counted on 2026-11-29: 12,287, 1,111, 19,463 and 2,508; on 2026-11-30, with kinds apart in keys: 13,055, 1,144, 20,331 and 2,506;
/// on 2026-12-01, with calls opened inside a plain function's future: 12,883, 1,206, 20,095 and 2,608. Later that day, with one question for storing and calls that distrust
/// what they read while an invalidation waits: 13,077, 1,226, 20,508 and 2,716. The second limit is a tenth more than its count of 2026-11-30.
const KEY: u64 = 13_490;
const IN_PROCESS: u64 = 1_258;
const EMBEDDED: u64 = 21_410;
const ENTRY: u64 = 2_740;

library_benchmark_group!(
    name = parts,
    benchmarks = [key_of_four_arguments, in_process_hit, embedded_hit, entry_decode]
);
main!(library_benchmark_groups = parts);
