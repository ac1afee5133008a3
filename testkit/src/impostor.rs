//! Servers that are up and useless, in two ways.

use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::acceptor::Acceptor;

/// A server that accepts every connection, reads what it is sent and never answers.
///
/// Like a server whose process hangs or whose answers a firewall drops: connecting works, so only
/// a time limit of the client's own gets it out.
#[derive(Debug)]
pub struct BlackHole(Acceptor);

impl BlackHole {
    /// Starts one on a free port of 127.0.0.1; dropping it closes all its connections.
    #[must_use]
    pub fn start() -> Self {
        Self(Acceptor::start(|mut connection| {
            let _ = io::copy(&mut connection, &mut io::sink());
        }))
    }

    /// Returns the address as a `redis://` URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port())
    }

    /// Returns the port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.port()
    }

    /// Returns how many connections it has accepted so far.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.0.connections()
    }
}

/// A server that answers commands with one error line, as a server does that is loading its data
/// set, is a read-only replica or is out of memory.
#[derive(Debug)]
pub struct ErrorServer {
    acceptor: Acceptor,
    commands: Arc<AtomicUsize>,
}

impl ErrorServer {
    /// Starts one that answers every command with `-{error}`, for example `ERR no` or
    /// `LOADING Redis is loading the dataset in memory`.
    ///
    /// # Panics
    ///
    /// When `error` is more than one line.
    #[must_use]
    pub fn start(error: &str) -> Self {
        Self::with_answer(error, |_| None)
    }

    /// Starts one that lets a client connect first: what clients say to introduce themselves
    /// (`HELLO`, `AUTH`, `SELECT`, `CLIENT`) succeeds, everything after that fails with `-{error}`.
    ///
    /// # Panics
    ///
    /// When `error` is more than one line.
    #[must_use]
    pub fn after_handshake(error: &str) -> Self {
        Self::with_answer(error, handshake_answer)
    }

    fn with_answer(error: &str, answer: fn(&str) -> Option<&'static str>) -> Self {
        assert!(!error.contains(['\r', '\n']), "an error is one line");
        let failure = format!("-{error}\r\n");
        let commands = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&commands);
        let acceptor = Acceptor::start(move |connection| {
            // An error here is the client hanging up.
            let _ = serve(&connection, |name| {
                answer(name).unwrap_or_else(|| {
                    counter.fetch_add(1, Ordering::Relaxed);
                    &failure
                })
            });
        });
        Self { acceptor, commands }
    }

    /// Returns the address as a `redis://` URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port())
    }

    /// Returns the port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.acceptor.port()
    }

    /// Returns how many commands it has failed so far.
    #[must_use]
    pub fn failed_commands(&self) -> usize {
        self.commands.load(Ordering::Relaxed)
    }
}

fn handshake_answer(name: &str) -> Option<&'static str> {
    match name {
        "HELLO" => Some("%1\r\n$5\r\nproto\r\n:3\r\n"),
        "AUTH" | "SELECT" | "CLIENT" => Some("+OK\r\n"),
        _ => None,
    }
}

/// Reads commands until the client hangs up, and answers each by its upper-case name.
fn serve<'a>(mut stream: &TcpStream, answer: impl Fn(&str) -> &'a str) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    while let Some(name) = read_command(&mut reader)? {
        stream.write_all(answer(&name).as_bytes())?;
    }
    Ok(())
}

/// Reads one command (an array of bulk strings) and returns its name, or `None` at the end.
fn read_command(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut name = None;
    for _ in 0..read_length(reader, '*')? {
        let length = read_length(reader, '$')?;
        let mut argument = vec![0; length + "\r\n".len()];
        reader.read_exact(&mut argument)?;
        argument.truncate(length);
        name.get_or_insert_with(|| String::from_utf8_lossy(&argument).to_uppercase());
    }
    Ok(name)
}

/// Reads a line such as `*3` or `$5`; the end of the stream counts as length 0.
fn read_length(reader: &mut impl BufRead, sign: char) -> io::Result<usize> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(0);
    }
    let digits = line.strip_prefix(sign).map(str::trim_end);
    digits
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| io::Error::other(format!("not RESP: {line:?}")))
}
