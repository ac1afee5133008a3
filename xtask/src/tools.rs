//! Tools that are installed on demand, in the versions that are named here.

use std::fs;
use std::path::PathBuf;

use crate::command::{Cmd, Result};
use crate::step::Outcome;

/// Installs those that are missing; each is a package and its version.
pub(crate) fn install(tools: &[&str]) -> Result<Outcome> {
    let root = root();
    let list = fs::read_to_string(root.join(".crates.toml")).unwrap_or_default();
    for tool in tools.iter().filter(|tool| !is_installed(&list, tool)) {
        println!("installing {tool} into {}; this takes minutes", root.display());
        let root = root.display().to_string();
        Cmd::new("cargo install --locked").args(&["--root", &root, tool]).run()?;
    }
    Ok(Outcome::Passed)
}

/// Where a tool is once it is installed.
pub(crate) fn binary(name: &str) -> PathBuf {
    root().join("bin").join(name)
}

/// `list` is what `cargo install` keeps: lines such as `"typos-cli 1.52.0 (registry+…)" = […]`.
fn is_installed(list: &str, tool: &str) -> bool {
    let entry = format!("\"{} (", tool.replace('@', " "));
    list.contains(&entry)
}

/// Inside `target`: a clean checkout has nobody else's versions, and `cargo clean` takes them away.
fn root() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR");
    let target = target.map_or_else(|| PathBuf::from("target"), PathBuf::from);
    std::path::absolute(target.join("tools")).expect("the current directory exists")
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
