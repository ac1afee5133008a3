//! Generates types, compiles them, and runs what is to hold for them: `cargo xtask fuzz`.

use clap::Parser;
use fuzz::Options;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{fs, io};

/// Looks for two calls of one key, and for equal calls of two: random types and values, through keys, patterns, the in-process tier, entries
/// and shapes.
///
/// Exit codes: 0 when nothing was found, 1 with a finding, 2 for a mistake on the command line, 3 when the types could not be generated or
/// compiled.
#[derive(Debug, Parser)]
#[command(name = "fuzz")]
struct Arguments {
    #[command(flatten)]
    options: Options,
    /// How many types are generated, each in three versions: they take most of the time until it begins
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u16).range(1..=1000))]
    types: u16,
    /// Prints the types of the seed, and does no more
    #[arg(long)]
    print: bool,
}

const MANIFEST: &str = r#"[package]
name = "fuzzed"
version = "0.0.0"
edition = "2024"
publish = false

[dependencies]
cache-runtime = { path = "../../cache-runtime" }
clap = { version = "4", features = ["derive"] }
fuzz = { path = "../../fuzz" }
serde = { version = "1", features = ["derive"] }

[workspace]

# Half the time to compile, and nearly as fast.
[profile.release.package.fuzzed]
opt-level = 1
"#;

const MAIN: &str = "//! Random types.
#![allow(clippy::all, missing_docs, unused)]
mod generated;

#[derive(clap::Parser)]
struct Arguments {
    #[command(flatten)]
    options: fuzz::Options,
}

fn main() -> std::process::ExitCode {
    let arguments = <Arguments as clap::Parser>::parse();
    fuzz::run(&generated::suite(), arguments.options)
}
";

fn main() -> ExitCode {
    let mut arguments = Arguments::parse();
    let seed = *arguments.options.seed.get_or_insert_with(|| fastrand::u64(..));
    match generate_and_run(&arguments, seed) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("seed {seed}; the types could not be generated and compiled: {error}");
            ExitCode::from(3)
        }
    }
}

fn generate_and_run(arguments: &Arguments, seed: u64) -> io::Result<ExitCode> {
    let source = fuzz::source(seed, usize::from(arguments.types))?;
    if arguments.print {
        print!("{source}");
        return Ok(ExitCode::SUCCESS);
    }
    println!("seed {seed}: compiling {} types", arguments.types);
    let program = compile(&source)?;
    let cases = arguments.options.cases.to_string();
    let mut run = Command::new(program);
    let status = run.args(["--seed", &seed.to_string(), "--cases", &cases]).status()?;
    if !status.success() {
        println!("and with --types {}", arguments.types);
    }
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Writes a package beside the checkout's other artefacts, with its versions of everything, and compiles it.
fn compile(source: &str) -> io::Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
    let target = root.join("target");
    let package = target.join("fuzz");
    fs::create_dir_all(package.join("src"))?;
    fs::write(package.join("Cargo.toml"), MANIFEST)?;
    fs::copy(root.join("Cargo.lock"), package.join("Cargo.lock"))?;
    fs::write(package.join("src/main.rs"), MAIN)?;
    fs::write(package.join("src/generated.rs"), source)?;
    let cargo = Command::new("cargo")
        .args(["build", "--release", "--offline", "--quiet"])
        .current_dir(&package)
        .env("CARGO_TARGET_DIR", &target)
        .status()?;
    if !cargo.success() {
        return Err(io::Error::other(format!("{cargo} of `cargo build`")));
    }
    Ok(target.join("release/fuzzed"))
}
