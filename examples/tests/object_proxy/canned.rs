//! A store that says what a good one does not.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Listens on a free port and answers everything alike, one answer for each connection.
pub(crate) struct Canned {
    url: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Canned {
    pub(crate) fn start(answer: impl Into<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let (answer, heads) = (answer.into(), Arc::default());
        let told = Arc::clone(&heads);
        // It ends with the test's process.
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                say(connection, &answer, &told);
            }
        });
        Self { url, heads }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn requests(&self) -> usize {
        self.heads().len()
    }

    /// What it was asked, each in lower case and with all its headers.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Reads a request's head, and answers.
fn say(mut connection: TcpStream, answer: &[u8], heads: &Mutex<Vec<String>>) -> Option<()> {
    let mut lines = BufReader::new(connection.try_clone().ok()?).lines();
    let mut head = String::new();
    while let Some(line) = lines.next()?.ok().filter(|line| !line.is_empty()) {
        head += &(line.to_lowercase() + "\n");
    }
    heads.lock().ok()?.push(head);
    // Who asks may hang up when it has read enough.
    let _ = connection.write_all(answer);
    Some(())
}
