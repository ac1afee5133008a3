//! What a registry would get: both crates as packages, and a program that is built on them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::{Cmd, Result};
use crate::readme;
use crate::step::{Outcome, Step};

const CRATES: [&str; 2] = ["cache-macros", "cache-runtime"];

/// What a registry, docs.rs and a reader look for in a package's manifest.
const FIELDS: [&str; 9] = [
    "description = ",
    "license = ",
    "readme = ",
    "documentation = ",
    "keywords = ",
    "categories = ",
    "rust-version = ",
    "[package.metadata.docs.rs]",
    "all-features = true",
];

const FILES: [&str; 3] = ["LICENSE-APACHE", "LICENSE-MIT", "README.md"];

pub(crate) fn step() -> Step {
    Step::function("package", "cargo xtask package", || {
        let folder = target().join("package");
        package()?;
        for name in CRATES {
            complete(&unpacked(&folder, name)?)?;
        }
        let program = write_program(&folder)?;
        readme::check_promised(&run(&program).without_env("CACHE_URL").output()?)?;
        refuses_tls(&program)?;
        Ok(Outcome::Passed)
    })
}

fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from)
}

/// Verified by the program below: cargo would build each package once more, with a registry of its
/// own. Without a network where that is possible.
fn package() -> Result {
    let line =
        "cargo package --no-verify --allow-dirty --package cache-macros --package cache-runtime";
    let offline = Cmd::new(line).words("--offline");
    if offline.succeeds() {
        return Ok(());
    }
    Cmd::new(line).run()
}

/// Unpacks the package of a crate, and returns the folder. Its files are of now: those of a package
/// are all of one old date, and cargo would take them for what it has compiled before.
fn unpacked(folder: &Path, name: &str) -> Result<PathBuf> {
    let stem = format!("{name}-{}", env!("CARGO_PKG_VERSION"));
    let (archive, to) = (folder.join(format!("{stem}.crate")), folder.join(&stem));
    if to.exists() {
        fs::remove_dir_all(&to)?;
    }
    let paths = [archive.to_string_lossy(), folder.to_string_lossy()];
    Cmd::new("tar -xzmf").args(&paths[..1]).args(&["-C"]).args(&paths[1..]).run()?;
    Ok(to)
}

fn complete(package: &Path) -> Result {
    let manifest = fs::read_to_string(package.join("Cargo.toml"))?;
    let fields = FIELDS.iter().filter(|field| !manifest.contains(**field));
    let files = FILES.iter().filter(|file| !package.join(file).is_file());
    let missing: Vec<_> = fields.chain(files).copied().collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!("{} lacks {}", package.display(), missing.join(", ")).into())
}

/// Writes the README's program as somebody would have it who depends on the packages. It has the
/// profile and the lock file of this workspace, so that its dependencies are compiled already.
fn write_program(folder: &Path) -> Result<PathBuf> {
    let program = folder.join("program");
    fs::create_dir_all(program.join("src"))?;
    fs::copy("examples/quickstart/src/main.rs", program.join("src/main.rs"))?;
    fs::copy("Cargo.lock", program.join("Cargo.lock"))?;
    let workspace = fs::read_to_string("Cargo.toml")?;
    fs::write(program.join("Cargo.toml"), manifest(&workspace))?;
    Ok(program)
}

fn manifest(workspace: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let profiles = workspace.find("[profile.dev]").map_or("", |start| &workspace[start..]);
    format!(
        r#"[package]
name = "program"
version = "0.0.0"
edition = "2024"
publish = false

[workspace]

[dependencies]
cache-runtime = {{ path = "../cache-runtime-{version}" }}
tokio = {{ version = "1", default-features = false, features = ["macros", "rt-multi-thread"] }}

[patch.crates-io]
cache-macros = {{ path = "../cache-macros-{version}" }}

{profiles}"#
    )
}

fn run(program: &Path) -> Cmd {
    let paths = [program.join("Cargo.toml"), target()];
    let paths = paths.each_ref().map(|path| path.to_string_lossy());
    let command = Cmd::new("cargo run --quiet --manifest-path");
    command.args(&paths[..1]).args(&["--target-dir"]).args(&paths[1..])
}

/// The default features are without TLS: whoever asks for it has to learn the feature's name.
fn refuses_tls(program: &Path) -> Result {
    let said = run(program).env("CACHE_URL", "rediss://127.0.0.1:1").said()?;
    if said.contains("feature `tls`") {
        return Ok(());
    }
    Err(format!("without the feature `tls`, `rediss://` leads to: {said}").into())
}

#[cfg(test)]
mod tests {
    use super::{FIELDS, FILES, complete, manifest};
    use std::fs;

    #[test]
    fn what_a_package_lacks_is_named() {
        let package = std::env::temp_dir().join(format!("xtask-package-{}", std::process::id()));
        fs::create_dir_all(&package).unwrap();
        fs::write(package.join("Cargo.toml"), FIELDS.join("\n")).unwrap();
        for file in &FILES[1..] {
            fs::write(package.join(file), "").unwrap();
        }
        let error = complete(&package).unwrap_err().to_string();
        assert!(error.ends_with("lacks LICENSE-APACHE"), "{error}");
        fs::write(package.join(FILES[0]), "").unwrap();
        assert!(complete(&package).is_ok());
        fs::remove_dir_all(&package).unwrap();
    }

    #[test]
    fn the_program_has_the_profile_of_the_workspace() {
        let manifest = manifest(include_str!("../../Cargo.toml"));
        assert!(manifest.contains("[profile.dev.package.\"*\"]"), "{manifest}");
        assert!(manifest.contains("cache-runtime = { path = \"../cache-runtime-"), "{manifest}");
    }
}
