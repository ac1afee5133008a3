//! Proves that the tests can fail: takes out one mechanism at a time and expects one named test to notice.
//!
//! The work happens on a copy in `target/mutants`; the checkout is not touched.

mod callers;
mod consistency;
mod fuzz;
mod passes;
mod reading;
mod storing;
mod twins;
mod types;
mod waiting;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{Cmd, Result};
use crate::step::{Outcome, Step};

/// One mechanism taken out.
struct Mutant {
    /// What is missing. The mechanism carries the name in a comment, `// mutant: <name>`, directly in
    /// front of it.
    name: &'static str,
    /// The text that goes: the first of its kind behind the comment, within a few lines.
    from: &'static str,
    /// What comes in its place.
    to: &'static str,
    /// The test binary, or `--lib`.
    binary: &'static str,
    /// The test that must turn red.
    test: &'static str,
}

const fn mutant(
    name: &'static str,
    (from, to): (&'static str, &'static str),
    (binary, test): (&'static str, &'static str),
) -> Mutant {
    Mutant { name, from, to, binary, test }
}

/// The steps, for the mutants whose names contain one of the `filters`; all, where there is none.
pub(crate) fn steps(filters: &[String]) -> Vec<Step> {
    let is_chosen =
        |name: &str| filters.is_empty() || filters.iter().any(|part| name.contains(part));
    let chosen: Vec<_> = all().filter(|mutant| is_chosen(mutant.name)).collect();
    let tests = chosen.clone();
    vec![
        step("copy the checkout", copy),
        step("tests without mutants", move || all_must_pass(&tests)),
        step("mutants", move || all_must_be_noticed(&chosen)),
    ]
}

fn step(name: &'static str, work: impl FnOnce() -> Result + 'static) -> Step {
    Step::function(name, "cargo xtask mutants", || work().map(|()| Outcome::Passed))
}

fn all() -> impl Iterator<Item = &'static Mutant> {
    let parts = [
        callers::MUTANTS,
        fuzz::MUTANTS,
        storing::MUTANTS,
        twins::MUTANTS,
        types::MUTANTS,
        consistency::MUTANTS,
        passes::MUTANTS,
        reading::MUTANTS,
        waiting::MUTANTS,
    ];
    parts.into_iter().flatten()
}

/// A test that fails anyway would notice everything.
fn all_must_pass(chosen: &[&Mutant]) -> Result {
    let mut by_binary = BTreeMap::<_, Vec<_>>::new();
    for mutant in chosen {
        by_binary.entry(mutant.binary).or_default().push(mutant.test);
    }
    for (binary, tests) in by_binary {
        let arguments = [&["--", "--exact"], &*tests].concat();
        if !cargo(binary, &arguments)? {
            return Err(
                format!("of these tests in `{binary}` one fails: {}", tests.join(", ")).into()
            );
        }
    }
    Ok(())
}

/// Goes on after one that was not noticed: a list of them is what this is for.
fn all_must_be_noticed(chosen: &[&Mutant]) -> Result {
    if chosen.is_empty() {
        return Err("no mutant is called that".into());
    }
    let (places, mut others) = (places(Path::new("."))?, Vec::new());
    for (number, mutant) in chosen.iter().enumerate() {
        println!("{:2} of {}: {}", number + 1, chosen.len(), mutant.name);
        if let Err(error) = mutant.must_be_noticed(&places) {
            println!("   {error}");
            others.push(format!("{}: {error}", mutant.name));
        }
    }
    if others.is_empty() { Ok(()) } else { Err(others.join("; ").into()) }
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

/// How a comment begins that names a mutant.
const MARKER: &str = "mutant: ";

/// How many characters behind its marker a mechanism may stand.
const REACH: usize = 900;

/// Where the sources are that have mechanisms.
const SOURCES: &str = "cache-runtime/src cache-macros/src examples/web/src";

/// Where a mutant is marked.
struct Place {
    file: String,
    /// The file's text without markers, as they stand between the lines of mechanisms.
    text: String,
    /// Where in it the mechanism begins.
    at: usize,
}

/// Finds the markers of all mutants, by name.
fn places(root: &Path) -> Result<Vec<(String, Place)>> {
    let mut places = Vec::new();
    let files = Cmd::new("git -C").words(&root.to_string_lossy());
    let files = files.words("ls-files --cached --others --exclude-standard --").words(SOURCES);
    for file in files.captured()?.lines() {
        let source = fs::read_to_string(root.join(file))?;
        let mut text = String::with_capacity(source.len());
        let mut marked = Vec::new();
        for line in source.split_inclusive('\n') {
            match marked_in(line) {
                Some(name) => marked.push((name.to_owned(), text.len())),
                None => text.push_str(line),
            }
        }
        let place = |(name, at)| (name, Place { file: file.to_owned(), text: text.clone(), at });
        places.extend(marked.into_iter().map(place));
    }
    Ok(places)
}

/// Returns the name in a line that is a marker.
fn marked_in(line: &str) -> Option<&str> {
    let comment = line.trim().strip_prefix("//").or_else(|| line.trim().strip_prefix("--"))?;
    comment.trim_start().strip_prefix(MARKER)
}

impl Mutant {
    /// Returns the file in which the mechanism stands, and its text without the mechanism.
    fn taken_out(&self, places: &[(String, Place)]) -> Result<(String, String)> {
        let mut marked = places.iter().filter(|(name, _)| name == self.name);
        let (Some((_, place)), None) = (marked.next(), marked.next()) else {
            return Err(format!("no comment, or several, say `{MARKER}{}`", self.name).into());
        };
        let (before, behind) = place.text.split_at(place.at);
        match behind.find(self.from).filter(|at| *at <= REACH) {
            Some(_) => {
                let text = [before, &behind.replacen(self.from, self.to, 1)].concat();
                Ok((place.file.clone(), text))
            }
            None => {
                Err(format!("behind its marker in {} stands something else", place.file).into())
            }
        }
    }

    fn must_be_noticed(&self, places: &[(String, Place)]) -> Result {
        let (file, text) = self.taken_out(places)?;
        let path = tree().join(file);
        let original = fs::read_to_string(&path)?;
        fs::write(&path, text)?;
        let verdict = self.judge();
        fs::write(&path, original)?;
        verdict
    }

    /// It must compile, or the test's failure would prove nothing; then the test must fail.
    fn judge(&self) -> Result {
        if !cargo(self.binary, &["--no-run"])? {
            return Err("the mutant does not compile".into());
        }
        if cargo(self.binary, &["--", self.test, "--exact"])? {
            return Err(format!("survived: `{}` did not notice", self.test).into());
        }
        println!("   noticed by `{}`", self.test);
        Ok(())
    }
}

/// Runs one test binary of the copy.
fn cargo(binary: &str, arguments: &[&str]) -> Result<bool> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(tree()).env("CARGO_TARGET_DIR", "../target").args(["test", "--quiet"]);
    match binary {
        "--lib" => cargo.args(["-p", "cache-runtime", "--lib"]),
        "fuzz" => cargo.args(["-p", "fuzz", "--test", "fuzz"]),
        "twins" => cargo.args(["-p", "twins", "--test", "twins"]),
        binary => cargo.args(["-p", "tests", "--test", binary]),
    };
    Ok(cargo.args(arguments).output()?.status.success())
}

#[cfg(test)]
mod tests {
    use super::{Cmd, Path, all, places};

    /// They are run rarely; this keeps them in step with the code meanwhile.
    #[test]
    fn each_mutant_is_marked_where_it_takes_something_out() {
        let places = places(Path::new("..")).unwrap();
        let lost: Vec<_> = all().filter_map(|mutant| mutant.taken_out(&places).err()).collect();
        assert!(lost.is_empty(), "{lost:#?}");
        let is_known = |name: &str| all().any(|mutant| mutant.name == name);
        let unknown: Vec<_> = places.iter().filter(|(name, _)| !is_known(name)).collect();
        assert!(unknown.is_empty(), "no mutant is called {:?}", unknown[0].0);
    }

    /// A test that does not exist passes, and what it would notice seems to survive.
    #[test]
    fn each_test_that_must_notice_stands_where_it_is_said_to() {
        for mutant in all() {
            let test = mutant.test.rsplit("::").next().unwrap();
            let folder = match mutant.binary {
                "--lib" => "../cache-runtime/src",
                "fuzz" => "../fuzz/tests",
                "twins" => "../twins/tests",
                _ => "../tests/tests",
            };
            let found =
                Cmd::new("grep --recursive --word-regexp --quiet --").words(test).words(folder);
            assert!(found.output().is_ok(), "{}: no test `{}`", mutant.name, mutant.test);
        }
    }
}
