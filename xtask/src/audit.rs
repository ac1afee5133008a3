//! Checks of what is not code, by tools that are installed on demand.

use crate::command::{Cmd, Result};
use crate::step::{Outcome, Step};
use crate::tools;

/// Package and version; pinned, so that a new lint of theirs arrives in a commit of ours.
const TOOLS: [&str; 4] =
    ["cargo-deny@0.20.2", "cargo-hack@0.6.46", "cargo-machete@0.9.2", "typos-cli@1.52.0"];

pub(crate) fn steps() -> Vec<Step> {
    let features = "hack check --feature-powerset --package cache-runtime";
    let advisories_again = deny_advisories().to_string();
    vec![
        Step::function("tools", "cargo xtask audit", || tools::install(&TOOLS)),
        Step::command("dependencies", tool("cargo-deny", "check bans licenses sources")),
        Step::function("advisories", &advisories_again, advisories),
        Step::command("unused", tool("cargo-machete", "")),
        Step::command("features", tool("cargo-hack", features)),
        Step::command("spelling", tool("typos", "")),
    ]
}

/// The database of advisories is a git repository. Where it cannot be reached, everything else
/// is still worth checking, as long as nobody is told that this was.
fn advisories() -> Result<Outcome> {
    if let Err(error) = tool("cargo-deny", "fetch db").run() {
        let text = format!("advisories were NOT checked: the database cannot be fetched ({error})");
        return Ok(Outcome::Warning(text));
    }
    deny_advisories().run()?;
    Ok(Outcome::Passed)
}

fn deny_advisories() -> Cmd {
    tool("cargo-deny", "check --disable-fetch advisories")
}

/// By path, because `cargo deny` would find one that somebody installed for himself.
fn tool(name: &str, arguments: &str) -> Cmd {
    Cmd::program(&tools::binary(name)).words(arguments)
}
