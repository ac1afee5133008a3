//! How many instructions the parts of a call take. They are counted, not timed, so that they are the same on every run: one that takes
//! more than its limit fails.

use benches::{call, key};
use cache_runtime::{Cache, Key};
use futures_util::FutureExt;
use gungraun::prelude::*;
use gungraun::{Callgrind, EventKind};
use std::hint::black_box;

/// A limit is what was counted on 2026-11-21, and a tenth more: the standard library and the system's differ a little
/// from machine to machine.
fn limit(instructions: u64) -> LibraryBenchmarkConfig {
    let limits = [(EventKind::Ir, instructions)];
    LibraryBenchmarkConfig::default().tool(Callgrind::default().hard_limits(limits)).clone()
}

/// An embedded store that holds one user. It needs no runtime: every future of it is ready at once.
fn stored() -> Cache {
    let cache = Cache::builder().build().now_or_never().expect("there is nothing to wait for");
    let cache = cache.expect("the embedded store needs nothing");
    cache.scope(call(1)).now_or_never().expect("a load that does not wait");
    cache
}

#[library_benchmark(config = limit(12_200))]
fn key_of_four_arguments() -> Option<Key> {
    black_box(key(black_box(1)))
}

#[library_benchmark(config = limit(21_500))]
#[bench::stored(stored())]
fn embedded_hit(cache: Cache) -> Cache {
    let user = cache.scope(call(black_box(1))).now_or_never();
    drop(black_box(user));
    cache
}

library_benchmark_group!(name = parts, benchmarks = [key_of_four_arguments, embedded_hit]);
main!(library_benchmark_groups = parts);
