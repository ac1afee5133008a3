//! Checks of the documents: links lead somewhere, and every example is a test.

use std::fs;
use std::path::{Path, PathBuf};

/// Every page of the repository: at its root, in `docs/` and in `benches/`.
fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folders = [root.clone(), root.join("docs"), root.join("benches")];
    let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).expect("a folder"));
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
