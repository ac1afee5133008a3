//! Round after round, and how it went.

use crate::comparison::Notes;
use crate::options::Options;
use crate::rounds::{Kind, Round};
use crate::stage::Stage;
use crate::traffic::Traffic;
use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

/// How many findings of a round are shown; the others are counted.
const SHOWN: usize = 5;

const FOUND: u8 = 1;
const NOTHING_PROVEN: u8 = 3;
const BROKEN: u8 = 4;

/// Runs the comparison, and prints how it went.
pub(crate) async fn run(options: &Options) -> ExitCode {
    let seed = options.seed.unwrap_or_else(|| fastrand::u64(..));
    println!("seed {seed}; `--seed {seed}` repeats the choices of this run, not its timing");
    let mut notes = Notes::new();
    let outcome = rounds(options, seed, &mut notes).await;
    print!("{}", notes.counts());
    let found = notes.findings().len();
    let code = match outcome {
        _ if found > 0 => {
            println!("{found} answers are not those of a service without the cache; seed {seed}");
            FOUND
        }
        Err(error) => {
            println!("the comparison itself failed: {error}; seed {seed}");
            BROKEN
        }
        Ok(()) if notes.counts().hits == 0 => {
            println!("the cache never hit, so that this proves nothing; seed {seed}");
            NOTHING_PROVEN
        }
        Ok(()) => {
            println!("all answers are the same");
            return ExitCode::SUCCESS;
        }
    };
    code.into()
}

async fn rounds(options: &Options, seed: u64, notes: &mut Notes) -> Result<(), Box<dyn Error>> {
    let stage = Stage::start().await?;
    let chosen = if options.rounds.is_empty() { &Kind::ALL[..] } else { &options.rounds };
    let end = Instant::now() + options.time();
    for (number, &kind) in (0..).zip(chosen.iter().cycle()) {
        let is_over =
            if options.once { number as usize == chosen.len() } else { Instant::now() > end };
        if is_over {
            break;
        }
        let started = Instant::now();
        notes.round = kind.name();
        let traffic = Traffic::new(seed.wrapping_add(u64::from(number)));
        let played = Round { stage: &stage, notes, traffic, number, options }.play(kind).await;
        let found = show(notes);
        println!(
            "round {number}, {}: {:.1} s, {found} findings",
            kind.name(),
            started.elapsed().as_secs_f32()
        );
        if found > 0 && !options.keep_going {
            break;
        }
        played?;
    }
    Ok(())
}

/// Shows what the last round has found, and returns how much that is.
fn show(notes: &Notes) -> usize {
    let findings = notes.findings();
    for finding in findings.iter().take(SHOWN) {
        print!("{finding}");
    }
    findings.len()
}
