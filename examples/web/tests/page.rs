//! The commands of `docs/web.md`, as a reader would type them, and what the server says of mistakes.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use testkit::{PostgresServer, RedisServer};

const PAGE: &str = include_str!("../../../docs/web.md");

fn web(variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_web"));
    // The default budget is for machines that do not compile meanwhile.
    command.env_clear().env("CACHE_BUDGET", "5s").envs(variables.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A running server; killed on drop.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(database: &str, cache: &str) -> Self {
        let variables =
            [("DATABASE_URL", database), ("CACHE_URL", cache), ("LISTEN", "127.0.0.1:0")];
        let mut process = web(&variables).spawn().expect("it was built");
        let output = process.stdout.take().expect("it is piped");
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).expect("it says where it listens");
        let address = line.trim().strip_prefix("listening on ").expect("an address").to_owned();
        Self { process, address }
    }

    /// Runs a command of the page against this server.
    fn run(&self, command: &str) -> String {
        let command = command.replace("localhost:8080", &self.address);
        let output = Command::new("sh").args(["-c", &command]).output().expect("there is `sh`");
        assert!(output.status.success(), "{command}: {output:?}");
        String::from_utf8(output.stdout).expect("the server writes UTF-8")
    }

    /// Asks it to end, and returns its exit code and what it has complained of.
    fn end(mut self) -> (Option<i32>, String) {
        let number = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &number]).status().expect("`kill`").success());
        let status = self.process.wait().expect("it is our child");
        let mut complaints = String::new();
        let errors = self.process.stderr.take().expect("it is piped");
        BufReader::new(errors).read_to_string(&mut complaints).expect("it is UTF-8");
        (status.code(), complaints)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The lines between a fence and the next one.
fn block(fence: &str) -> &'static str {
    let (_, rest) = PAGE.split_once(fence).expect("the page has such a block");
    rest.split_once("```").expect("the block ends").0
}

#[test]
fn the_commands_of_the_page_print_what_it_says() {
    let postgres = PostgresServer::start();
    let redis = RedisServer::start();
    let server = Server::start(&postgres.url(), &redis.url());
    let commands = block("```sh\ncurl").lines().enumerate();
    let commands = commands
        .map(|(line, rest)| if line == 0 { format!("curl{rest}") } else { rest.to_owned() });
    let printed: Vec<_> = commands.map(|command| server.run(&command)).collect();
    let printed: Vec<_> =
        printed.iter().filter(|text| !text.is_empty()).map(|text| format!("{text}\n")).collect();
    assert_eq!(printed.concat(), block("```text\n"));
    let health = server.run("curl -s localhost:8080/health");
    assert!(
        health.contains(r#""well":true"#) && !health.contains(r#""hits":0,"misses":0"#),
        "{health}"
    );
    let (code, complaints) = server.end();
    assert_eq!((code, &*complaints), (Some(0), ""));
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    let cases = [
        (vec![], "web: DATABASE_URL is not set"),
        (vec![("DATABASE_URL", "mysql://x")], "web: DATABASE_URL: "),
        (vec![("DATABASE_URL", "postgres://x"), ("CACHE_URL", "http://x")], "web: cache: "),
    ];
    for (variables, complaint) in cases {
        let output = web(&variables).output().expect("it was built");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{errors}");
        assert!(errors.starts_with(complaint), "{errors}");
        assert_eq!(errors.lines().count(), 1, "{errors}");
    }
}
