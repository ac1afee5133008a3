//! One multiplexed connection that comes back by itself, and the breaker before it.
//!
//! A caller never connects and never waits for a server that is known to be away: it takes the connection that
//! stands, or an error at once. Behind the callers one supervisor task connects, probes and backs off.

use super::address::Address;
use super::failure;
use crate::error::{Error, Result};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

/// The first pause between two attempts; each following one is twice as long, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// A server that is back is noticed at most this much later, and half as much again for jitter.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// How the connection stands.
#[derive(Clone, Debug)]
enum State {
    /// The first attempt is under way: callers wait for it within their budget.
    Connecting,
    /// Commands can be sent.
    Up { connection: MultiplexedConnection, since: Instant },
    /// A command took longer than the budget: the server may be frozen, or the reply was large.
    Suspect { connection: MultiplexedConnection },
    /// There is no connection; callers get this error at once.
    Down { error: Error },
}

impl State {
    fn suspect(&self) -> Option<MultiplexedConnection> {
        match self {
            Self::Suspect { connection } => Some(connection.clone()),
            _ => None,
        }
    }
}

/// The connection of one tokio runtime.
#[derive(Debug)]
pub(super) struct Link {
    state: Arc<watch::Sender<State>>,
    supervisor: AbortHandle,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.supervisor.abort();
    }
}

impl Link {
    /// Begins to connect; must be called inside a tokio runtime.
    pub(super) fn open(client: Client, address: Address, patience: Duration) -> Self {
        let state = Arc::new(watch::Sender::new(State::Connecting));
        let supervisor = Supervisor { client, address, patience, state: Arc::clone(&state) };
        let task = tokio::spawn(supervisor.run());
        Self { state, supervisor: task.abort_handle() }
    }

    /// Whether the runtime of this link is gone.
    pub(super) fn is_dead(&self) -> bool {
        self.supervisor.is_finished()
    }

    /// The connection that stands, or why there is none.
    pub(super) async fn connection(&self) -> Result<MultiplexedConnection> {
        if let Some(answer) = answer(&self.state.borrow()) {
            return answer;
        }
        let mut changes = self.state.subscribe();
        let settled = changes.wait_for(|state| !matches!(state, State::Connecting)).await;
        match settled.map(|state| answer(&state)) {
            Ok(Some(answer)) => answer,
            _ => Err(Error::unreachable("the runtime of the Redis connection has ended")),
        }
    }

    /// Hears that a command failed in a way that ends the connection.
    pub(super) fn lost(&self, error: &Error) {
        self.state.send_if_modified(|state| {
            let up = matches!(state, State::Up { .. } | State::Suspect { .. });
            if up {
                *state = State::Down { error: error.clone() };
            }
            up
        });
    }

    /// Hears that a command took longer than `budget`. One that began before this connection stood says nothing of it.
    pub(super) fn timed_out(&self, budget: Duration) {
        self.state.send_if_modified(|state| {
            let State::Up { connection, since } = state else {
                return false;
            };
            let concerned = since.elapsed() >= budget;
            if concerned {
                *state = State::Suspect { connection: connection.clone() };
            }
            concerned
        });
    }
}

/// What a state says to a caller; nothing while the first attempt is under way.
fn answer(state: &State) -> Option<Result<MultiplexedConnection>> {
    match state {
        State::Connecting => None,
        State::Up { connection, .. } => Some(Ok(connection.clone())),
        State::Suspect { .. } => Some(Err(Error::unreachable("Redis stopped answering"))),
        State::Down { error } => Some(Err(error.clone())),
    }
}

struct Supervisor {
    client: Client,
    address: Address,
    /// How long one attempt to connect may take.
    patience: Duration,
    state: Arc<watch::Sender<State>>,
}

impl Supervisor {
    async fn run(self) {
        loop {
            let connection = self.connect_until_it_works().await;
            tracing::info!(target: "cache_runtime", server = %self.address, "connected to Redis");
            self.set_up(connection);
            self.watch_until_it_breaks().await;
        }
    }

    async fn connect_until_it_works(&self) -> MultiplexedConnection {
        let mut pause = FIRST_PAUSE;
        let mut warned = false;
        loop {
            match self.connect().await {
                Ok(connection) => return connection,
                Err(error) => {
                    if !warned {
                        tracing::warn!(target: "cache_runtime", server = %self.address, %error, "Redis is away; functions run without the cache");
                    }
                    warned = true;
                    self.state.send_replace(State::Down { error });
                }
            }
            sleep(jittered(pause)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn connect(&self) -> Result<MultiplexedConnection> {
        let attempt = async {
            // Every wait is bounded by `patience` or a caller's budget: none inside the client.
            let config = AsyncConnectionConfig::new()
                .set_connection_timeout(None)
                .set_response_timeout(None);
            let connection =
                self.client.get_multiplexed_async_connection_with_config(&config).await?;
            ping(&mut connection.clone()).await?;
            Ok(connection)
        };
        match timeout(self.patience, attempt).await {
            Ok(connected) => connected.map_err(|error| failure::connecting(&self.address, &error)),
            Err(_) => Err(Error::unreachable(format!("no answer from Redis at {}", self.address))),
        }
    }

    fn set_up(&self, connection: MultiplexedConnection) {
        self.state.send_replace(State::Up { connection, since: Instant::now() });
    }

    /// Returns when the connection is lost, or suspected and does not answer a ping.
    async fn watch_until_it_breaks(&self) {
        let mut states = self.state.subscribe();
        loop {
            let suspect = {
                let left = states.wait_for(|state| !matches!(state, State::Up { .. })).await;
                left.ok().and_then(|state| state.suspect())
            };
            let Some(mut connection) = suspect else {
                return;
            };
            match timeout(self.patience, ping(&mut connection)).await {
                Ok(Ok(())) => self.set_up(connection),
                _ => return,
            }
        }
    }
}

async fn ping(connection: &mut MultiplexedConnection) -> redis::RedisResult<()> {
    redis::cmd("PING").query_async(connection).await
}

/// Half to one and a half times `pause`, so that a fleet does not reconnect in lock-step.
fn jittered(pause: Duration) -> Duration {
    let mut byte = [128];
    // Without randomness the pause is exact, which harms nobody.
    let _ = getrandom::fill(&mut byte);
    pause / 2 + pause * u32::from(byte[0]) / 255
}
