//! What the cache does for a catalog, in turn. Every part goes on when the store is away.

use crate::Node;
use crate::arguments::Arguments;
use crate::catalog::{Catalog, Result};
use crate::commands::now;
use crate::entries;
use crate::records::{Connection, Sync, TableName};
use crate::warmup;
use cache_runtime::{Warmed, observe};
use examples::command_line::Failure;
use examples::meter::Meter;
use std::time::{Duration, Instant};

const SCHEMA: &str = "public";

/// Names that would be one and the same, or all, if their characters meant anything in a key.
const ODD_NAMES: [&str; 4] = ["*", "a:b", "50%", "[a-z]"];

/// How many lines the last part prints.
const LINES: u32 = 10;

/// Shows everything, with connections of the tour's own, which it deletes at the end.
pub(crate) async fn take(
    node: &Node,
    database: &str,
    arguments: &Arguments,
) -> std::result::Result<(), Failure> {
    announce(node, database).await;
    let catalog = &*node.catalog;
    let (shop, stock) = fill(catalog, arguments.tables).await?;
    let meter = Meter::new(node.cache.clone(), arguments.rounds).await?;
    reads(node, &meter, &shop).await?;
    odd_names(catalog, &stock).await?;
    writes(catalog, &shop).await?;
    warm_up(node, arguments).await?;
    ages(node, arguments.ttl).await;
    for_a_while(catalog, &shop, arguments).await?;
    for connection in [shop, stock] {
        catalog.delete_connection(connection.id).await?;
    }
    summarize(node).await;
    Ok(())
}

async fn announce(node: &Node, database: &str) {
    println!("catalog {} in {database}, store: {}", node.id, node.cache.store_name());
    let health = node.cache.health().await;
    if let (true, Some(error)) = (health.enabled, &health.error) {
        println!("the store is away ({error}); every read goes to the database");
    }
}

async fn fill(catalog: &dyn Catalog, tables: u32) -> Result<(Connection, Connection)> {
    let run = now();
    let shop = catalog.add_connection(&format!("shop-{run}"), "postgres").await?;
    let stock = catalog.add_connection(&format!("stock-{run}"), "mysql").await?;
    for connection in [&shop, &stock] {
        for number in 0..tables {
            catalog.add_table(&name(connection, &format!("table_{number}"))).await?;
        }
    }
    Ok((shop, stock))
}

fn name(connection: &Connection, name: &str) -> TableName {
    TableName { connection: connection.id, schema: SCHEMA.to_owned(), name: name.to_owned() }
}

/// All of them from the beginning: what was written has been stored at once.
async fn reads(node: &Node, meter: &Meter, shop: &Connection) -> Result<()> {
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

/// Each has an entry of its own, and takes no other with it.
async fn odd_names(catalog: &dyn Catalog, stock: &Connection) -> Result<()> {
    println!("\nodd names");
    for odd in ODD_NAMES {
        let table = catalog.add_table(&name(stock, odd)).await?;
        catalog.update_table_sync(table.id, Sync { rows: table.id, at: now() }).await?;
    }
    for odd in ODD_NAMES {
        show_table(catalog, stock, odd).await?;
    }
    catalog.clear_table(stock.id, SCHEMA, "*").await?;
    println!("  cleared: *");
    for odd in ODD_NAMES {
        show_table(catalog, stock, odd).await?;
    }
    Ok(())
}

async fn show_table(catalog: &dyn Catalog, connection: &Connection, name: &str) -> Result<()> {
    let (table, seen) = observe(catalog.table(connection.id, SCHEMA, name)).await;
    let table = match table? {
        Some(table) => {
            table.rows.map_or_else(|| "never synced".to_owned(), |rows| format!("{rows} rows"))
        }
        None => "no such table".to_owned(),
    };
    let source = seen.last.map(|source| source.to_string()).unwrap_or_default();
    println!("  {name}: {table} ({source})");
    Ok(())
}

/// What is stored anew is a hit at once, and what is only deleted a miss; neither is old.
async fn writes(catalog: &dyn Catalog, shop: &Connection) -> Result<()> {
    println!("\nwrites");
    show_table(catalog, shop, "table_0").await?;
    let table = catalog.table(shop.id, SCHEMA, "table_0").await?;
    if let Some(table) = table {
        catalog.update_table_sync(table.id, Sync { rows: 1_000, at: now() }).await?;
        println!("  synced: table {}, by its number", table.id);
    }
    show_table(catalog, shop, "table_0").await?;
    show_table(catalog, shop, "new").await?;
    catalog.add_table(&name(shop, "new")).await?;
    println!("  added: new");
    show_table(catalog, shop, "new").await?;
    catalog.clear_table(shop.id, SCHEMA, "new").await?;
    println!("  cleared: new");
    show_table(catalog, shop, "new").await
}

/// Once, here; a node that serves does it at its interval.
async fn warm_up(node: &Node, arguments: &Arguments) -> std::result::Result<(), Failure> {
    println!("\nwarm-up");
    let interval = arguments.warmup_interval.unwrap_or(arguments.ttl / 2);
    let plan = warmup::plan(&node.cache, (&node.id, &node.catalog), interval, arguments);
    let plan = plan.on_progress(|progress| {
        if let Some(line) = warmup::describe(progress) {
            println!("  {line}");
        }
    });
    match plan.run().await {
        Ok(Warmed::All(report)) => println!("  {} loads in {:.1?}", report.loaded, report.took),
        Ok(ended) => println!("  not here: {ended:?}"),
        Err(error) if error.is_config() => return Err(Failure::input(error)),
        Err(error) => println!("  not now: {error}"),
    }
    Ok(())
}

/// The oldest entries of each kind would be too many lines: the first ones do.
async fn ages(node: &Node, ttl: Duration) {
    println!("\nentries");
    match entries::list(&node.cache, &node.id, ttl).await {
        Ok(entries) => {
            for entry in entries.iter().take(5) {
                println!("  {}, cached {} ms ago", entry.key, entry.age);
            }
            println!("  {} in all", entries.len());
        }
        Err(error) => println!("  no list: {error}"),
    }
}

/// Time to stop the Redis and to start it again: answers keep coming, and they stay the same.
async fn for_a_while(
    catalog: &dyn Catalog,
    shop: &Connection,
    arguments: &Arguments,
) -> Result<()> {
    println!("\nreads for a while");
    let expected = catalog.tables(Some(shop.id)).await?;
    let (mut hits, mut different, mut longest) = (0, 0, Duration::ZERO);
    for read in 1..=arguments.reads {
        let started = Instant::now();
        let (tables, seen) = observe(catalog.tables(Some(shop.id))).await;
        longest = longest.max(started.elapsed());
        hits += u32::from(seen.is_hit());
        different += u32::from(tables? != expected);
        if read % arguments.reads.div_ceil(LINES) == 0 || read == arguments.reads {
            println!(
                "  {read} reads: {hits} hits, {different} DIFFERENT, the longest {longest:.1?}"
            );
        }
        tokio::time::sleep(arguments.pause).await;
    }
    Ok(())
}

async fn summarize(node: &Node) {
    let (stats, health) = (node.cache.stats(), node.cache.health().await);
    let state = match health.error {
        _ if !health.enabled => "off".to_owned(),
        Some(error) => format!("away ({error})"),
        None => "well".to_owned(),
    };
    println!(
        "\n{} hits, {} loads, {} stored; the store is {state}",
        stats.hits, stats.loads, stats.stores
    );
}
