//! Times a read without the cache, on its first call, and on later ones.

use crate::command_line::Failure;
use cache_runtime::Cache;
use std::time::{Duration, Instant};

/// How reads are called, and whether anybody wants to see the times.
#[derive(Debug)]
pub struct Meter {
    cache: Cache,
    /// Runs the same functions without a cache, in a scope.
    direct: Cache,
    rounds: u32,
    shows: bool,
}

impl Meter {
    /// A meter that calls each read so many times for its hits, and prints what it finds.
    ///
    /// # Errors
    ///
    /// None that is known: a handle that caches nothing can always be built.
    pub async fn new(cache: Cache, rounds: u32) -> Result<Self, Failure> {
        let direct = Cache::builder().disabled().build().await.map_err(Failure::fault)?;
        Ok(Self { cache, direct, rounds, shows: true })
    }

    /// Calls each read once and says nothing, to have it in the store.
    ///
    /// # Errors
    ///
    /// None that is known, either.
    pub async fn quiet(cache: Cache) -> Result<Self, Failure> {
        Ok(Self { shows: false, ..Self::new(cache, 0).await? })
    }

    /// Prints the head of the table.
    pub fn begin(&self) {
        if self.shows {
            println!(
                "\n{:<16} {:>10} {:>10} {:>10} {:>8}  hits",
                "read", "query", "miss", "hit", "faster"
            );
        }
    }

    /// Times one read and prints a line of the table; `DIFFERENT` when an answer was not the database's.
    ///
    /// # Errors
    ///
    /// What the read fails with.
    pub async fn time<T: PartialEq, E>(
        &self,
        table: &str,
        what: &str,
        read: impl AsyncFn() -> Result<T, E>,
    ) -> Result<(), E> {
        if !self.shows {
            return read().await.map(drop);
        }
        let started = Instant::now();
        let expected = self.direct.scope(read()).await?;
        let query = started.elapsed();

        let started = Instant::now();
        let mut is_same = read().await? == expected;
        let miss = started.elapsed();

        let hits_before = self.cache.stats().hits;
        let mut answering = Duration::ZERO;
        for _ in 0..self.rounds {
            let started = Instant::now();
            let answer = read().await?;
            answering += started.elapsed();
            is_same &= answer == expected;
        }
        let hits = self.cache.stats().hits - hits_before;
        self.print(
            &format!("{table} {what}"),
            [query, miss, answering / self.rounds],
            hits,
            is_same,
        );
        Ok(())
    }

    fn print(&self, name: &str, [query, miss, hit]: [Duration; 3], hits: u64, is_same: bool) {
        let ms = |time: Duration| format!("{:.3} ms", time.as_secs_f64() * 1000.0);
        // With the store away there are no hits to time.
        let (hit, faster) = match hits {
            0 => ("-".to_owned(), "-".to_owned()),
            _ => (ms(hit), format!("{:.1}x", query.as_secs_f64() / hit.as_secs_f64())),
        };
        let verdict = if is_same { "same rows" } else { "DIFFERENT rows" };
        println!(
            "{name:<16} {:>10} {:>10} {hit:>10} {faster:>8}  {hits}/{} {verdict}",
            ms(query),
            ms(miss),
            self.rounds
        );
    }
}
