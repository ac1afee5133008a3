//! A node that keeps running: it answers each line of standard input with one of its own, and warms the cache up if it was told to.

use crate::catalog::Catalog;
use crate::commands::{Command, json};
use crate::entries;
use crate::warmup;
use crate::{Node, arguments::Arguments};
use cache_runtime::Cache;
use cache_runtime::warmup::Warming;
use clap::Parser;
use examples::command_line::{Failure, first_line};
use serde_json::json;
use std::fmt::Display;
use tokio::io::{AsyncBufReadExt, BufReader, stdin};

/// Answers until standard input ends.
pub(crate) async fn run(node: &Node, arguments: &Arguments) -> Result<(), Failure> {
    let warming = start_warming(node, arguments)?;
    println!("{} serves catalog {} ({})", arguments.node, node.id, node.cache.store_name());
    let mut lines = BufReader::new(stdin()).lines();
    while let Some(line) = lines.next_line().await.map_err(Failure::fault)? {
        match Command::try_parse_from(line.split_whitespace()) {
            Ok(command) => println!("{}", answer(command, node, arguments).await),
            Err(error) if error.use_stderr() => println!("error {}", first_line(&error)),
            Err(help) => println!("{help}"),
        }
    }
    if let Some(warming) = warming {
        warming.shutdown().await;
    }
    Ok(())
}

fn start_warming(node: &Node, arguments: &Arguments) -> Result<Option<Warming>, Failure> {
    let Some(interval) = arguments.warmup_interval else {
        return Ok(None);
    };
    let name = arguments.node.clone();
    let plan = warmup::plan(node, interval, arguments.lock_ttl);
    let plan = plan.on_progress(move |progress| {
        if let Some(line) = warmup::describe(progress) {
            eprintln!("{name} warms up, {line}");
        }
    });
    plan.start().map(Some).map_err(|error| Failure::input(format!("--warmup-interval: {error}")))
}

async fn answer(command: Command, node: &Node, arguments: &Arguments) -> String {
    let catalog: &dyn Catalog = &*node.catalog;
    let answer = match command {
        Command::Hot(read) => read.answer(catalog).await,
        Command::Write(write) => write.answer(catalog).await,
        Command::Rare(rare) => rare.answer(catalog).await,
        Command::Stats => return stats(&node.cache),
        Command::Entries => {
            let entries = entries::list(&node.cache, &node.id, arguments.ttl).await;
            return entries.map_or_else(error, |entries| format!("done {}", json(&entries)));
        }
    };
    answer.unwrap_or_else(error)
}

fn stats(cache: &Cache) -> String {
    let stats = cache.stats();
    let counts = json!({
        "hits": stats.hits, "loads": stats.loads, "stores": stats.stores, "corrupt": stats.corrupt,
        "rejected_fills": stats.rejected_fills, "errors": stats.errors,
    });
    format!("done {counts}")
}

fn error(reason: impl Display) -> String {
    format!("error {reason}")
}
