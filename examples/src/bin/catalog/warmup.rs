//! What a node loads before anybody asks: the connections, all tables, and the tables of each connection.

use crate::Node;
use crate::catalog::{Catalog, Result};
use crate::records::Table;
use cache_runtime::Warmup;
use cache_runtime::warmup::{Loads, Progress};
use std::sync::Arc;
use std::time::Duration;

type Shared = Arc<dyn Catalog>;

/// The warm-up that all nodes of a catalog share; one of them at a time runs it.
pub(crate) fn plan(node: &Node, interval: Duration, lock_ttl: Duration) -> Warmup {
    let [first, second, third] = [(); 3].map(|()| Arc::clone(&node.catalog));
    Warmup::new(&node.cache, &node.id)
        .every(interval)
        .lock_ttl(lock_ttl)
        .phase("connections", move || connections(Arc::clone(&first)))
        .phase("all tables", move || all_tables(Arc::clone(&second)))
        .phase("tables of each connection", move || tables(Arc::clone(&third)))
}

/// One line for the end of each phase.
pub(crate) fn describe(progress: &Progress) -> Option<String> {
    let Progress { phase, total, loaded, failed, .. } = progress;
    let is_over = loaded + failed >= *total;
    is_over.then(|| format!("{phase}: {loaded} loaded, {failed} failed"))
}

async fn connections(catalog: Shared) -> Result<Loads> {
    let mut loads = Loads::new();
    for connection in catalog.connections().await? {
        let (by_id, by_name) = (Arc::clone(&catalog), Arc::clone(&catalog));
        loads.push(async move { by_id.connection(connection.id).await });
        loads.push(async move { by_name.connection_named(&connection.name).await });
    }
    Ok(loads)
}

async fn all_tables(catalog: Shared) -> Result<Loads> {
    let mut loads = Loads::new();
    for Table { connection, schema, name, .. } in catalog.tables(None).await? {
        let catalog = Arc::clone(&catalog);
        loads.push(async move { catalog.table(connection, &schema, &name).await });
    }
    Ok(loads)
}

async fn tables(catalog: Shared) -> Result<Loads> {
    let mut loads = Loads::new();
    for connection in catalog.connections().await? {
        for schema in catalog.schemas(connection.id).await? {
            let catalog = Arc::clone(&catalog);
            loads.push(async move { catalog.table_names(connection.id, &schema).await });
        }
        let catalog = Arc::clone(&catalog);
        loads.push(async move { catalog.tables(Some(connection.id)).await });
    }
    Ok(loads)
}
