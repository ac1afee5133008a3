//! A store that says what a good one does not.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// Listens on a free port and answers everything alike, one answer for each connection.
pub(crate) struct Canned {
    url: String,
    requests: Arc<AtomicU64>,
}

impl Canned {
    pub(crate) fn start(answer: impl Into<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let (answer, requests) = (answer.into(), Arc::new(AtomicU64::new(0)));
        let counter = Arc::clone(&requests);
        // It ends with the test's process.
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                say(connection, &answer, &counter);
            }
        });
        Self { url, requests }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }
}

/// Reads a request's head, and answers.
fn say(mut connection: TcpStream, answer: &[u8], requests: &AtomicU64) -> Option<()> {
    let mut lines = BufReader::new(connection.try_clone().ok()?).lines();
    while !lines.next()?.ok()?.is_empty() {}
    requests.fetch_add(1, Ordering::SeqCst);
    // Who asks may hang up when it has read enough.
    let _ = connection.write_all(answer);
    Some(())
}
