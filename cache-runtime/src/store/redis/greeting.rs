//! The greeting: commands that each new connection sends before any call uses it.

use bytes::Bytes;
use redis::aio::MultiplexedConnection;
use redis::{Cmd, FromRedisValue, Pipeline, RedisError, RedisResult, Value};
use std::fmt::Debug;
use std::time::{Duration, Instant};

/// Part of a handle that greets the server.
pub(crate) trait Greeter: Debug + Send + Sync + 'static {
    /// Returns the mark to write and the keys to read.
    fn greeting(&self, is_again: bool) -> Greeting;

    /// Hears the answers before any call uses the connection. Returns a mark to write then, if one
    /// is needed.
    fn met(&self, met: Met) -> Option<Mark>;
}

/// A key of the cache's own that handles leave for each other.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) life: Duration,
}

impl Mark {
    fn write(&self) -> Cmd {
        super::set_command(&self.key, self.value.as_bytes(), Some(self.life))
    }
}

/// A server's policy for a full memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) name: String,
    /// `true` if the server's memory is limited.
    pub(crate) is_limited: bool,
}

/// Contents of a greeting.
#[derive(Debug)]
pub(crate) struct Greeting {
    /// Mark to write. `None` if the mark is there.
    pub(crate) mark: Option<Mark>,
    /// Key of the mark of handles with the other strategy.
    pub(crate) others: String,
    /// Key of the mark that names the server.
    pub(crate) server: String,
}

/// Answers of a server to a greeting. A refused command leaves its field empty.
#[derive(Debug)]
pub(crate) struct Met {
    /// Random number that a server has from its start to its end.
    pub(crate) run_id: Option<String>,
    pub(crate) policy: Option<Policy>,
    /// `true` if the server's database holds no key.
    pub(crate) is_empty: bool,
    pub(crate) others_mark: Option<Bytes>,
    pub(crate) server_mark: Option<Bytes>,
    /// The mark that was written. `None` if none was.
    pub(crate) marked: Option<Mark>,
    /// Time at which the greeting was sent.
    pub(crate) sent: Instant,
    /// `true` if another connection stood before this one.
    pub(crate) is_again: bool,
}

/// Greets a server. The server may refuse each command separately.
pub(super) async fn greet(
    connection: &MultiplexedConnection,
    greeter: &dyn Greeter,
    is_again: bool,
) -> RedisResult<()> {
    let mut connection = connection.clone();
    let Greeting { mark, others, server } = greeter.greeting(is_again);
    let mut pipeline = Pipeline::with_capacity(6);
    pipeline.ignore_errors();
    pipeline.cmd("INFO").arg("server").cmd("INFO").arg("memory").cmd("DBSIZE");
    pipeline.cmd("GET").arg(&others).cmd("GET").arg(&server);
    if let Some(mark) = &mark {
        pipeline.add_command(mark.write());
    }
    let sent = Instant::now();
    let answers: Vec<RedisResult<Value>> = pipeline.query_async(&mut connection).await?;
    let mut answers = answers.into_iter();
    let (info, memory) = (text(answers.next()), text(answers.next()));
    let is_empty = matches!(answers.next(), Some(Ok(Value::Int(0))));
    let (others_mark, server_mark) = (bytes(answers.next()), bytes(answers.next()));
    let is_marked = matches!(answers.next(), Some(Ok(_)));
    let met = Met {
        run_id: field(&info, "run_id").filter(|id| !id.is_empty()).map(str::to_owned),
        policy: policy(&memory),
        is_empty,
        others_mark,
        server_mark,
        marked: mark.filter(|_| is_marked),
        sent,
        is_again,
    };
    let Some(mark) = greeter.met(met) else { return Ok(()) };
    let written: RedisResult<()> = mark.write().query_async(&mut connection).await;
    match written {
        Err(error) if super::failure::ends_connection(&error) => Err(error),
        _ => Ok(()),
    }
}

type Answer = Option<Result<Value, RedisError>>;

fn text(answer: Answer) -> String {
    let text = answer.and_then(Result::ok).and_then(|it| String::from_redis_value(it).ok());
    text.unwrap_or_default()
}

fn bytes(answer: Answer) -> Option<Bytes> {
    match answer {
        Some(Ok(Value::BulkString(value))) => Some(value.into()),
        _ => None,
    }
}

/// Returns a field of an answer to `INFO`.
fn field<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    let fields = info.lines().filter_map(|line| line.split_once(':'));
    let mut values = fields.filter(|(field, _)| *field == name);
    values.next().map(|(_, value)| value.trim())
}

fn policy(memory: &str) -> Option<Policy> {
    let name = field(memory, "maxmemory_policy")?.to_owned();
    let is_limited = field(memory, "maxmemory").is_some_and(|limit| limit != "0");
    Some(Policy { name, is_limited })
}
