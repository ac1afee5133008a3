//! A link: one multiplexed connection that comes back by itself, with a breaker in front of it.
//!
//! A caller never connects, and never waits for a server that is known to be away. The caller gets
//! the standing connection, or an error at once. In the background, one supervisor task connects,
//! probes and backs off.

use super::address::Address;
use super::failure;
use super::greeting::{self, Greeter};
use super::guard::Way;
use super::hub::{Following, Hub};
use super::rights::{Found, Rights};
use super::{Dialects, Limits};
use crate::error::{Error, Result};
use crate::rt::backoff::Backoff;
use crate::store::validity::{Standing, Validity};
use futures_util::future::select;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Pipeline, PushInfo, RedisError, RedisResult};
use std::convert::Infallible;
use std::future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::watch;
use tokio::task::{AbortHandle, yield_now};
use tokio::time::{sleep, timeout};
use tracing::instrument::WithSubscriber;

/// First pause between two attempts to connect.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// Longest pause between two attempts to connect. With [`JITTER`], a server that is back is noticed
/// after 750 ms at most.
const MAX_PAUSE: Duration = Duration::from_millis(500);

/// Part of a pause by which it is made longer or shorter at random.
const JITTER: f64 = 0.5;

/// Shortest time of use after which a lost connection is replaced at once. A connection of a
/// shorter time counts as a failed attempt.
const STEADY: Duration = Duration::from_secs(2);

/// State of the connection.
#[derive(Debug)]
enum State {
    /// The first attempt is under way. Callers wait for it within their budget.
    Connecting,
    /// Commands can be sent.
    Up {
        wire: Wire,
        since: Instant,
        /// Owner of the connection's validity. Tracked values may be kept until it is dropped.
        _standing: Standing,
    },
    /// A command took longer than the budget. The server may be frozen, or the reply was large.
    Suspect { wire: Wire },
    /// There is no connection. Callers get this error at once.
    Down { error: Error },
}

/// A connection that stands, or stood.
#[derive(Clone, Debug)]
pub(super) struct Wire {
    pub(super) connection: MultiplexedConnection,
    /// Callers that wait for keys on the connection. `None` if the server does not track keys.
    pub(super) hub: Option<Arc<Hub>>,
    /// Validity of the connection, revoked when it is lost.
    pub(super) validity: Validity,
    /// Number that tells the connection from later ones.
    serial: u64,
}

impl State {
    fn wire(&self) -> Option<&Wire> {
        match self {
            Self::Up { wire, .. } | Self::Suspect { wire } => Some(wire),
            Self::Connecting | Self::Down { .. } => None,
        }
    }

    fn suspect(&self) -> Option<Wire> {
        match self {
            Self::Suspect { wire } => Some(wire.clone()),
            _ => None,
        }
    }

    /// Returns the answer for a caller. Returns `None` while the first attempt is under way.
    fn answer(&self) -> Option<Result<Wire>> {
        match self {
            Self::Connecting => None,
            Self::Up { wire, .. } => Some(Ok(wire.clone())),
            Self::Suspect { .. } => Some(Err(Error::unreachable("Redis stopped answering"))),
            Self::Down { error } => Some(Err(error.clone())),
        }
    }
}

/// The connection of one tokio runtime.
#[derive(Debug)]
pub(super) struct Link {
    state: Arc<watch::Sender<State>>,
    rights: Arc<Rights>,
    /// Results of the check of rights. They are beside the state, so that reads do not carry them.
    found: Arc<Mutex<Found>>,
    budget: Duration,
    supervisor: AbortHandle,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.supervisor.abort();
    }
}

impl Link {
    /// Begins to connect. Call this inside a tokio runtime.
    pub(super) fn open(callers: Callers) -> Self {
        let state = Arc::new(watch::Sender::new(State::Connecting));
        let budget = callers.limits.budget;
        let rights = Arc::clone(&callers.rights);
        let found = Arc::<Mutex<Found>>::default();
        let supervisor =
            Supervisor { callers, state: Arc::clone(&state), found: Arc::clone(&found) };
        let task = tokio::spawn(supervisor.run().with_current_subscriber());
        Self { state, rights, found, budget, supervisor: task.abort_handle() }
    }

    /// Returns the means by which the connection compares and acts in one step.
    pub(super) fn way(&self) -> Way {
        lock(&self.found).way
    }

    /// Chooses other means for the rest of this connection.
    pub(super) fn go_by(&self, way: Way) {
        lock(&self.found).way = way;
    }

    /// Returns the number of the connection. Zero is the first one, or none.
    pub(super) fn serial(&self) -> u64 {
        self.state.borrow().wire().map_or(0, |wire| wire.serial)
    }

    /// Tells whether the runtime of this link is gone.
    pub(super) fn is_dead(&self) -> bool {
        self.supervisor.is_finished()
    }

    /// Sends commands. If they fail in a way that ends the connection, the link is down.
    pub(super) async fn ask<T>(
        &self,
        commands: impl AsyncFnOnce(&mut MultiplexedConnection) -> RedisResult<T>,
    ) -> Result<T> {
        let mut wire = self.wire().await?;
        let answer = commands(&mut wire.connection).await;
        answer.map_err(|error| self.blame(&wire, &error))
    }

    /// Sends commands that the cache needs for correctness. If the user may not run them any more,
    /// the link is down.
    pub(super) async fn ask_by_right<T>(
        &self,
        commands: impl AsyncFnOnce(&mut MultiplexedConnection) -> RedisResult<T>,
    ) -> Result<T> {
        let mut wire = self.wire_by_right().await?;
        let answer = commands(&mut wire.connection).await;
        answer.map_err(|error| self.blame_right(&wire, &error))
    }

    /// Returns the error of a command. If the failure ends the connection, the link is down.
    pub(super) fn blame(&self, wire: &Wire, error: &RedisError) -> Error {
        let told = failure::command(error);
        if failure::ends_connection(error) {
            self.lost(wire, &told);
        }
        told
    }

    /// Returns the error of a command that the cache needs for correctness. If the user may not run
    /// that command any more, the connection is of no use. The next connection is given to callers
    /// once the user may run it.
    pub(super) fn blame_right(&self, wire: &Wire, error: &RedisError) -> Error {
        let told = self.blame(wire, error);
        // mutant: a right that is taken away is not missed
        if failure::is_about_rights(error) {
            // A lost right of an earlier connection has been noted already.
            if self.lost(wire, &told) {
                // mutant: what one connection may not do any more another one believes it may
                self.rights.note_refusal();
            }
        }
        told
    }

    /// Returns the connection for commands that the cache needs for correctness. If another
    /// connection of the store was refused a right since, such as that of releasing leases, this
    /// connection is of no use either. The next connection checks the rights again.
    pub(super) async fn wire_by_right(&self) -> Result<Wire> {
        let wire = self.wire().await?;
        if lock(&self.found).refusals == self.rights.refusals() {
            return Ok(wire);
        }
        let error = Error::unreachable("the rights of the Redis user have changed");
        self.lost(&wire, &error);
        Err(error)
    }

    /// Returns the connection for a caller, or the reason for its absence. On a runtime of one
    /// thread, a failure also gives the supervisor a turn.
    pub(super) async fn wire(&self) -> Result<Wire> {
        let answer = self.settled().await;
        if answer.is_err() {
            let_the_supervisor_run().await;
        }
        answer
    }

    /// Returns the connection, or the reason for its absence. While the first attempt is under way,
    /// this method waits for it.
    pub(super) async fn settled(&self) -> Result<Wire> {
        if let State::Up { wire, .. } = &*self.state.borrow() {
            return Ok(wire.clone());
        }
        let mut changes = self.state.subscribe();
        let settled = changes.wait_for(|state| !matches!(state, State::Connecting)).await;
        let answer = settled.ok().and_then(|state| state.answer());
        // The link has a sender of its own, so the channel cannot have closed.
        answer.unwrap_or_else(|| Err(Error::unreachable("Redis is not connected")))
    }

    /// Marks the link as down, because a command failed in a way that ends its connection. Returns
    /// whether that connection is the present one. The failure of an earlier connection changes
    /// nothing.
    fn lost(&self, lost: &Wire, error: &Error) -> bool {
        self.state.send_if_modified(|state| {
            let concerned = state.wire().is_some_and(|wire| wire.serial == lost.serial);
            if concerned {
                *state = State::Down { error: error.clone() };
            }
            concerned
        })
    }

    /// Hears that a call took longer than the budget. A connection younger than the budget is not
    /// suspected, because the call began before that connection stood.
    pub(super) fn timed_out(&self) {
        self.state.send_if_modified(|state| {
            *state = match state {
                State::Connecting => {
                    State::Down { error: Error::unreachable("Redis has not answered yet") }
                }
                State::Up { wire, since, .. } if since.elapsed() >= self.budget => {
                    State::Suspect { wire: wire.clone() }
                }
                State::Up { .. } | State::Suspect { .. } | State::Down { .. } => return false,
            };
            true
        });
    }
}

fn lock(found: &Mutex<Found>) -> MutexGuard<'_, Found> {
    found.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Yields once on a runtime of one thread. If such a runtime is entered for one call at a time, it
/// does nothing but that call. A refused call waits for nothing, so without this turn the
/// supervisor would never find the server again.
async fn let_the_supervisor_run() {
    let flavor = Handle::try_current().map(|runtime| runtime.runtime_flavor());
    if flavor.is_ok_and(|flavor| flavor == RuntimeFlavor::CurrentThread) {
        yield_now().await;
    }
}

/// A connection, with its hub if the server tells of changes.
type Connected = (MultiplexedConnection, Option<Arc<Hub>>);

/// Asks the server to track keys that are read after `CLIENT CACHING YES`. Returns whether it does.
/// Without tracking, waiting callers look at their keys again from time to time.
async fn track(connection: &MultiplexedConnection) -> bool {
    let mut commands = Pipeline::with_capacity(2);
    commands.cmd("CLIENT").arg("TRACKING").arg("ON").arg("OPTIN").ignore();
    // A user may have the right to one of the two commands only.
    commands.cmd("CLIENT").arg("CACHING").arg("YES").ignore();
    let answer = commands.query_async::<()>(&mut connection.clone()).await;
    if let Err(error) = &answer {
        tracing::debug!(target: "cache_runtime", reason = error.category(), "Redis does not track keys; waiting callers look again instead");
    }
    answer.is_ok()
}

/// The server of a link, and the parts of the store that the link serves.
pub(super) struct Callers {
    pub(super) dialects: Dialects,
    pub(super) address: Address,
    pub(super) limits: Limits,
    pub(super) rights: Arc<Rights>,
    pub(super) following: Following,
    /// Part of the handle that greets the server at each connection.
    pub(super) greeter: Option<Arc<dyn Greeter>>,
}

struct Supervisor {
    callers: Callers,
    state: Arc<watch::Sender<State>>,
    found: Arc<Mutex<Found>>,
}

impl Drop for Supervisor {
    /// Sets the link down, so that nobody waits for an attempt that has ended with its runtime.
    fn drop(&mut self) {
        let error = Error::unreachable("the runtime of the Redis connection has ended");
        self.state.send_replace(State::Down { error });
    }
}

impl Supervisor {
    async fn run(self) {
        let mut backoff = Backoff::new(FIRST_PAUSE, MAX_PAUSE).jitter(JITTER);
        for serial in 0.. {
            let is_again = serial > 0;
            let (connection, hub) = self.connect_until_it_works(&mut backoff, is_again).await;
            let since = Instant::now();
            let closed = self.hear_that_it_is_closed(hub.clone());
            self.set_up(Wire { connection, hub, validity: Validity::new(), serial });
            select(pin!(self.watch_until_it_breaks()), pin!(closed)).await;
            if since.elapsed() >= STEADY {
                backoff.reset();
            } else {
                sleep(backoff.pause()).await;
            }
        }
    }

    async fn connect_until_it_works(&self, backoff: &mut Backoff, is_again: bool) -> Connected {
        // A connection that comes and goes is logged once.
        let flapping = !backoff.is_fresh();
        let mut warned = flapping;
        loop {
            match self.connect(is_again).await {
                Ok(connected) => {
                    self.tell_of_connection(flapping, warned);
                    return connected;
                }
                Err(error) => {
                    if !warned {
                        tracing::warn!(target: "cache_runtime", server = %self.callers.address, %error, "Redis is away; functions run without the cache");
                    }
                    warned = true;
                    self.state.send_replace(State::Down { error });
                }
            }
            sleep(backoff.pause()).await;
        }
    }

    /// Logs that the server is there. The level is that of the message that it was away.
    fn tell_of_connection(&self, flapping: bool, warned: bool) {
        let server = &self.callers.address;
        match (flapping, warned) {
            (true, _) => {
                tracing::debug!(target: "cache_runtime", %server, "connected to Redis again");
            }
            (false, true) => {
                tracing::warn!(target: "cache_runtime", %server, "Redis is back; functions use the cache again");
            }
            (false, false) => {
                tracing::info!(target: "cache_runtime", %server, "connected to Redis");
            }
        }
    }

    async fn connect(&self, is_again: bool) -> Result<Connected> {
        // The first connection may take the longer time. If the server is too slow for calls, they
        // time out and tell.
        let is_first = matches!(*self.state.borrow(), State::Connecting);
        let answers_within =
            if is_first { self.callers.limits.connect } else { self.callers.limits.budget };
        let attempt = async {
            let opened = self.greet().await;
            let (connection, hub) =
                opened.map_err(|error| failure::connecting(&self.callers.address, &error))?;
            self.probe(&connection, answers_within).await?;
            // mutant: a user without rights takes leases
            self.callers.rights.check(&connection, &self.found).await?;
            self.meet(&connection, is_again).await?;
            Ok((connection, hub))
        };
        timeout(self.callers.limits.connect, attempt)
            .await
            .unwrap_or_else(|_| Err(self.no_answer()))
    }

    /// Opens a connection in RESP3, or in RESP2 if the server refuses RESP3. Only in RESP3 can the
    /// server tell of changes.
    async fn greet(&self) -> RedisResult<Connected> {
        // The callers of this method bound every wait, so the client itself sets no timeout.
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let hub = Arc::new(Hub::new(Arc::clone(&self.callers.following)));
        let listener = Arc::clone(&hub);
        let hears = move |push: PushInfo| {
            listener.hear(&push);
            Ok::<(), Infallible>(())
        };
        let resp3 = &self.callers.dialects.resp3;
        let listening = config.clone().set_push_sender(hears);
        match resp3.get_multiplexed_async_connection_with_config(&listening).await {
            Ok(connection) => {
                let tracks = track(&connection).await;
                Ok((connection, tracks.then_some(hub)))
            }
            Err(error) if failure::is_about_the_protocol(&error) => {
                let resp2 = &self.callers.dialects.resp2;
                let connection = resp2.get_multiplexed_async_connection_with_config(&config);
                Ok((connection.await?, None))
            }
            Err(error) => Err(error),
        }
    }

    /// Lets the handle greet the server, before any call uses the connection.
    async fn meet(&self, connection: &MultiplexedConnection, is_again: bool) -> Result<()> {
        let Some(greeter) = &self.callers.greeter else { return Ok(()) };
        let met = greeting::greet(connection, &**greeter, is_again).await;
        met.map_err(|error| failure::connecting(&self.callers.address, &error))
    }

    /// Pings the server, and fails without an answer in `time`. A server that answers too late for
    /// every call must be found out here, and not by calls.
    async fn probe(&self, connection: &MultiplexedConnection, time: Duration) -> Result<()> {
        let mut connection = connection.clone();
        let command = redis::cmd("PING");
        match timeout(time, command.query_async::<()>(&mut connection)).await {
            Ok(answer) => {
                answer.map_err(|error| failure::connecting(&self.callers.address, &error))
            }
            Err(_) => Err(self.no_answer()),
        }
    }

    fn no_answer(&self) -> Error {
        Error::unreachable(format!("no answer in time from Redis at {}", self.callers.address))
    }

    fn set_up(&self, wire: Wire) {
        let standing = Standing::default();
        let wire = Wire { validity: standing.validity(), ..wire };
        self.state.send_replace(State::Up { wire, since: Instant::now(), _standing: standing });
    }

    /// Waits until the connection is closed while idle, so that the next caller finds another one.
    /// If the server sends no pushes, this method waits for ever.
    async fn hear_that_it_is_closed(&self, hub: Option<Arc<Hub>>) {
        let Some(hub) = hub else { return future::pending().await };
        hub.ended().await;
        let error = Error::unreachable("the connection to Redis was lost");
        self.state.send_replace(State::Down { error });
    }

    /// Waits until the connection is lost, or until a suspected connection does not answer a ping.
    async fn watch_until_it_breaks(&self) {
        let mut states = self.state.subscribe();
        loop {
            let suspect = {
                let left = states.wait_for(|state| !matches!(state, State::Up { .. })).await;
                left.ok().and_then(|state| state.suspect())
            };
            let Some(wire) = suspect else {
                return;
            };
            if let Err(error) = self.probe(&wire.connection, self.callers.limits.budget).await {
                self.state.send_replace(State::Down { error });
                return;
            }
            self.set_up(wire);
        }
    }
}
