//! The client's errors, in our words. A server's text may repeat arguments, so that only its code is kept.

use super::address::Address;
use crate::error::Error;
use redis::{ErrorKind, RedisError, ServerErrorKind};

/// Whether the connection cannot be used any more.
pub(super) fn ends_connection(error: &RedisError) -> bool {
    error.is_io_error() || error.is_unrecoverable_error() || is_from_a_replica(error)
}

/// Whether the server was made a replica. The address may lead to the new primary by now, but only for a connection that
/// is new too.
fn is_from_a_replica(error: &RedisError) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Server(ServerErrorKind::ReadOnly | ServerErrorKind::MasterDown)
    )
}

/// An error of a command.
pub(super) fn command(error: &RedisError) -> Error {
    if error.code() == Some("WRONGTYPE") {
        return Error::foreign();
    }
    match code(error) {
        Some(code) => Error::server(format!("Redis answered {code}")),
        None if ends_connection(error) => Error::unreachable("the connection to Redis was lost"),
        None => Error::server(format!("Redis answered unexpectedly: {}", error.category())),
    }
}

/// The first word of what the server answered, of a pipeline's first failure too.
fn code(error: &RedisError) -> Option<String> {
    let answers = error.clone().into_server_errors()?;
    answers.first().map(|(_, answer)| answer.code().to_owned())
}

/// An error while connecting: a handshake's arguments are never in the server's answer, so that it may be shown.
pub(super) fn connecting(address: &Address, error: &RedisError) -> Error {
    let reason = match error.kind() {
        ErrorKind::AuthenticationFailed => "it refused the user or password".to_owned(),
        ErrorKind::Server(ServerErrorKind::BusyLoading) => "it is loading its data".to_owned(),
        _ if error.code() == Some("NOAUTH") => "it wants a password".to_owned(),
        _ if error.code() == Some("WRONGPASS") => "it refused the user or password".to_owned(),
        _ => error.to_string(),
    };
    Error::unreachable(format!("cannot connect to Redis at {address}: {reason}"))
}
