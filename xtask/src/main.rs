//! The tasks of this repository: `cargo xtask --help`.

mod audit;
mod command;
mod compile_time;
mod counts;
#[cfg(test)]
mod documents;
mod fuzz;
mod house;
mod mutants;
mod needs;
mod oldest_rust;
mod package;
mod readme;
mod servers;
mod step;
mod tools;
mod torture;
mod twins;

use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::command::Cmd;
use crate::step::Step;

/// The tasks of this repository; the same here and in CI.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// The whole check, as CI runs it: needs, lint, tests, doc, readme, package
    Test {
        /// Instead, what touches a server, on each version of it that we care for; fetches them by pip
        #[arg(long)]
        servers: bool,
    },
    /// Finds what the tests need; installs redis-server when it is missing
    Needs,
    /// Checks formatting, which module imports which, and comments, and runs clippy; warnings are errors
    Lint,
    /// Runs the macros' tests: messages of rejected code, and expansions
    Ui,
    /// Accepts what the macros say and expand to now; read the diff afterwards
    Bless,
    /// Builds the documentation; warnings are errors
    Doc,
    /// Runs the README's examples, on the embedded store and on Redis
    Readme,
    /// Packages both crates, and builds and runs a program on the packages
    Package,
    /// Checks with the oldest Rust that the crates declare, where it is installed
    OldestRust,
    /// Checks dependencies, licences, spelling and every set of features; installs its tools
    Audit,
    /// Takes out one mechanism at a time and expects a test to notice; takes minutes
    Mutants {
        /// Only mutants whose names contain one of these; without any, all
        filters: Vec<String>,
    },
    /// Explores the protocol's specification in tens of millions of states; takes minutes, and gigabytes
    Spec,
    /// Looks for stale reads while servers and processes are disturbed, for ten minutes
    Torture {
        /// What the torture is to be given: `-- --help` lists it
        #[arg(last = true)]
        options: Vec<String>,
    },
    /// Compares a web service with itself without its cache, under faults, for ten minutes
    Twins {
        /// What the comparison is to be given: `-- --help` lists it
        #[arg(last = true)]
        options: Vec<String>,
    },
    /// Looks for two calls of one key, and equal calls of two, with random types and values; takes minutes
    Fuzz(fuzz::Options),
    /// Counts the instructions of a call's parts, and compares them with what they may take
    Instructions,
    /// Runs the benchmarks
    Bench {
        /// What criterion is to be given: a filter, or its options
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Compares how long annotated functions compile with the same functions bare; takes minutes
    CompileTime(compile_time::Options),
    /// Compares with other crates of the field, which it compiles first; takes ten minutes
    Peers {
        /// What the comparison is to be given: `-- --help` lists it
        #[arg(last = true)]
        options: Vec<String>,
    },
}

fn main() -> ExitCode {
    let task = Arguments::parse().task;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    std::env::set_current_dir(root).expect("the workspace is where it was built");
    step::run(steps(&task))
}

fn steps(task: &Task) -> Vec<Step> {
    match task {
        Task::Test { servers: false } => whole_check(),
        Task::Test { servers: true } => vec![needs::step(), servers::step()],
        Task::Needs => vec![needs::step()],
        Task::Lint => lint(),
        Task::Ui => ui(),
        Task::Bless => bless(),
        Task::Doc => vec![doc()],
        Task::Readme => vec![readme::step()],
        Task::Package => vec![package::step()],
        Task::OldestRust => vec![oldest_rust::step()],
        Task::Audit => audit::steps(),
        Task::Mutants { filters } => mutants::steps(filters),
        Task::Spec => spec(),
        Task::Torture { options } => vec![torture::step(options)],
        Task::Twins { options } => vec![twins::step(options)],
        Task::Fuzz(options) => vec![fuzz::step(*options)],
        Task::Instructions => vec![counts::step()],
        Task::Bench { arguments } => vec![bench(arguments)],
        Task::CompileTime(options) => compile_time::steps(*options),
        Task::Peers { options } => vec![peers(options)],
    }
}

/// Cheap steps first, so that most mistakes are known within a minute.
fn whole_check() -> Vec<Step> {
    let mut steps = vec![needs::step()];
    steps.extend(lint());
    steps.extend([oldest_rust::step(), tests(), scoped(), doctests(), doc()]);
    steps.extend([readme::step(), package::step(), counts::step()]);
    steps
}

fn lint() -> Vec<Step> {
    vec![
        Step::command("format", Cmd::new("cargo fmt --all --check")),
        house::step(),
        Step::command(
            "clippy",
            Cmd::new("cargo clippy --workspace --all-targets --all-features -- -D warnings"),
        ),
    ]
}

/// The example programs run here too, with small sizes: `examples/tests` starts them. Benchmarks
/// are left out: clippy has compiled them, and running them is `bench`.
fn tests() -> Step {
    Step::command("tests", Cmd::new("cargo test --workspace --all-features --lib --bins --tests"))
}

/// The consistency suite once more, where prefix patterns are invalidated by epochs. With the features of the whole
/// workspace, like the other tests: those of one package alone would compile all of it again.
fn scoped() -> Step {
    let suite = "cargo test --workspace --all-features --test it --";
    let modules = ["flights", "shape", "stale", "tier", "transactions", "write_through"];
    let command = Cmd::new(suite).args(&modules.map(|module| format!("{module}::")));
    Step::command("tests by epochs", command.env("CACHE_TEST_STRATEGY", "scoped"))
}

fn doctests() -> Step {
    Step::command("doctests", Cmd::new("cargo test --workspace --all-features --doc"))
}

fn doc() -> Step {
    let build = Cmd::new("cargo doc --no-deps --workspace --all-features");
    Step::command("doc", build.env("RUSTDOCFLAGS", "-D warnings"))
}

fn ui() -> Vec<Step> {
    macro_tests(|command| command)
}

fn bless() -> Vec<Step> {
    let mut steps =
        macro_tests(|command| command.env("TRYBUILD", "overwrite").env("UPDATE_EXPECT", "1"));
    // What was accepted is only right once somebody has read it.
    steps.push(Step::command("read this", Cmd::new("git diff --stat")));
    steps
}

/// `--test ui` by name: a filter that matches nothing would pass, a missing target does not.
fn macro_tests(prepare: impl Fn(Cmd) -> Cmd) -> Vec<Step> {
    let messages = "cargo test --workspace --all-features --test ui";
    let expansions = "cargo test -p cache-macros";
    vec![
        Step::command("messages", prepare(Cmd::new(messages))),
        Step::command("expansions", prepare(Cmd::new(expansions))),
    ]
}

/// The tests explore the small worlds; these are the large ones, and the stories of the mutants to read.
fn spec() -> Vec<Step> {
    let run = |arguments| Cmd::new("cargo run --release --quiet -p spec --").words(arguments);
    vec![
        Step::command("mutants of the protocol", run("mutants")),
        Step::command("the protocol", run("suite --nightly")),
    ]
}

fn bench(arguments: &[String]) -> Step {
    let command = Cmd::new("cargo bench -p benches --");
    Step::command("bench", command.args(arguments))
}

/// In a workspace of its own, so that nothing else here depends on what the peers depend on.
fn peers(options: &[String]) -> Step {
    let command = Cmd::new("cargo run --release --manifest-path benches/peers/Cargo.toml --");
    Step::command("peers", command.args(options))
}
