//! Programs that the tests run and that cargo cannot bring.

use std::path::{Path, PathBuf};

use crate::command::{Cmd, Result};
use crate::step::{Outcome, Step};

/// Makes sure of them before anything is built, so that a fresh machine learns at once what it
/// lacks, and not from a test half an hour later.
pub(crate) fn step() -> Step {
    Step::function("needs", "cargo xtask needs", || {
        redis_server()?;
        postgres()?;
        present("python3 --version", "Python 3, for the keys computed in another language")?;
        present("openssl version", "OpenSSL, for the certificates of TLS tests")?;
        Ok(Outcome::Passed)
    })
}

fn present(question: &str, what: &str) -> Result {
    let command = Cmd::new(question);
    if command.succeeds() {
        return command.run();
    }
    Err(format!("`{question}` does not work; install {what}").into())
}

/// The one that is installed without asking: nobody has it by chance, and every test of the Redis
/// store needs it.
fn redis_server() -> Result {
    if let Some(binary) = std::env::var_os("CACHE_TEST_REDIS_SERVER") {
        println!("redis-server: {} (CACHE_TEST_REDIS_SERVER)", binary.display());
        return existing("CACHE_TEST_REDIS_SERVER", Path::new(&binary));
    }
    let version = Cmd::new("redis-server --version");
    if !version.succeeds() {
        install_redis_server()?;
    }
    version.run()
}

fn existing(variable: &str, binary: &Path) -> Result {
    if binary.is_file() {
        return Ok(());
    }
    Err(format!("{variable} leads to no file: {}", binary.display()).into())
}

fn install_redis_server() -> Result {
    println!("`redis-server` is not installed, and the tests run real ones: installing it now.");
    if Cmd::new("apt-get --version").succeeds() {
        return install_from_debian("redis-server");
    }
    if Cmd::new("brew --version").succeeds() {
        return Cmd::new("brew install redis").run();
    }
    Err("found neither apt-get nor brew; install Redis and put `redis-server` into PATH".into())
}

/// Debian keeps its programs out of `PATH`; the tests look there, too.
fn postgres() -> Result {
    if let Some(folder) = std::env::var_os("CACHE_TEST_POSTGRES_BIN") {
        println!("PostgreSQL: {} (CACHE_TEST_POSTGRES_BIN)", folder.display());
        return existing("CACHE_TEST_POSTGRES_BIN", &Path::new(&folder).join("initdb"));
    }
    if let Some(initdb) = initdb() {
        return Cmd::program(&initdb).words("--version").run();
    }
    println!("PostgreSQL is not installed, and an example runs on it: installing it now.");
    if Cmd::new("apt-get --version").succeeds() {
        return install_from_debian("postgresql");
    }
    if Cmd::new("brew --version").succeeds() {
        return Cmd::new("brew install postgresql").run();
    }
    Err("found neither apt-get nor brew; install PostgreSQL and put `initdb` into PATH".into())
}

fn initdb() -> Option<PathBuf> {
    if Cmd::new("initdb --version").succeeds() {
        return Some(PathBuf::from("initdb"));
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let programs = versions.flatten().map(|version| version.path().join("bin/initdb"));
    programs.into_iter().find(|program| program.is_file())
}

/// Sees to it that instructions can be counted.
pub(crate) fn valgrind() -> Result {
    let version = Cmd::new("valgrind --version");
    if !version.succeeds() && Cmd::new("apt-get --version").succeeds() {
        install_from_debian("valgrind")?;
    }
    present("valgrind --version", "valgrind, to count instructions")
}

/// Debian starts a Redis on port 6379 after this. It does no harm: the tests start their own, on
/// other ports.
fn install_from_debian(package: &str) -> Result {
    let user = Cmd::new("id -u").output()?;
    for command in debian_commands(user.trim() == "0", package) {
        command.run()?;
    }
    Ok(())
}

/// `env` carries the variable through `sudo`, which drops the caller's.
fn debian_commands(root: bool, package: &str) -> [Cmd; 2] {
    let sudo = if root { "" } else { "sudo " };
    // Right after boot a machine may still be busy with its own updates: wait for them.
    let apt =
        format!("{sudo}env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120");
    [
        Cmd::new(&format!("{apt} update")),
        Cmd::new(&format!("{apt} install --yes --no-install-recommends {package}")),
    ]
}

#[cfg(test)]
mod tests {
    use super::{debian_commands, present};

    #[test]
    fn a_missing_program_is_explained() {
        let error = present("no-such-program --version", "the thing").unwrap_err();
        let expected = "`no-such-program --version` does not work; install the thing";
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn root_needs_no_sudo() {
        assert!(debian_commands(true, "it").iter().all(|c| c.to_string().starts_with("env ")));
        assert!(
            debian_commands(false, "it").iter().all(|c| c.to_string().starts_with("sudo env "))
        );
    }
}
