//! What integration tests stand on: real Redis servers, broken ones, a real `PostgreSQL`, certificates and the one
//! allowed way to wait.
//!
//! Nothing here knows `cache-runtime`: a fixture that used the code under test could share its
//! mistakes.
//!
//! ```no_run
//! let server = testkit::RedisServer::start();
//! server.command(&["SET", "greeting", "hello"]);
//! assert_eq!(server.get_raw("greeting").as_deref(), Some(&b"hello"[..]));
//! ```

mod acceptor;
mod builder;
mod certificates;
mod executor;
mod impostor;
mod log;
mod ports;
mod postgres_server;
mod process;
mod random;
mod redis_server;
mod signals;
mod wait;

pub use builder::RedisServerBuilder;
pub use certificates::Certificates;
pub use executor::block_on;
pub use impostor::{BlackHole, ErrorServer};
pub use log::Log;
pub use ports::free_port;
pub use postgres_server::PostgresServer;
pub use random::Random;
pub use redis;
pub use redis_server::RedisServer;
pub use signals::{freeze, thaw};
pub use wait::{eventually, eventually_blocking};
