//! Proves that the tests can fail: takes out one mechanism at a time and expects one named test to notice.
//!
//! The work happens on a copy in `target/mutants`; the checkout is not touched.

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
    let chosen = MUTANTS.iter().filter(|mutant| mutant.name.contains(filter));
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

const MUTANTS: &[Mutant] = &[
    mutant(
        "type parameters are not hashed",
        ("cache-runtime/src/key/mod.rs", "canonical::write_escaped(&mut self.hash, name);", ""),
        ("identity", "type_parameters"),
    ),
    mutant(
        "the impl's type is not hashed",
        (
            "cache-runtime/src/key/mod.rs",
            "        canonical::write_escaped(out, path.owner);\n",
            "",
        ),
        ("shapes", "a_traits_default_method_keeps_its_implementors_apart"),
    ),
    mutant(
        "the owner of a method with an id is not hashed",
        ("cache-runtime/src/key/mod.rs", "if path.names_types() {", "if false {"),
        ("identity", "type_parameters"),
    ),
    mutant(
        "map entries are not sorted",
        ("cache-runtime/src/key/canonical.rs", "items.sort_unstable();", "let _ = &mut items;"),
        ("identity", "maps_and_sets_hit_whatever_their_order"),
    ),
    mutant(
        "sets are not recognised",
        (
            "cache-runtime/src/order.rs",
            "                Order::Unordered\n",
            "                Order::AsGiven\n",
        ),
        ("identity", "maps_and_sets_hit_whatever_their_order"),
    ),
    mutant(
        "nested options look alike",
        (
            "cache-runtime/src/key/canonical.rs",
            "self.out.put(b\"+null\")",
            "self.out.put(b\"null\")",
        ),
        ("identity", "arguments_that_look_alike"),
    ),
    mutant(
        "functions with one identity share entries",
        ("cache-runtime/src/read_through.rs", "if function.is_ambiguous {", "if false {"),
        ("identity", "functions_whose_paths_are_spelled_alike"),
    ),
    mutant(
        "the version is not hashed",
        ("cache-runtime/src/key/mod.rs", "format(self.site.version)", "format(0)"),
        ("identity", "versions_of_one_id_do_not_share_entries"),
    ),
    mutant(
        "glob characters in values are not escaped",
        (
            "cache-runtime/src/key/segment.rs",
            "&NON_ALPHANUMERIC.remove(b'.')",
            "&NON_ALPHANUMERIC.remove(b'*').remove(b'.')",
        ),
        ("identity", "a_value_cannot_forge_a_pattern"),
    ),
    mutant(
        "what JSON changes is stored",
        ("cache-runtime/src/outcome.rs", "if !lossless::is_lossless(value) {", "if false {"),
        ("identity", "a_hit_returns_what_the_function_returned_or_is_no_hit"),
    ),
    mutant(
        "a failed write invalidates",
        (
            "cache-macros/src/expand/invalidates.rs",
            "(false, false) => \"invalidate_after\"",
            "(false, false) => \"invalidate_always\"",
        ),
        ("shapes", "a_write_clears_its_patterns_and_the_calls_it_names"),
    ),
    mutant(
        "none_ttl is ignored",
        (
            "cache-runtime/src/call.rs",
            "self.site.none_ttl.filter(|_| O::is_none(value)).map(Expiry::After)",
            "None",
        ),
        ("options", "none_has_its_own_ttl"),
    ),
    mutant(
        "store_if is ignored",
        (
            "cache-runtime/src/read_through.rs",
            "(verdict.keep && !expiry.is_zero())",
            "(!expiry.is_zero())",
        ),
        ("options", "store_if_keeps_some_values"),
    ),
    mutant(
        "a zero TTL is stored",
        (
            "cache-runtime/src/read_through.rs",
            "(verdict.keep && !expiry.is_zero())",
            "(verdict.keep)",
        ),
        ("options", "a_ttl_of_zero_stores_nothing"),
    ),
    mutant(
        "ttl from the value is ignored",
        ("cache-runtime/src/call.rs", "            .or(from_value)\n", ""),
        ("options", "every_form_of_ttl_reaches_the_store"),
    ),
    mutant(
        "the size limit is ignored",
        (
            "cache-runtime/src/read_through.rs",
            "value.encode(call.cache.largest())",
            "value.encode(usize::MAX)",
        ),
        ("options", "values_larger_than_the_limit_are_not_stored"),
    ),
    mutant(
        "embedded entries do not expire",
        (
            "cache-runtime/src/store/memory.rs",
            "self.expires.is_some_and(|at| at <= Instant::now())",
            "false",
        ),
        ("options", "an_entry_is_gone_after_its_ttl"),
    ),
    mutant(
        "the checksum is not compared",
        ("cache-runtime/src/entry.rs", "if crc32fast::hash(payload) != checksum {", "if false {"),
        ("--lib", "entry::tests::every_truncation_and_every_flipped_bit_is_noticed"),
    ),
];
