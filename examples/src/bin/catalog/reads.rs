//! The cached reads: once each, to see what a hit saves, and one of them for a while, to see what a Redis that goes and comes costs.

use crate::Node;
use crate::arguments::Arguments;
use crate::catalog::{Catalog, Result};
use crate::records::Connection;
use crate::tour::SCHEMA;
use cache_runtime::observe;
use examples::meter::Meter;
use std::time::{Duration, Instant};

/// After how many reads for a while a line is printed, at the latest.
const LINE: u32 = 100;

/// All of them from the beginning: what was written has been stored at once.
pub(crate) async fn all(node: &Node, meter: &Meter, shop: &Connection) -> Result<()> {
    let (id, name, catalog) = (shop.id, &shop.name, &node.catalog);
    if let Err(error) = node.cache.invalidate(format!("{}:*", node.id)).await {
        println!("nothing is forgotten: {error}");
    }
    meter.begin();
    meter.time("connections", "all", async || catalog.connections().await).await?;
    meter.time("connection", "by id", async || catalog.connection(id).await).await?;
    meter.time("connection", "named", async || catalog.connection_named(name).await).await?;
    meter.time("connection", "none", async || catalog.connection_named("nobody").await).await?;
    meter.time("tables", "all", async || catalog.tables(None).await).await?;
    meter.time("tables", "of one", async || catalog.tables(Some(id)).await).await?;
    meter.time("table", "one", async || catalog.table(id, SCHEMA, "table_0").await).await?;
    meter.time("table", "names", async || catalog.table_names(id, SCHEMA).await).await
}

/// Time to stop the Redis and to start it again: answers keep coming, and they stay the same.
pub(crate) async fn for_a_while(
    catalog: &dyn Catalog,
    shop: &Connection,
    arguments: &Arguments,
) -> Result<()> {
    println!("\nreads for a while");
    let expected = catalog.tables(Some(shop.id)).await?;
    let mut seen = Seen { hits: 0, is_same: true, longest: Duration::ZERO };
    for read in 1..=arguments.reads {
        let started = Instant::now();
        let (tables, observed) = observe(catalog.tables(Some(shop.id))).await;
        seen.longest = seen.longest.max(started.elapsed());
        seen.hits += u32::from(observed.is_hit());
        seen.is_same &= tables? == expected;
        if read % LINE == 0 || read == arguments.reads {
            seen.print(read);
        }
        tokio::time::sleep(arguments.pause).await;
    }
    Ok(())
}

/// What came of some reads.
struct Seen {
    hits: u32,
    is_same: bool,
    longest: Duration,
}

impl Seen {
    fn print(&self, reads: u32) {
        let Self { hits, is_same, longest } = self;
        let verdict = if *is_same { "same rows" } else { "DIFFERENT rows" };
        println!("  {reads} reads: {hits} hits, {verdict}, the longest {longest:.1?}");
    }
}
