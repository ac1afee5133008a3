//! An orchestrator or a worker: commands on the input, an answer for each on the output.

use crate::answer::Registry;
use crate::command::Command;
use crate::template::Template;
use crate::writes::register_all;
use examples::command_line::{Failure, printable};
use std::io::{self, Write};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, BufReader, stdin};

/// Registers what the process brings with it, then answers until it is told to quit, or its input ends.
pub(crate) async fn serve(registry: &Registry, templates: &[Template]) -> Result<(), Failure> {
    if !templates.is_empty() {
        register_all(&registry.db, templates).await.map_err(Failure::fault)?;
    }
    say(&format!("ready (templates: {})", templates.len()))?;
    let mut input = BufReader::new(stdin());
    while let Some(line) = next_line(&mut input).await? {
        let command = Command::parse(&line);
        say(&answer(registry, &command).await)?;
        if command == Ok(Command::Quit) {
            break;
        }
    }
    Ok(())
}

/// Bytes that are no text become a command that is not known, and the process goes on.
async fn next_line(input: &mut (impl AsyncBufRead + Unpin)) -> Result<Option<String>, Failure> {
    let mut line = Vec::new();
    let read = input.read_until(b'\n', &mut line).await.map_err(Failure::fault)?;
    Ok((read > 0).then(|| String::from_utf8_lossy(&line).into_owned()))
}

async fn answer(registry: &Registry, command: &Result<Command, String>) -> String {
    let answer = match command {
        Ok(command) => registry.answer(command).await.map_err(|error| error.to_string()),
        Err(usage) => Err(usage.clone()),
    };
    answer.unwrap_or_else(|error| format!("error: {error}"))
}

fn say(answer: &str) -> Result<(), Failure> {
    writeln!(io::stdout(), "{}", printable(answer)).map_err(Failure::fault)
}
