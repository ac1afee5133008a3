//! What needs a process of its own: this program, started again with a subcommand.

use crate::database;
use crate::peers::{
    Entry, Peer, cached, foyer, fred, hitbox, moka, multi_tier, ours, quick_cache, redis_crate,
    rustis,
};
use crate::{outage, stampede};
use clap::Subcommand;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child as Process, ChildStdin, ChildStdout, Command, Stdio};
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

/// A process that is told things line by line, and answers likewise.
pub(crate) struct Member {
    process: Process,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Member {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let program = std::env::current_exe().expect("this program has a path");
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("this program can be started again");
        let output = BufReader::new(process.stdout.take().expect("it is piped"));
        Self { input: process.stdin.take(), output, process }
    }

    pub(crate) fn tell(&mut self, line: &str) {
        let input = self.input.as_mut().expect("it is open until the end");
        writeln!(input, "{line}").expect("the child listens");
    }

    /// Waits for its next line.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the child writes text");
        line.trim().to_owned()
    }

    /// Ends its input, which ends a child that listens, and waits for it.
    pub(crate) fn end(mut self) {
        self.input = None;
        let status = self.process.wait().expect("the child ends");
        assert!(status.success(), "a child failed: {status}");
    }
}
