//! The commands of the README that show something, as a reader would type them.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::command::{Cmd, Result};
use crate::step::{Outcome, Step};

/// The programs that the README names; `sql_cache`, which is built for speed, has tests of its own.
const PROGRAMS: [&str; 2] = ["-p quickstart", "-p examples --bin transfer"];

pub(crate) fn step() -> Step {
    Step::function("readme", "cargo xtask readme", || {
        let server = Server::start()?;
        for program in PROGRAMS {
            let embedded = run(program).without_env("CACHE_URL").output()?;
            check(program, &embedded, "memory")?;
            let redis = run(program).env("CACHE_URL", &server.url()).output()?;
            check(program, &redis, "redis")?;
        }
        check_promised(&run(PROGRAMS[0]).without_env("CACHE_URL").captured()?)?;
        Ok(Outcome::Passed)
    })
}

fn run(program: &str) -> Cmd {
    Cmd::new("cargo run").words(program)
}

/// What the README says that its program prints.
pub(crate) fn check_promised(output: &str) -> Result {
    let promised = block(README, "```text\n").ok_or("the README shows no output")?;
    if output == promised {
        return Ok(());
    }
    Err(format!("the README says that its program prints this:\n{promised}").into())
}

const README: &str = include_str!("../../README.md");

/// The first block of a page that begins so, without its fences.
fn block<'a>(page: &'a str, fence: &str) -> Option<&'a str> {
    let (_, rest) = page.split_once(fence)?;
    Some(rest.split_once("```")?.0)
}

/// A program that never hits shows nobody what a cache is for; and one that is on another
/// store than it was told would hit all the same.
fn check(program: &str, output: &str, store: &str) -> Result {
    let on_store = output.lines().any(|line| line == format!("store: {store}"));
    if !on_store {
        return Err(format!("{program} does not run on `store: {store}`").into());
    }
    let hits = output.lines().find_map(|line| line.split_once(" hit")?.0.parse::<u64>().ok());
    if hits.unwrap_or(0) == 0 {
        return Err(format!("{program} shows no hit").into());
    }
    Ok(())
}

/// A Redis of our own. The fixtures of `testkit` could do this too, but every task
/// would then compile a Redis client before it starts.
struct Server {
    process: Child,
    port: u16,
}

impl Server {
    fn start() -> Result<Self> {
        for _ in 0..3 {
            let mut server = Self::spawn(free_port()?)?;
            if server.is_ready() {
                return Ok(server);
            }
            // Ended at once: somebody took the port in between. Another one, then.
        }
        Err("redis-server does not start".into())
    }

    fn spawn(port: u16) -> Result<Self> {
        let named = std::env::var_os("CACHE_TEST_REDIS_SERVER");
        let binary = named.unwrap_or_else(|| "redis-server".into());
        let process = Command::new(binary)
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        Ok(Self { process, port })
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    fn is_ready(&mut self) -> bool {
        let deadline = Instant::now() + Duration::from_secs(10);
        while matches!(self.process.try_wait(), Ok(None)) && Instant::now() < deadline {
            if ping(self.port).is_ok_and(|answer| answer == "+PONG\r\n") {
                return true;
            }
            thread::sleep(Duration::from_millis(10));
        }
        false
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn ping(port: u16) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    stream.write_all(b"PING\r\n")?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::{README, Server, block, check, check_promised, ping};

    #[test]
    fn output_without_a_hit_on_the_right_store_is_refused() {
        assert!(check("quickstart", "store: redis\n1 hit, 2 loads\n", "redis").is_ok());
        assert!(check("quickstart", "store: memory\n1 hit, 2 loads\n", "redis").is_err());
        assert!(check("quickstart", "store: redis\n0 hit, 2 loads\n", "redis").is_err());
        assert!(check("quickstart", "store: redis\n", "redis").is_err());
        assert!(check("quickstart", "", "redis").is_err());
    }

    #[test]
    fn the_first_example_is_the_program_that_is_run() {
        let program = include_str!("../../examples/quickstart/src/main.rs");
        let (_header, program) = program.split_once("\n\n").unwrap();
        assert_eq!(block(README, "```rust\n"), Some(program));
    }

    #[test]
    fn another_output_than_the_promised_one_is_refused() {
        let promised = block(README, "```text\n").unwrap();
        assert!(promised.contains("1 hit"), "{promised}");
        assert!(check_promised(promised).is_ok());
        assert!(check_promised(&promised.replace("1 hit", "0 hit")).is_err());
    }

    #[test]
    fn the_readme_names_the_programs_that_are_run() {
        for program in super::PROGRAMS {
            assert!(README.contains(&format!("cargo run {program} ")), "{program}");
        }
    }

    #[test]
    fn the_server_answers_until_dropped() {
        let server = Server::start().unwrap();
        let port = server.port;
        assert_eq!(ping(port).unwrap(), "+PONG\r\n");
        drop(server);
        assert!(ping(port).is_err());
    }
}
