//! The oldest Rust that the crates declare, in `rust-version`.

use crate::command::{Cmd, Result};
use crate::step::{Outcome, Step};

const DECLARED: &str = env!("CARGO_PKG_RUST_VERSION");

pub(crate) fn step() -> Step {
    Step::function("oldest Rust", "cargo xtask oldest-rust", || {
        let running = Cmd::new("rustc --version").captured()?;
        if is_of(&running, DECLARED) {
            println!("`rust-version` is {DECLARED}, as is what runs this check: {running}");
            return Ok(Outcome::Passed);
        }
        on_declared()
    })
}

/// Checks with the toolchain that is declared, where it is installed; nothing is installed for it.
fn on_declared() -> Result<Outcome> {
    let rustup = Cmd::new("rustup run").args(&[DECLARED]);
    if !rustup.words("cargo --version").succeeds() {
        let text = format!("NOT checked with Rust {DECLARED}, which `rust-version` declares");
        return Ok(Outcome::Warning(format!("{text}: `rustup toolchain install {DECLARED}`")));
    }
    let check = Cmd::new("rustup run").args(&[DECLARED]);
    let check = check.words("cargo check --package cache-runtime --all-features");
    check.words("--target-dir target/oldest-rust").run()?;
    Ok(Outcome::Passed)
}

/// Tells whether `rustc --version` says a release of the declared minor version.
fn is_of(rustc: &str, declared: &str) -> bool {
    let version = rustc.strip_prefix("rustc ").unwrap_or(rustc);
    let minor: Vec<_> = version.splitn(3, '.').take(2).collect();
    minor.join(".") == declared
}

#[cfg(test)]
mod tests {
    use super::is_of;

    #[test]
    fn a_release_belongs_to_its_minor_version() {
        let rustc = "rustc 1.95.0 (59807616e 2026-04-14)\n";
        assert!(is_of(rustc, "1.95"));
        assert!(!is_of(rustc, "1.88"));
        assert!(!is_of(rustc, "1.9"));
    }
}
