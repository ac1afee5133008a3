//! Ports that nobody else listens on.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::TcpListener;
use std::ops::Range;

/// Below every system's ephemeral range. A port that `bind` to 0 hands out can become the local
/// end of somebody's outgoing connection while a killed server waits for its restart.
const RANGE: Range<u16> = 20_000..32_000;

/// Returns a port of 127.0.0.1 that was free a moment ago.
///
/// Another process can take it before the caller does: whoever listens on it must be ready to try
/// again with another one.
///
/// # Panics
///
/// When a thousand candidates in a row are taken.
#[must_use]
pub fn free_port() -> u16 {
    (0..1_000)
        .map(|_| random_port())
        .find(|&port| TcpListener::bind(("127.0.0.1", port)).is_ok())
        .unwrap_or_else(|| panic!("no free port between {} and {}", RANGE.start, RANGE.end))
}

/// Random rather than counted, because test binaries run side by side and do not know each other.
fn random_port() -> u16 {
    let width = u64::from(RANGE.end - RANGE.start);
    let offset = RandomState::new().hash_one(std::process::id()) % width;
    RANGE.start + u16::try_from(offset).expect("the range is narrower than 65,536 ports")
}
