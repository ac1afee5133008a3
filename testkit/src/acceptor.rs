//! A TCP listener whose connections each get a thread.

use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// Accepts until dropped, and closes everything then.
#[derive(Debug)]
pub(crate) struct Acceptor {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct State {
    stopped: bool,
    accepted: Vec<TcpStream>,
}

impl Acceptor {
    /// Listens on a port of the system's choice and hands each connection to `serve`.
    pub(crate) fn start(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("127.0.0.1 has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let thread = thread::spawn(move || accept_all(&listener, &shared, &Arc::new(serve)));
        Self { address, state, thread: Some(thread) }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn connections(&self) -> usize {
        lock(&self.state).accepted.len()
    }

    fn stop(&self) {
        lock(&self.state).stopped = true;
        // `accept` cannot be interrupted; a connection of our own makes it return.
        let _ = TcpStream::connect(self.address);
        for connection in &lock(&self.state).accepted {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Acceptor {
    fn drop(&mut self) {
        self.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn accept_all<F>(listener: &TcpListener, state: &Mutex<State>, serve: &Arc<F>)
where
    F: Fn(TcpStream) + Send + Sync + 'static,
{
    for connection in listener.incoming().flatten() {
        let mut state = lock(state);
        if state.stopped {
            return;
        }
        let copy = connection.try_clone().expect("a socket can be duplicated");
        state.accepted.push(copy);
        let serve = Arc::clone(serve);
        thread::spawn(move || serve(connection));
    }
}

/// A panic elsewhere is reported where it happened; the fixture goes on cleaning up.
fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
