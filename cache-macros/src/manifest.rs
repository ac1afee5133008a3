//! Name by which the manifest of the crate that is compiled knows the runtime.
//!
//! This module reads the part of TOML in which dependencies are written, line by line. Lines that
//! the module does not understand are ignored. The runtime then has its own name, or the attribute
//! gives another one.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Name of the runtime's package.
const PACKAGE: &str = "cache-runtime";

/// Text that a manifest has for each dependency, in one line, by the dependency's name in the
/// manifest.
type Dependencies = BTreeMap<String, String>;

thread_local! {
    /// Folder and result of the last search. Each attribute of a crate asks for the result.
    static LOOKED: RefCell<Option<(PathBuf, Option<String>)>> = const { RefCell::new(None) };
}

/// Returns the runtime's name in the crate that is compiled, if the manifest gives the runtime
/// another one: `cache = { package = "cache-runtime", … }`.
pub(crate) fn renamed() -> Option<String> {
    let folder = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR")?);
    LOOKED.with_borrow_mut(|looked| match looked {
        Some((looked_in, name)) if *looked_in == folder => name.clone(),
        _ => {
            let name = look(&folder);
            *looked = Some((folder, name.clone()));
            name
        }
    })
}

fn look(folder: &Path) -> Option<String> {
    let own = dependencies(&read(folder)?);
    renamed_in(&own, || dependencies(&workspace_of(folder).unwrap_or_default()))
}

fn read(folder: &Path) -> Option<String> {
    fs::read_to_string(folder.join("Cargo.toml")).ok()
}

/// Returns the manifest of the workspace in which a package is.
fn workspace_of(folder: &Path) -> Option<String> {
    let mut manifests = folder.ancestors().filter_map(read);
    let is_workspace =
        |manifest: &String| manifest.lines().any(|line| line.starts_with("[workspace"));
    manifests.find(is_workspace)
}

fn renamed_in(own: &Dependencies, workspace: impl FnOnce() -> Dependencies) -> Option<String> {
    if own.get(PACKAGE).is_some_and(|said| !says(said, "package", "\"")) {
        return None;
    }
    let is_runtime = |said: &String| says(said, "package", "\"cache-runtime\"");
    if let Some((name, _)) = own.iter().find(|(_, said)| is_runtime(said)) {
        return Some(name.clone());
    }
    let is_inherited =
        |name: &String| own.get(name).is_some_and(|said| says(said, "workspace", "true"));
    let inherited =
        workspace().into_iter().find(|(name, said)| is_inherited(name) && is_runtime(said));
    inherited.map(|(name, _)| name).filter(|name| name != PACKAGE)
}

/// Tells whether `key = value` occurs in a manifest's text for a dependency.
fn says(said: &str, key: &str, value: &str) -> bool {
    said.split(key).skip(1).any(|rest| {
        let rest = rest.trim_start().strip_prefix('=');
        rest.is_some_and(|rest| rest.trim_start().replace('\'', "\"").starts_with(value))
    })
}

/// Returns the dependencies of a manifest, of all kinds and targets.
fn dependencies(manifest: &str) -> Dependencies {
    let mut found = Dependencies::new();
    let mut table = Table::Other;
    for line in manifest.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        if let Some(header) = line.strip_prefix('[') {
            table = Table::named(header);
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        let (name, said) = match &table {
            Table::Other => continue,
            Table::Dependency(name) => (name.clone(), line.to_owned()),
            Table::Dependencies => match key.split_once('.') {
                Some((name, key)) => (bare(name), format!("{key} = {value}")),
                None => (bare(key), value.to_owned()),
            },
        };
        let all = found.entry(name).or_default();
        all.push_str(&said);
        all.push(',');
    }
    found
}

enum Table {
    /// `[dependencies]`, or the dependencies of a kind, a target or a workspace.
    Dependencies,
    /// `[dependencies.name]`.
    Dependency(String),
    Other,
}

impl Table {
    fn named(header: &str) -> Self {
        let path = header.trim_end().trim_end_matches(']');
        match path.rsplit_once('.') {
            _ if path.ends_with("dependencies") => Self::Dependencies,
            Some((of, name)) if of.ends_with("dependencies") => Self::Dependency(bare(name)),
            _ => Self::Other,
        }
    }
}

/// Returns a name without white space and quotes.
fn bare(name: &str) -> String {
    name.trim().trim_matches(['"', '\'']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renamed(own: &str, workspace: &str) -> Option<String> {
        renamed_in(&dependencies(own), || dependencies(workspace))
    }

    #[test]
    fn a_name_is_found_wherever_a_manifest_gives_one() {
        for own in [
            "[dependencies]\ncache = { version = \"1\", package = \"cache-runtime\" } # ours",
            "[dependencies]\nserde = \"1\"\n\"cache\" = { package='cache-runtime' }",
            "[dependencies.cache]\nversion = \"1\"\npackage = \"cache-runtime\"\n",
            "[dependencies]\ncache.version = \"1\"\ncache.package = \"cache-runtime\"",
            "[target.'cfg(unix)'.dependencies]\ncache = { package = \"cache-runtime\" }",
            "[dev-dependencies.cache]\npackage = \"cache-runtime\"",
        ] {
            assert_eq!(renamed(own, "").as_deref(), Some("cache"), "{own}");
        }
    }

    #[test]
    fn a_name_is_found_in_the_workspace() {
        let workspace =
            "[workspace.dependencies]\ncache = { package = \"cache-runtime\", path = \"x\" }";
        for own in ["cache.workspace = true", "cache = { features = [], workspace = true }"] {
            let own = format!("[dependencies]\n{own}");
            assert_eq!(renamed(&own, workspace).as_deref(), Some("cache"), "{own}");
        }
        assert_eq!(renamed("[dependencies]\ncache = \"1\"", workspace), None, "another crate");
    }

    #[test]
    fn the_runtimes_own_name_is_none() {
        let own = "[dependencies]\ncache-runtime = { version = \"1\" }\n\
                   old = { package = \"cache-runtime\", version = \"0.1\" }";
        assert_eq!(renamed(own, ""), None);
        assert_eq!(renamed("[dependencies]\ncache-runtime.workspace = true", ""), None);
        assert_eq!(renamed("[package]\nname = \"cache-runtime\"", ""), None);
        assert_eq!(renamed("# [dependencies.cache]\n# package = \"cache-runtime\"", ""), None);
    }
}
