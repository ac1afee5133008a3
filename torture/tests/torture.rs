//! A short torture, and proofs that it can find what it looks for and cleans up after itself.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;
use testkit::eventually_blocking;

/// Generous, because everything else here ends when enough has happened.
const SOON: Duration = Duration::from_secs(20);

fn torture(options: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_torture"));
    command.args(options.split_whitespace());
    command
}

/// Runs it to its end, and shows what it printed if that is not the expected one.
#[track_caller]
fn ends_with(options: &str, code: i32) -> String {
    let Output { status, stdout, stderr } = torture(options).output().expect("it was built");
    let text = String::from_utf8_lossy(&stdout).into_owned();
    let errors = String::from_utf8_lossy(&stderr);
    assert_eq!(status.code(), Some(code), "{text}\n{errors}");
    text
}

#[test]
fn nothing_is_stale_whatever_happens() {
    let text = ends_with("--until-enough --seconds 240", 0);
    assert!(text.ends_with("no stale read\n"), "{text}");
}

#[test]
fn nothing_stays_stale_in_a_process_that_keeps_values() {
    let text = ends_with("--local --until-enough --seconds 240", 0);
    assert!(text.ends_with("no stale read\n"), "{text}");
}

#[test]
fn the_harness_notices_a_process_that_hears_of_nothing() {
    let text = ends_with("--mutant deaf --faults none --seconds 240", 1);
    assert!(text.contains("STALE READ of row"), "{text}");
}

#[test]
fn the_harness_notices_one_token_for_all_loads_of_a_process() {
    let text = ends_with("--mutant token-per-process --faults none --seconds 240", 1);
    assert!(text.contains("STALE READ of row"), "{text}");
}

#[test]
fn the_harness_notices_when_the_lease_is_off() {
    let text = ends_with("--without-lease --faults none --seconds 240", 1);
    assert!(text.contains("STALE READ of row"), "{text}");
    // What explains it: who loaded an old version, and who had written a newer one.
    for event in ["LoadSees", "Commits", "FloorIs", "Got"] {
        assert!(text.contains(event), "no {event} in {text}");
    }
    let seed = text.strip_prefix("seed ").and_then(|rest| rest.split_once(';'));
    let (seed, rest) = seed.expect("the first line names the seed");
    assert!(rest.trim_end().ends_with(&format!("seed {seed}")), "{text}");
}

#[test]
fn a_run_that_shows_nothing_says_so() {
    let text = ends_with("--until-enough --seconds 0 --processes 1", 3);
    assert!(text.contains("time ran out with only "), "{text}");
    // A worker may have read something before it was told to end; no fault has begun.
    assert!(text.contains(" of 100000 reads, "), "{text}");
    assert!(text.contains(", 0 of 8 disconnect, 0 of 8 freeze-server, 0 of 8 restart, "), "{text}");
}

/// A running torture: its own process, and the servers and workers that it named.
struct Running {
    torture: Child,
    others: Vec<String>,
}

impl Running {
    fn start(options: &str) -> Self {
        let mut torture = torture(options).stdout(Stdio::piped()).spawn().expect("it was built");
        let mut output = BufReader::new(torture.stdout.take().expect("it is piped"));
        let line =
            output.by_ref().lines().map_while(Result::ok).find(|l| l.starts_with("processes"));
        let line = line.expect("it names its processes");
        let numbers = line.split(|c: char| !c.is_ascii_digit()).filter(|word| !word.is_empty());
        let others: Vec<_> = numbers.map(str::to_owned).collect();
        // Somebody must go on reading, or the torture would stop at a full pipe.
        std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
        Self { torture, others }
    }

    fn signal(&self, signal: &str) {
        let process = self.torture.id().to_string();
        let status = Command::new("kill").args([signal, &process]).status();
        assert!(status.expect("there is `kill`").success());
    }

    fn leaves_nothing(&mut self) {
        self.torture.wait().expect("it is our child");
        let gone = || self.others.iter().all(|process| !runs(process));
        eventually_blocking(SOON, gone, "all servers and workers are gone");
    }
}

/// Whether a process is there and more than a number that nobody has asked for yet.
fn runs(process: &str) -> bool {
    let state = Command::new("ps").args(["-o", "stat=", "-p", process]).output();
    let state = state.expect("there is `ps`").stdout;
    !state.trim_ascii().is_empty() && !state.trim_ascii().starts_with(b"Z")
}

#[test]
fn an_interrupted_run_ends_cleanly() {
    let mut running = Running::start("--processes 2 --faults none --keep-going");
    assert!(running.others.len() == 4 && running.others.iter().all(|process| runs(process)));
    running.signal("-INT");
    running.leaves_nothing();
}

#[test]
fn a_killed_run_leaves_nothing_behind() {
    let mut running = Running::start("--processes 2 --faults none --keep-going");
    assert!(running.others.iter().all(|process| runs(process)));
    running.signal("-KILL");
    running.leaves_nothing();
}
