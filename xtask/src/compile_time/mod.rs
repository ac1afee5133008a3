//! What annotating costs in compile time: many functions bare, annotated, and with a peer's attribute.

mod source;
mod table;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::command::{Cmd, Result};
use crate::step::{Outcome, Step};
use source::{Form, source};
use table::{Row, table};

const WORKSPACE: &str = "benches/compile-time/Cargo.toml";

/// How much to compile, and how often.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Options {
    /// How many functions there are of each form
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    functions: u32,
    /// How often each form is compiled; they take turns
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rounds: u32,
    /// Also compile them with the peer's attribute for Redis, which takes longer than all others together
    #[arg(long)]
    peer_on_redis: bool,
}

impl Options {
    fn forms(self) -> &'static [Form] {
        if self.peer_on_redis { &Form::ALL } else { &Form::ALL[..3] }
    }
}

pub(crate) fn steps(options: Options) -> Vec<Step> {
    let again = "cargo xtask compile-time";
    vec![
        Step::function("dependencies", again, move || dependencies(options)),
        Step::function("rounds", again, move || comparison(options)),
    ]
}

/// Compiles everything once, so that the rounds compile the functions alone.
fn dependencies(options: Options) -> Result<Outcome> {
    for &form in options.forms() {
        write(form, options, 0)?;
        for verb in ["build", "check"] {
            cargo(verb, form, "build")?.run()?;
        }
    }
    Ok(Outcome::Passed)
}

/// What one form takes in one round.
#[derive(Clone, Copy, Debug)]
struct Times {
    build: Duration,
    check: Duration,
    edit: Duration,
}

fn comparison(options: Options) -> Result<Outcome> {
    let forms = options.forms();
    let rounds = rounds(options)?;
    let rows = [
        row("`cargo build`, s", &rounds, |times| times.build),
        row("`cargo check`, s", &rounds, |times| times.check),
        row("`cargo build` after an edit, s", &rounds, |times| times.edit),
        figure("expanded lines", 0, forms, expanded_lines)?,
        figure("binary, MiB", 1, forms, binary_size)?,
    ];
    let heads: Vec<_> = forms.iter().map(|form| form.name()).collect();
    println!("\n{}", table(&heads, &rows));
    Ok(Outcome::Passed)
}

/// For every form, what it takes in each round. The forms take turns, so that all of them meet the same machine.
fn rounds(options: Options) -> Result<Vec<Vec<Times>>> {
    let forms = options.forms();
    let mut rounds = vec![Vec::new(); forms.len()];
    for round in 1..=options.rounds {
        println!("round {round} of {}", options.rounds);
        for (&form, times) in forms.iter().zip(&mut rounds) {
            times.push(measured(form, options, round)?);
        }
    }
    Ok(rounds)
}

fn row(name: &'static str, rounds: &[Vec<Times>], take: fn(&Times) -> Duration) -> Row {
    let seconds = |times: &Vec<Times>| times.iter().map(|of| take(of).as_secs_f64()).collect();
    Row { name, digits: 2, samples: rounds.iter().map(seconds).collect() }
}

/// A row of what is the same in every round.
fn figure(
    name: &'static str,
    digits: usize,
    forms: &[Form],
    take: fn(Form) -> Result<f64>,
) -> Result<Row> {
    let samples = forms.iter().map(|&form| Ok(vec![take(form)?]));
    Ok(Row { name, digits, samples: samples.collect::<Result<_>>()? })
}

/// A full build, a full check, and a build after the body of one function was changed.
fn measured(form: Form, options: Options, round: u32) -> Result<Times> {
    write(form, options, 0)?;
    clean(form)?;
    let build = cargo("build --quiet", form, "build")?.timed()?;
    let check = cargo("check --quiet", form, "build")?.timed()?;
    write(form, options, round)?;
    let edit = cargo("build --quiet", form, "build")?.timed()?;
    println!(
        "  {:16} build {build:5.2?}, check {check:5.2?}, after an edit {edit:5.2?}",
        form.name()
    );
    Ok(Times { build, check, edit })
}

/// The compiler shows what macros expand to only to those who ask for its unstable options. Dependencies are told of
/// that, too, and are compiled again; hence a directory of its own.
fn expanded_lines(form: Form) -> Result<f64> {
    let command =
        cargo("rustc --quiet", form, "expanded")?.words("--profile check -- -Zunpretty=expanded");
    let text = command.env("RUSTC_BOOTSTRAP", "1").captured()?;
    let lines = u32::try_from(text.lines().count())?;
    Ok(f64::from(lines))
}

fn binary_size(form: Form) -> Result<f64> {
    let binary = directory()?.join("build/debug").join(form.package());
    let kibibytes = u32::try_from(fs::metadata(binary)?.len() >> 10)?;
    Ok(f64::from(kibibytes) / 1024.0)
}

fn clean(form: Form) -> Result {
    Cmd::new("cargo clean --quiet").args(&places(form, "build")?).timed().map(drop)
}

/// Cargo, at work on the package of one form; `target` parts what is compiled under different circumstances.
fn cargo(task: &str, form: Form, target: &str) -> Result<Cmd> {
    let file = file(form)?;
    let command = Cmd::new("cargo").words(task).words("--locked").args(&places(form, target)?);
    Ok(command.env("COMPILE_TIME_FUNCTIONS", &file.to_string_lossy()))
}

fn places(form: Form, target: &str) -> Result<[String; 6]> {
    let target = directory()?.join(target);
    let target = target.to_string_lossy();
    Ok(["--manifest-path", WORKSPACE, "--target-dir", &target, "--package", form.package()]
        .map(str::to_owned))
}

fn write(form: Form, options: Options, edit: u32) -> Result {
    let file = file(form)?;
    fs::create_dir_all(directory()?)?;
    Ok(fs::write(file, source(form, options.functions, edit))?)
}

fn file(form: Form) -> Result<PathBuf> {
    Ok(directory()?.join(form.package()).with_extension("rs"))
}

/// Absolute, because the compiler does not run where we do.
fn directory() -> Result<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR");
    let target = target.map_or_else(|| PathBuf::from("target"), PathBuf::from);
    Ok(std::path::absolute(target.join("compile-time"))?)
}
