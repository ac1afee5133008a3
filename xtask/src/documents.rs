//! Checks of the documents: links lead somewhere, and every example is a test.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The folders that hold pages, from the root of the repository.
const FOLDERS: [&str; 6] =
    ["", "docs", "docs/internals", "docs/internals/decisions", "benches", "tests"];

/// Returns every page of the repository.
fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let entries = FOLDERS.iter().flat_map(|it| fs::read_dir(root.join(it)).expect("a folder"));
    let paths = entries.map(|entry| entry.expect("a readable folder").path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect()
}

/// The lines of a page that are text, without the code blocks between fences.
fn prose(page: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    page.lines().filter(move |line| {
        let is_fence = line.starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    })
}

/// What follows `](` up to `)`, for links inside the repository.
fn links(page: &str) -> Vec<&str> {
    let after = prose(page).flat_map(|line| line.split("](").skip(1));
    let targets = after.filter_map(|rest| Some(rest.split_once(')')?.0));
    targets.filter(|target| !target.contains("://")).collect()
}

/// The name by which a heading is linked to, as hosts of repositories make it.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase().replace(' ', "-");
    kept.chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect()
}

fn has_anchor(page: &str, name: &str) -> bool {
    let headings = prose(page).filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#').trim())).any(|found| found == name)
}

fn leads_somewhere(from: &Path, link: &str) -> bool {
    let (file, name) = link.split_once('#').unwrap_or((link, ""));
    let path = if file.is_empty() { from.to_owned() } else { from.with_file_name(file) };
    if name.is_empty() {
        return path.exists();
    }
    fs::read_to_string(path).is_ok_and(|page| has_anchor(&page, name))
}

#[test]
fn every_link_leads_to_a_page_and_a_heading() {
    let mut seen = 0;
    for path in pages() {
        let page = fs::read_to_string(&path).expect("a page");
        for link in links(&page) {
            seen += 1;
            assert!(leads_somewhere(&path, link), "{}: {link}", path.display());
        }
    }
    assert!(seen > 50, "only {seen} links were found");
}

#[test]
fn a_link_to_nothing_is_found() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    assert_eq!(links("a [b](c.md#d) and [e](https://f)\n```\n[g](h)\n```"), ["c.md#d"]);
    assert!(leads_somewhere(&readme, "CONSISTENCY.md#7-limits"));
    assert!(!leads_somewhere(&readme, "CONSISTENCY.md#8-limits"));
    assert!(!leads_somewhere(&readme, "INCONSISTENCY.md"));
}

/// A page that nobody lists there has examples that nobody compiles.
#[test]
fn the_examples_of_every_page_are_tests() {
    let listed = include_str!("../../examples/src/lib.rs");
    for path in pages().iter().filter(|path| path.parent().is_some_and(|p| p.ends_with("docs"))) {
        let name = path.file_name().expect("a file").to_string_lossy();
        assert!(listed.contains(&format!("= \"docs/{name}\",")), "docs/{name} is not listed");
    }
    assert!(listed.contains("= \"README.md\","));
}

#[test]
fn the_readme_is_read_in_one_go() {
    assert!(include_str!("../../README.md").lines().count() <= 150);
}

#[path = "../../cache-macros/src/tests/forms.rs"]
mod forms;

/// What rustdoc shows of a crate: its comments `///` and `//!` above an item.
fn rustdoc(source: &'static str, item: &str) -> &'static str {
    let (before, _) = source.split_once(item).expect("the item is there");
    before.rsplit("\n\n").next().expect("something is before it")
}

/// The tables of options in rustdoc, which the tests of `cache-macros` compare with what the
/// attributes know, and those in `docs/` have the same options.
#[test]
fn the_tables_of_options_are_those_of_rustdoc() {
    let source = include_str!("../../cache-macros/src/lib.rs");
    let cached = rustdoc(source, "pub fn cached(");
    let invalidates = rustdoc(source, "pub fn invalidates(");
    let pages = [
        (cached, include_str!("../../docs/cached.md")),
        (invalidates, include_str!("../../docs/invalidates.md")),
    ];
    for (rustdoc, page) in pages {
        assert_eq!(forms::in_tables(page), forms::in_tables(rustdoc));
    }
}

/// The rows of the table of features, as a page has them.
fn feature_rows(page: &str) -> Vec<&str> {
    let lines = page.lines().map(|line| line.trim_start_matches("//!").trim_start());
    let table = lines.skip_while(|line| !line.starts_with("| feature |"));
    table.skip(2).take_while(|line| line.starts_with('|')).collect()
}

/// The features of `cache-runtime`, by its manifest: name, and whether it is a default.
fn features() -> Vec<(&'static str, bool)> {
    let manifest = include_str!("../../cache-runtime/Cargo.toml");
    let (_, section) = manifest.split_once("[features]\n").expect("it has features");
    let section = section.split("\n[").next().expect("a section");
    let lines = section.lines().filter_map(|line| line.split_once(" = "));
    let lines: Vec<_> = lines.filter(|(name, _)| !name.starts_with('#')).collect();
    let default = lines.iter().find(|(name, _)| *name == "default").expect("a default").1;
    let names = lines.iter().map(|(name, _)| *name).filter(|name| *name != "default");
    names.map(|name| (name, default.contains(&format!("\"{name}\"")))).collect()
}

#[test]
fn the_table_of_features_is_the_manifest() {
    let readme = feature_rows(include_str!("../../README.md"));
    assert_eq!(readme, feature_rows(include_str!("../../cache-runtime/src/lib.rs")));
    let features = features();
    assert_eq!(readme.len(), features.len(), "{features:?}");
    for (name, is_default) in features {
        let row = format!("| `{name}` | {} |", if is_default { "yes" } else { "no" });
        assert!(readme.iter().any(|line| line.starts_with(&row)), "no row begins `{row}`");
    }
}

/// What stands in a folder, by name and without `.rs`.
fn stems(folder: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
    let entries = fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("a readable folder").path());
    paths.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect()
}

/// The second column of a page's tables, where it is code.
fn second_column(page: &str) -> BTreeSet<String> {
    let cells = page.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").nth(1));
    let names = cells.filter_map(|cell| cell.trim_end_matches(" |").strip_prefix('`'));
    names.map(|name| name.trim_end_matches('`').to_owned()).collect()
}

#[test]
fn every_file_of_the_tests_has_a_line_in_their_table() {
    let mut modules = stems("tests/tests/it");
    for name in ["main", "support"] {
        assert!(modules.remove(name), "{name}");
    }
    let mut programs = stems("tests/tests");
    assert!(programs.remove("it"));
    let listed = second_column(include_str!("../../tests/README.md"));
    assert_eq!(listed, &modules | &programs);
}

/// A file that no `mod` names is not compiled, and nobody would miss its tests.
#[test]
fn every_module_of_the_tests_is_compiled() {
    let source = include_str!("../../tests/tests/it/main.rs");
    for module in stems("tests/tests/it").iter().filter(|name| *name != "main") {
        assert!(source.contains(&format!("\nmod {module};")), "`mod {module};`");
    }
}
