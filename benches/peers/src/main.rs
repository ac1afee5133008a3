//! The toolkit beside its peers: the same work, in one run, in rounds that take turns.
//!
//! `cargo run --release -- --help` lists the options. `benches/README.md` says how to read the tables.

mod children;
mod database;
mod hit;
mod in_process;
mod invalidation;
mod member;
mod options;
mod outage;
mod peers;
mod plot;
mod progress;
mod rounds;
mod stale_fill;
mod stampede;
mod table;

use clap::Parser;

fn main() {
    options::Options::parse().run();
}
