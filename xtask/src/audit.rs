//! Checks of what is not code, by tools that are installed on demand.

use std::fs;
use std::path::PathBuf;

use crate::command::{Cmd, Result};
use crate::step::{Outcome, Step};

/// Package and version; pinned, so that a new lint of theirs arrives in a commit of ours.
const TOOLS: [&str; 4] =
    ["cargo-deny@0.20.2", "cargo-hack@0.6.46", "cargo-machete@0.9.2", "typos-cli@1.52.0"];

pub(crate) fn steps() -> Vec<Step> {
    let features = "hack check --feature-powerset --package cache-runtime";
    let advisories_again = deny_advisories().to_string();
    vec![
        Step::function("tools", "cargo xtask audit", install),
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

fn install() -> Result<Outcome> {
    let root = tools_root();
    let list = fs::read_to_string(root.join(".crates.toml")).unwrap_or_default();
    for tool in TOOLS.iter().filter(|tool| !is_installed(&list, tool)) {
        println!("installing {tool} into {}; this takes minutes", root.display());
        let root = root.display().to_string();
        Cmd::new("cargo install --locked").args(&["--root", &root, tool]).run()?;
    }
    Ok(Outcome::Passed)
}

/// `list` is what `cargo install` keeps: lines such as `"typos-cli 1.52.0 (registry+…)" = […]`.
fn is_installed(list: &str, tool: &str) -> bool {
    let entry = format!("\"{} (", tool.replace('@', " "));
    list.contains(&entry)
}

/// Inside `target`: a clean checkout has nobody else's versions, and `cargo clean` takes them away.
fn tools_root() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR");
    let target = target.map_or_else(|| PathBuf::from("target"), PathBuf::from);
    std::path::absolute(target.join("tools")).expect("the current directory exists")
}

/// By path, because `cargo deny` would find one that somebody installed for himself.
fn tool(name: &str, arguments: &str) -> Cmd {
    Cmd::program(&tools_root().join("bin").join(name)).words(arguments)
}

#[cfg(test)]
mod tests {
    use super::is_installed;

    #[test]
    fn another_version_is_not_the_tool() {
        let list = "[v1]\n\"typos-cli 1.52.0 (registry+https://x)\" = [\"typos\"]\n";
        assert!(is_installed(list, "typos-cli@1.52.0"));
        assert!(!is_installed(list, "typos-cli@1.52.1"));
        assert!(!is_installed(list, "cli@1.52.0"));
    }
}
