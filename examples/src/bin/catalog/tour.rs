//! What the cache does for a catalog, in turn. Every part goes on when the store is away.

use crate::Node;
use crate::arguments::Arguments;
use crate::catalog::{Catalog, Result};
use crate::commands::now;
use crate::entries;
use crate::reads;
use crate::records::{Connection, Sync, TableName};
use crate::warmup;
use cache_runtime::observe;
use cache_runtime::stats::Counts;
use cache_runtime::warmup::Warmed;
use examples::command_line::Failure;
use examples::meter::Meter;
use std::time::Duration;

pub(crate) const SCHEMA: &str = "public";

/// Names that would be one and the same, or all, if their characters meant anything in a key.
const ODD_NAMES: [&str; 4] = ["*", "a:b", "50%", "[a-z]"];

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
    reads::all(node, &meter, &shop).await?;
    odd_names(catalog, &stock).await?;
    writes(catalog, &shop).await?;
    warm_up(node, arguments).await;
    ages(node, arguments.ttl).await;
    reads::for_a_while(catalog, &shop, arguments).await?;
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
async fn warm_up(node: &Node, arguments: &Arguments) {
    println!(
        "
warm-up"
    );
    let plan = warmup::plan(node, arguments.ttl / 2, arguments.lock_ttl);
    let plan = plan.on_progress(|progress| {
        if let Some(line) = warmup::describe(progress) {
            println!("  {line}");
        }
    });
    match plan.run().await {
        Ok(Warmed::All(report)) => println!("  {} loads in {:.1?}", report.loaded, report.took),
        Ok(ended) => println!("  not here: {ended:?}"),
        Err(error) => println!("  not now: {error}"),
    }
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

async fn summarize(node: &Node) {
    let health = node.cache.health().await;
    let store = match health.error {
        _ if !health.enabled => "off".to_owned(),
        Some(error) => format!("away ({error})"),
        None => "well".to_owned(),
    };
    let Counts { hits, loads, stores, .. } = node.cache.stats().total();
    println!("\n{hits} hits, {loads} loads, {stores} stored; the store is {store}");
}
