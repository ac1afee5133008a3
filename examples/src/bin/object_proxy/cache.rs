//! The handle, as the command line wants it.

use crate::arguments::Options;
use cache_runtime::{Cache, Strategy};
use examples::command_line::Failure;
use std::time::Duration;

/// What an entry may have beside an object's data.
const HEADERS: usize = 256 << 10;

/// How much is kept in this process: as the only store, or in front of Redis.
const IN_PROCESS: u64 = 512 << 20;

/// A large object takes its time; whoever waits for it would only load it once more.
const WAIT: Duration = Duration::from_secs(30);

/// Writes are by prefix patterns, so that they cost one command each however many objects are cached.
pub(crate) async fn build(options: &Options) -> Result<Cache, Failure> {
    let builder = Cache::builder()
        .prefix(&options.prefix)
        .strategy(Strategy::Scoped)
        .max_entry_size(options.max_cached.saturating_add(HEADERS))
        .wait(WAIT)
        .budget(options.redis_timeout)
        .connect_timeout(options.redis_connect_timeout)
        .memory_capacity(IN_PROCESS);
    let builder = match &options.redis {
        Some(url) => builder.redis(url),
        None => builder.memory(),
    };
    let builder = match options.local {
        Some(objects) => builder.local(objects).local_bytes(IN_PROCESS),
        None => builder,
    };
    builder.build().await.map_err(Failure::input)
}
