//! Proves that the tests can fail: takes out one mechanism at a time and expects one named test to notice.
//!
//! The work happens on a copy in `target/mutants`; the checkout is not touched.

mod consistency;
mod storing;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{Cmd, Result};
use crate::step::{Outcome, Step};

/// One mechanism taken out.
struct Mutant {
    /// What is missing.
    name: &'static str,
    file: &'static str,
    /// The text that goes; it stands once in the file.
    from: &'static str,
    /// What comes in its place.
    to: &'static str,
    /// The package's test binary, or `--lib`.
    binary: &'static str,
    /// The test that must turn red.
    test: &'static str,
}

const fn mutant(
    name: &'static str,
    (file, from, to): (&'static str, &'static str, &'static str),
    (binary, test): (&'static str, &'static str),
) -> Mutant {
    Mutant { name, file, from, to, binary, test }
}

/// The steps, one for each mutant whose name contains `filter`.
pub(crate) fn steps(filter: &str) -> Vec<Step> {
    let all = storing::MUTANTS.iter().chain(consistency::MUTANTS);
    let chosen = all.filter(|mutant| mutant.name.contains(filter));
    let tasks = chosen.map(|mutant| step(mutant.name, || mutant.must_be_noticed()));
    std::iter::once(step("copy the checkout", copy)).chain(tasks).collect()
}

fn step(name: &'static str, work: impl FnOnce() -> Result + 'static) -> Step {
    Step::function(name, "cargo xtask mutants", || work().map(|()| Outcome::Passed))
}

fn tree() -> PathBuf {
    Path::new("target/mutants/tree").to_owned()
}

/// Copies what git tracks and what it would track.
fn copy() -> Result {
    // What was deleted or moved since the last copy must not stay.
    if tree().exists() {
        fs::remove_dir_all(tree())?;
    }
    let files = Cmd::new("git ls-files --cached --others --exclude-standard").output()?;
    for file in files.lines().filter(|file| Path::new(file).is_file()) {
        let copy = tree().join(file);
        fs::create_dir_all(copy.parent().unwrap_or(&copy))?;
        fs::copy(file, copy)?;
    }
    Ok(())
}

impl Mutant {
    fn must_be_noticed(&self) -> Result {
        let path = tree().join(self.file);
        let original = fs::read_to_string(&path)?;
        let found = original.matches(self.from).count();
        if found != 1 {
            let file = self.file;
            return Err(format!("what the mutant takes out stands {found} times in {file}").into());
        }
        fs::write(&path, original.replacen(self.from, self.to, 1))?;
        let verdict = self.judge();
        fs::write(&path, original)?;
        verdict
    }

    /// It must compile, or the test's failure would prove nothing; then the test must fail.
    fn judge(&self) -> Result {
        if !self.cargo(&["--no-run"])? {
            return Err("the mutant does not compile".into());
        }
        if self.cargo(&["--", self.test, "--exact"])? {
            return Err(format!("survived: `{}` did not notice", self.test).into());
        }
        println!("noticed by `{}`", self.test);
        Ok(())
    }

    fn cargo(&self, arguments: &[&str]) -> Result<bool> {
        let mut cargo = Command::new("cargo");
        cargo.current_dir(tree()).env("CARGO_TARGET_DIR", "../target").args(["test", "--quiet"]);
        match self.binary {
            "--lib" => cargo.args(["-p", "cache-runtime", "--lib"]),
            binary => cargo.args(["-p", "tests", "--test", binary]),
        };
        Ok(cargo.args(arguments).output()?.status.success())
    }
}
