//! The client's errors, in our words. A server's text may repeat arguments, so that only its code is kept.

use super::address::Address;
use crate::error::Error;
use redis::{ErrorKind, RedisError, ServerErrorKind};

/// Whether the connection cannot be used any more.
pub(super) fn ends_connection(error: &RedisError) -> bool {
    error.is_io_error() || error.is_unrecoverable_error()
}

/// An error of a command.
pub(super) fn command(error: &RedisError) -> Error {
    if error.code() == Some("WRONGTYPE") {
        return Error::foreign();
    }
    if ends_connection(error) {
        return Error::unreachable("the connection to Redis was lost");
    }
    match error.code() {
        Some(code) => Error::server(format!("Redis answered {code}")),
        None => Error::server(format!("Redis answered unexpectedly: {}", error.category())),
    }
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
