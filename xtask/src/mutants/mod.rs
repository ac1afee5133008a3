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
    /// The module of `tests/tests/it`, one of [`PROGRAMS`], `fuzz`, or `--lib`.
    module: &'static str,
    /// The test that must turn red, as it is called inside of the module.
    test: &'static str,
}

/// The test programs beside `it`.
const PROGRAMS: [&str; 4] = ["allocations", "keys", "process", "ui"];

const fn mutant(
    name: &'static str,
    (from, to): (&'static str, &'static str),
    (module, test): (&'static str, &'static str),
) -> Mutant {
    Mutant { name, from, to, module, test }
}

/// The steps, for the mutants whose names contain one of the `filters`; all, where there is none.
pub(crate) fn steps(filters: &[String]) -> Vec<Step> {
    let is_chosen =
        |name: &str| filters.is_empty() || filters.iter().any(|part| name.contains(part));
    let mut chosen: Vec<_> = all().filter(|mutant| is_chosen(mutant.name)).collect();
    // What has been compiled for one is of use to the next of the same module.
    chosen.sort_by_key(|mutant| mutant.module);
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
    let mut by_program = BTreeMap::<_, Vec<_>>::new();
    for mutant in chosen {
        by_program.entry(mutant.program()).or_default().push(mutant.full_test());
    }
    for (program, tests) in by_program {
        let names = tests.iter().map(String::as_str);
        let arguments: Vec<_> = ["--", "--exact"].into_iter().chain(names).collect();
        if !cargo(program, &arguments)? {
            return Err(
                format!("of these tests in `{program}` one fails: {}", tests.join(", ")).into()
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
    /// Tells whether the test is a module's of the one program that most tests are in.
    fn is_in_it(&self) -> bool {
        !["--lib", "fuzz", "twins"].contains(&self.module) && !PROGRAMS.contains(&self.module)
    }

    /// The test program, or `--lib`.
    fn program(&self) -> &'static str {
        if self.is_in_it() { "it" } else { self.module }
    }

    /// The test, as the program calls it.
    fn full_test(&self) -> String {
        let (module, test) = (self.module, self.test);
        if self.is_in_it() { format!("{module}::{test}") } else { test.to_owned() }
    }

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
        if self.is_in_it() {
            leave_only(self.module)?;
        }
        fs::write(&path, text)?;
        let verdict = self.judge();
        fs::write(&path, original)?;
        verdict
    }

    /// It must compile, or the test's failure would prove nothing; then the test must fail.
    fn judge(&self) -> Result {
        if !cargo(self.program(), &["--no-run"])? {
            return Err("the mutant does not compile".into());
        }
        if cargo(self.program(), &["--", &self.full_test(), "--exact"])? {
            return Err(format!("survived: `{}` did not notice", self.test).into());
        }
        println!("   noticed by `{}`", self.test);
        Ok(())
    }
}

/// Leaves the copy's `it` one module: a mutant then costs the compilation of its own tests, and not of all.
fn leave_only(module: &str) -> Result {
    let main = tree().join("tests/tests/it/main.rs");
    Ok(fs::write(main, format!("//! One module.\n\nmod {module};\nmod support;\n"))?)
}

/// Runs one test program of the copy.
fn cargo(program: &str, arguments: &[&str]) -> Result<bool> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(tree()).env("CARGO_TARGET_DIR", "../target").args(["test", "--quiet"]);
    match program {
        "--lib" => cargo.args(["-p", "cache-runtime", "--lib"]),
        "fuzz" => cargo.args(["-p", "fuzz", "--test", "fuzz"]),
        "twins" => cargo.args(["-p", "twins", "--test", "twins"]),
        program => cargo.args(["-p", "tests", "--test", program]),
    };
    Ok(cargo.args(arguments).output()?.status.success())
}

#[cfg(test)]
mod tests {
    use super::{Cmd, Path, PathBuf, all, places};

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

    /// Where the tests of a module stand: a folder, or a file.
    fn place(mutant: &super::Mutant) -> PathBuf {
        let beside = Path::new("../tests/tests");
        match mutant.module {
            "--lib" => PathBuf::from("../cache-runtime/src"),
            "fuzz" => PathBuf::from("../fuzz/tests"),
            "twins" => PathBuf::from("../twins/tests"),
            module if mutant.is_in_it() => {
                let folder = beside.join("it").join(module);
                if folder.is_dir() { folder } else { folder.with_extension("rs") }
            }
            program => beside.join(program).with_extension("rs"),
        }
    }

    /// A test that does not exist passes, and what it would notice seems to survive.
    #[test]
    fn each_test_that_must_notice_stands_where_it_is_said_to() {
        for mutant in all() {
            let test = mutant.test.rsplit("::").next().unwrap();
            let place = place(mutant);
            let grep = Cmd::new("grep --recursive --word-regexp --quiet --").words(test);
            let found = grep.args(&[place.to_string_lossy()]).output();
            assert!(found.is_ok(), "{}: no test `{}`", mutant.name, mutant.full_test());
        }
    }

    #[test]
    fn a_test_is_called_as_its_program_calls_it() {
        let called = |module| {
            let mutant = super::mutant("", ("", ""), (module, "a::b"));
            (mutant.program(), mutant.full_test())
        };
        assert_eq!(called("flights"), ("it", "flights::a::b".to_owned()));
        assert_eq!(called("--lib"), ("--lib", "a::b".to_owned()));
        assert_eq!(called("keys"), ("keys", "a::b".to_owned()));
    }
}
