//! A `redis-server` process and the signals it is sent.

use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::builder::Group;
use crate::signals;

const MISSING: &str = "no `redis-server` found; install it: `apt-get install redis-server` or \
                       `brew install redis` (`cargo xtask test` does that for you), or name \
                       another binary in CACHE_TEST_REDIS_SERVER";

/// Ends with its owner: a server that outlives its test holds a port and confuses the next one.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Process {
    /// Starts `binary` in `directory`, with everything it prints going to its log file there.
    pub(crate) fn spawn(
        binary: &Path,
        arguments: &[String],
        directory: &Path,
        group: Group,
    ) -> Self {
        let mut command = Command::new(binary);
        if group == Group::Own {
            command.process_group(0);
        }
        let spawned = command
            .args(arguments)
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(log_file(directory))
            .stderr(log_file(directory))
            .spawn();
        match spawned {
            Ok(child) => Self(child),
            Err(error) if error.kind() == io::ErrorKind::NotFound => panic!("{MISSING}"),
            Err(error) => panic!("cannot start `{}`: {error}", binary.display()),
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        let status = self.0.try_wait().expect("a child can be waited for");
        status.is_some()
    }

    /// Kills it as a power cut would, and returns when it is gone.
    pub(crate) fn kill(&mut self) {
        // Already gone is as good as killed. SIGKILL ends a stopped process too.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    pub(crate) fn freeze(&self) {
        signals::freeze(&self.0);
    }

    pub(crate) fn thaw(&self) {
        signals::thaw(&self.0);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Appending, so that the lines before a restart are kept.
fn log_file(directory: &Path) -> Stdio {
    let file = fs::OpenOptions::new().create(true).append(true).open(directory.join("redis.log"));
    file.expect("the directory is writable").into()
}
