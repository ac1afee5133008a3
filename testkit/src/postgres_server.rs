//! A real `PostgreSQL` for one test.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use rustix::process::geteuid;
use tempfile::TempDir;

use crate::signals;
use crate::wait::eventually_blocking;

/// Generous: machines that build and test at once have slow moments.
const START_TIMEOUT: Duration = Duration::from_secs(60);

const MISSING: &str = "no PostgreSQL found; install it: `apt-get install postgresql` or \
                       `brew install postgresql`, or name the folder of `initdb` and `postgres` in \
                       CACHE_TEST_POSTGRES_BIN";

/// Where Debian and Red Hat keep the binaries, which they leave out of `PATH`: a folder for each version.
const VERSIONS: [&str; 2] = ["/usr/lib/postgresql", "/usr/pgsql"];

/// Its administrator, who needs no password: only this machine's users reach the socket.
const ADMINISTRATOR: &str = "postgres";

/// A user like an application's, who owns the database of the same name.
const OWNER: &str = "app";

/// A `postgres` process of the test's own, with one empty database, on a unix socket; ended on drop.
///
/// Nothing in it is safe from a power cut, which is what makes it fast. `PostgreSQL` refuses to run as root: there, it runs as
/// the user `postgres` or `nobody`.
#[derive(Debug)]
pub struct PostgresServer {
    // Before the directory: fields are dropped in this order, and the server writes there.
    process: Process,
    directory: TempDir,
    programs: Programs,
}

/// Ends with its owner.
#[derive(Debug)]
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // Killed outright it would leave its shared memory behind.
        signals::quit(&self.0);
        let _ = self.0.wait();
    }
}

/// Who runs the server.
#[derive(Clone, Copy, Debug)]
struct User {
    id: u32,
    group: u32,
}

impl PostgresServer {
    /// Makes a database cluster and starts a server on it.
    ///
    /// # Panics
    ///
    /// When it cannot be started; the message holds what it said, or says what to install.
    #[must_use]
    pub fn start() -> Self {
        Self::run(Programs(std::env::var_os("CACHE_TEST_POSTGRES_BIN").map(PathBuf::from)))
    }

    /// Does the same with the programs in a folder, and no others.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    #[must_use]
    pub fn start_from(folder: impl Into<PathBuf>) -> Self {
        Self::run(Programs(Some(folder.into())))
    }

    fn run(programs: Programs) -> Self {
        let directory = TempDir::with_prefix("postgres-").expect("a temporary directory");
        let user = geteuid().is_root().then(unprivileged);
        if let Some(User { id, group }) = user {
            chown(directory.path(), Some(id), Some(group)).expect("root may give a folder away");
        }
        programs.initialize(directory.path(), user);
        let process = Process(programs.launch(directory.path(), user));
        let mut server = Self { process, directory, programs };
        server.wait_until_it_answers();
        server.psql(&format!("CREATE ROLE {OWNER} LOGIN PASSWORD 'secret'"));
        server.psql(&format!("CREATE DATABASE {OWNER} OWNER {OWNER}"));
        server
    }

    /// Returns the URL of the database, for the user who owns it, a password included.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_of(&format!("{OWNER}:secret"), OWNER)
    }

    /// Returns the URL of the database, for the server's administrator.
    #[must_use]
    pub fn administrator_url(&self) -> String {
        self.url_of(ADMINISTRATOR, OWNER)
    }

    /// The host, a folder, has to stand behind the question mark: it has slashes.
    fn url_of(&self, login: &str, database: &str) -> String {
        format!("postgres://{login}@localhost/{database}?host={}", self.directory.path().display())
    }

    /// Returns the number of the server's process.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.process.0.id()
    }

    fn wait_until_it_answers(&mut self) {
        let is_there = |server: &mut Self| {
            let has_ended = server.process.0.try_wait().expect("a child can be asked").is_some();
            assert!(!has_ended, "postgres does not start; its log:\n{}", server.log());
            server.try_psql("SELECT 1").status.success()
        };
        eventually_blocking(START_TIMEOUT, || is_there(self), "PostgreSQL answers");
    }

    /// Returns everything the server has logged.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    fn psql(&self, statement: &str) {
        let output = self.try_psql(statement);
        assert!(
            output.status.success(),
            "{statement}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    fn try_psql(&self, statement: &str) -> Output {
        let mut command = Command::new(self.programs.path("psql"));
        command.args(["--no-psqlrc", "--quiet", "--command", statement]);
        command.arg(self.url_of(ADMINISTRATOR, "postgres"));
        command.output().unwrap_or_else(|error| refuse(&error, "psql"))
    }
}

/// Where the programs of `PostgreSQL` are: in this folder, or wherever they are found.
#[derive(Clone, Debug)]
struct Programs(Option<PathBuf>);

impl Programs {
    fn initialize(&self, directory: &Path, user: Option<User>) {
        let mut command = self.command("initdb", directory, user);
        command.args(["--pgdata", "data", "--auth", "trust", "--username", ADMINISTRATOR]);
        command.args(["--no-sync", "--encoding", "UTF8", "--locale", "C"]);
        let output = command.output().unwrap_or_else(|error| refuse(&error, "initdb"));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "initdb fails:\n{said}");
    }

    fn launch(&self, directory: &Path, user: Option<User>) -> Child {
        let log = File::create(directory.join("log")).expect("the directory is writable");
        let mut command = self.command("postgres", directory, user);
        command.args(["-D", "data", "-F", "-c", "listen_addresses=", "-k"]).arg(directory);
        command.args(["-c", "synchronous_commit=off", "-c", "full_page_writes=off"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        command.spawn().unwrap_or_else(|error| refuse(&error, "postgres"))
    }

    fn command(&self, program: &str, directory: &Path, user: Option<User>) -> Command {
        let mut command = Command::new(self.path(program));
        command.current_dir(directory);
        if let Some(User { id, group }) = user {
            command.uid(id).gid(group);
        }
        command
    }

    /// A program: in the folder that was named, else in `PATH`, else that of the newest version where systems keep them.
    fn path(&self, program: &str) -> PathBuf {
        if let Some(folder) = &self.0 {
            return folder.join(program);
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let in_path = std::env::split_paths(&path).map(|folder| folder.join(program));
        let mut found = in_path.chain(versions().map(|folder| folder.join("bin").join(program)));
        found.find(|file| file.is_file()).unwrap_or_else(|| PathBuf::from(program))
    }
}

fn refuse<T>(error: &io::Error, program: &str) -> T {
    assert!(error.kind() != io::ErrorKind::NotFound, "{MISSING}");
    panic!("cannot start `{program}`: {error}")
}

/// The folders of all versions, the newest first.
fn versions() -> impl Iterator<Item = PathBuf> {
    let folders = VERSIONS.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten();
    let mut versions: Vec<_> = folders.flatten().map(|entry| entry.path()).collect();
    let number = |path: &PathBuf| {
        let name = path.file_name().and_then(OsStr::to_str);
        name.and_then(|name| name.parse::<u32>().ok())
    };
    versions.sort_by_key(number);
    versions.into_iter().rev()
}

/// Somebody whom the system knows, which `initdb` insists on, and who is not root.
fn unprivileged() -> User {
    let users = fs::read_to_string("/etc/passwd").expect("every Unix has one");
    let find = |name: &str| {
        let line = users.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        let mut fields = line.split(':').skip(1);
        Some(User { id: fields.next()?.parse().ok()?, group: fields.next()?.parse().ok()? })
    };
    let found = find("postgres").or_else(|| find("nobody"));
    found.expect("PostgreSQL does not run as root, and there is no user `postgres` or `nobody`")
}
