//! Looks for stale reads: several processes read and write through one cache while it, and they, are disturbed.
//!
//! A second Redis server, which nobody disturbs, plays the database. It holds a version for each row, and a *floor*:
//! the newest version whose write has returned with an invalidation that is known to have succeeded. Whoever begins
//! to read afterwards must get that version or a newer one; anything older is a stale read.

mod coordinator;
mod counts;
mod fault;
mod fleet;
mod functions;
mod guard;
mod history;
mod ids;
mod judgement;
mod load;
mod messages;
mod mutant;
mod options;
mod reader;
mod shared;
mod stream;
mod task;
mod torment;
mod truth;
mod verdict;
mod way;
mod worker;
mod writer;

use clap::Parser;
use options::{Arguments, Role};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.role {
        None => coordinator::run(&arguments.options).into(),
        Some(Role::Worker { orders }) => worker::run(&orders),
        Some(Role::Guard) => guard::run(),
    }
}
