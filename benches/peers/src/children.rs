//! The work of a process of its own: this program, started again with a subcommand.

use crate::database;
use crate::peers::{
    Entry, Peer, cached, foyer, fred, hitbox, moka, multi_tier, ours, quick_cache, redis_crate,
    rustis,
};
use crate::{outage, stampede};
use clap::Subcommand;
use std::sync::Arc;

/// Everybody who may be named to another process.
const PEERS: &[Entry] = &[
    redis_crate::BARE,
    redis_crate::MANAGED,
    fred::ENTRY,
    rustis::ENTRY,
    cached::REDIS,
    cached::SHARDED,
    cached::LOCKED,
    foyer::ENTRY,
    hitbox::REDIS,
    hitbox::MOKA,
    moka::ENTRY,
    multi_tier::BOTH,
    multi_tier::REDIS,
    quick_cache::ENTRY,
    ours::REDIS,
    ours::EMBEDDED,
];

#[derive(Clone, Debug, Subcommand)]
#[command(hide = true)]
pub(crate) enum Child {
    /// Invalidates one user through one peer
    #[command(hide = true)]
    Invalidate { url: String, peer: String, id: u64 },
    /// Sends callers to a peer whenever a line says so
    #[command(hide = true)]
    Callers { url: String, peer: String },
    /// Takes the server away from one peer
    #[command(hide = true)]
    Outage { peer: String, fault: outage::Fault, seconds: u64 },
}

pub(crate) async fn run(child: Child) {
    match child {
        Child::Invalidate { url, peer, id } => {
            let invalidated = peer_on(&url, &peer).await.invalidate(id).await;
            invalidated.expect("nothing fails while nothing is disturbed");
        }
        Child::Callers { url, peer } => stampede::callers(peer_on(&url, &peer).await).await,
        Child::Outage { peer, fault, seconds } => outage::child(find(&peer), fault, seconds).await,
    }
}

async fn peer_on(url: &str, name: &str) -> Arc<dyn Peer> {
    database::use_server(url);
    (find(name).connect)().await
}

fn find(name: &str) -> Entry {
    let found = PEERS.iter().find(|peer| peer.name == name);
    *found.expect("every peer that a section starts is in the list")
}
