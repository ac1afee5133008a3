//! How large values are in each form, and what that costs. See `benches/README.md`.

use cache_runtime::codec::{Codec, Json, MessagePack};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// The shortest of so many runs counts.
const RUNS: usize = 100;

/// The level that the runtime compresses at.
const LEVEL: i32 = 1;

#[derive(Serialize, Deserialize)]
struct User {
    id: u64,
    name: String,
    email: String,
    score: f64,
    is_active: bool,
    tags: Vec<String>,
    manager: Option<u64>,
    created: u64,
}

/// Numbers that look random, and are the same in every run (xorshift64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

fn main() {
    println!(
        "| value | form | bytes | written, µs | read, µs | compressed | compressing, µs | decompressing, µs |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let mut numbers = Numbers(12_345);
    show("10 rows", &users(10, &mut numbers));
    show("1,000 rows", &users(1000, &mut numbers));
    let pairs: Vec<(u64, f64)> =
        (0..1000).map(|id| (id, f64::from_bits(numbers.next() >> 2))).collect();
    show("1,000 pairs of numbers", &pairs);
}

fn users(count: u64, numbers: &mut Numbers) -> Vec<User> {
    (0..count).map(|id| user(id, numbers)).collect()
}

fn user(id: u64, numbers: &mut Numbers) -> User {
    let tags = 0..numbers.below(4);
    User {
        id,
        name: format!("User {} Name {id}", numbers.below(1000)),
        email: format!("user{}@example{}.com", numbers.below(99_991), numbers.below(7)),
        score: f64::from(u32::try_from(numbers.below(100_000)).unwrap_or(0)) / 97.0,
        is_active: numbers.below(3) == 0,
        tags: tags.map(|_| format!("tag-{}", numbers.below(20))).collect(),
        manager: (numbers.below(5) == 0).then(|| numbers.below(1000)),
        created: 1_700_000_000 + numbers.below(1_000_000),
    }
}

fn show<T: Serialize + DeserializeOwned>(name: &str, value: &T) {
    line::<Json, T>(name, value);
    line::<MessagePack, T>(name, value);
}

fn line<C: Codec, T: Serialize + DeserializeOwned>(name: &str, value: &T) {
    let bytes = written::<C, T>(value);
    let writing = shortest(|| written::<C, T>(value));
    let reading = shortest(|| C::decode::<T>(&bytes).expect("it was written so"));
    let frame = compressed(&bytes);
    let compressing = shortest(|| compressed(&bytes));
    let decompressing =
        shortest(|| zstd::bulk::decompress(&frame, bytes.len()).expect("it is a frame"));
    println!(
        "| {name} | {} | {} | {writing:.1} | {reading:.1} | {} | {compressing:.1} | {decompressing:.1} |",
        C::NAME,
        bytes.len(),
        frame.len(),
    );
}

fn written<C: Codec, T: Serialize>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    C::encode(value, &mut bytes).expect("the value can be written");
    bytes
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(bytes, LEVEL).expect("there is memory")
}

/// The shortest time of several, in microseconds.
fn shortest<T>(mut work: impl FnMut() -> T) -> f64 {
    let times = (0..RUNS).map(|_| {
        let started = Instant::now();
        black_box(work());
        started.elapsed()
    });
    times.min().unwrap_or(Duration::ZERO).as_secs_f64() * 1e6
}
