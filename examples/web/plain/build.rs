//! Takes the cache out of the source of `web`: the attributes, and the lines that import them. The two files that build a handle and
//! wait for a commit have a counterpart here.

use std::fs;
use std::path::{Path, PathBuf};

const SOURCE: &str = "../src";

/// Files that this package has in place of those of `web`.
const OWN: [&str; 2] = ["cache.rs", "transaction.rs"];

const ATTRIBUTES: [&str; 2] = ["#[cached(", "#[invalidates("];

fn main() {
    println!("cargo::rerun-if-changed={SOURCE}");
    println!("cargo::rerun-if-changed=src");
    let source = inlined(Path::new(SOURCE), "lib.rs");
    let source = source.replace("include_str!(\"", "include_str!(\"@/");
    let source = source.replace("@/", &format!("{}/", absolute(SOURCE).display()));
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("web.rs"), source).expect("cargo made the folder");
}

fn absolute(path: &str) -> PathBuf {
    fs::canonicalize(path).expect("the source of `web` stands beside this package")
}

/// A file with its modules inside it. The documentation of the crate itself stays out: an included file cannot have any.
fn inlined(folder: &Path, name: &str) -> String {
    let path = if OWN.contains(&name) { Path::new("src").join(name) } else { folder.join(name) };
    let source = without_cache(&fs::read_to_string(path).expect("a module has a file"));
    let is_root = name == "lib.rs";
    let lines = source.lines().filter(|line| !(is_root && line.starts_with("//!")));
    let lines = lines.map(|line| module(line, folder).unwrap_or_else(|| line.to_owned()));
    lines.map(|line| line + "\n").collect()
}

/// The module that a line declares, as a block.
fn module(line: &str, folder: &Path) -> Option<String> {
    let name = line.strip_prefix("mod ")?.strip_suffix(';')?;
    let inside = folder.join(name);
    let content = if inside.is_dir() {
        inlined(&inside, "mod.rs")
    } else {
        inlined(folder, &format!("{name}.rs"))
    };
    Some(format!("mod {name} {{\n{content}}}"))
}

fn without_cache(source: &str) -> String {
    let mut rest = source;
    let mut kept = String::new();
    while let Some(start) = ATTRIBUTES.iter().filter_map(|name| rest.find(name)).min() {
        kept += &rest[..start];
        rest = rest[start + attribute_length(&rest[start..])..].trim_start();
    }
    kept += rest;
    let lines = kept.lines().filter(|line| !line.starts_with("use cache_runtime::"));
    lines.map(|line| line.to_owned() + "\n").collect()
}

/// Up to the bracket that closes the attribute. Brackets in its texts are no brackets.
fn attribute_length(attribute: &str) -> usize {
    let (mut depth, mut is_text) = (0, false);
    for (place, character) in attribute.char_indices() {
        match character {
            '"' => is_text = !is_text,
            '[' if !is_text => depth += 1,
            ']' if !is_text => depth -= 1,
            _ => continue,
        }
        if depth == 0 && !is_text && character == ']' {
            return place + 1;
        }
    }
    panic!("an attribute does not end: {attribute}")
}
