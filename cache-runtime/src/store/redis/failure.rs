//! The client's errors, in our words. A server's text may repeat what it was sent, so that only its code is kept.

use super::address::Address;
use crate::error::Error;
use redis::{ErrorKind, RedisError, ServerErrorKind};

/// Whether the connection cannot be used any more.
pub(super) fn ends_connection(error: &RedisError) -> bool {
    error.is_io_error() || error.is_unrecoverable_error() || is_from_a_replica(error)
}

/// Whether the server, or what stands before it, would not speak RESP3 with this user.
pub(super) fn is_about_the_protocol(error: &RedisError) -> bool {
    error.kind() == ErrorKind::RESP3NotSupported
        || matches!(code(error).as_deref(), Some("NOPROTO" | "NOPERM"))
}

/// Whether the server would answer for one key, but not for several at once: it may not, cannot, or keeps them apart. Any
/// other error is about the moment.
pub(super) fn is_about_many_keys(error: &RedisError) -> bool {
    is_about_rights(error) || code(error).as_deref() == Some("CROSSSLOT")
}

/// Whether the server has no such command for this user, on this key or on any, or not with these options. Any other
/// error is about the moment.
pub(super) fn is_about_rights(error: &RedisError) -> bool {
    match code(error).as_deref() {
        Some("NOPERM") => true,
        Some("ERR") => says(error, "unknown command") || says(error, "syntax error"),
        _ => false,
    }
}

/// Whether the server, or what stands before it, runs no scripts for this user. Each has words of its own for that; what
/// is about the moment has a code.
pub(super) fn is_about_scripts(error: &RedisError) -> bool {
    matches!(code(error).as_deref(), Some("NOPERM" | "ERR" | "an error"))
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
    match code(error).as_deref() {
        Some("WRONGTYPE") => Error::foreign(),
        Some(code) => Error::server(format!("Redis answered {code}")),
        None if ends_connection(error) => Error::unreachable("the connection to Redis was lost"),
        None => Error::server(format!("Redis answered unexpectedly: {}", error.category())),
    }
}

/// The first word of an answer, or of a pipeline's first failure. One that is not in capitals may be anything.
fn code(error: &RedisError) -> Option<String> {
    let answers = error.clone().into_server_errors()?;
    let code = answers.first()?.1.code();
    let is_code = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_uppercase());
    Some(if is_code { code } else { "an error" }.to_owned())
}

/// An error while connecting.
pub(super) fn connecting(address: &Address, error: &RedisError) -> Error {
    let fault =
        Error::unreachable(format!("cannot connect to Redis at {address}: {}", reason(error)));
    // What a server answers may repeat what it was sent. A fault of the system cannot.
    if error.is_io_error() { fault.with_source(error.clone()) } else { fault }
}

fn reason(error: &RedisError) -> String {
    match (error.kind(), code(error).as_deref()) {
        (ErrorKind::AuthenticationFailed, _) | (_, Some("WRONGPASS")) => {
            "it refused the user or password".to_owned()
        }
        (_, Some("NOAUTH")) => "it wants a password".to_owned(),
        (_, Some("NOPERM")) => "the user may not even ping".to_owned(),
        (_, Some("LOADING")) => "it is loading its data".to_owned(),
        (_, Some("MASTERDOWN")) => "it is a replica that has lost its primary".to_owned(),
        (ErrorKind::Parse, _) => "what answers there is no Redis".to_owned(),
        _ if says(error, "DB index is out of range") => "it has no such database".to_owned(),
        _ if says(error, "max number of clients") => "it has too many clients".to_owned(),
        (_, Some(code)) => format!("it answered {code}"),
        (ErrorKind::Server(_), None) => format!("it answered unexpectedly: {}", error.category()),
        // No answer: a fault of the system, of TLS or of the client, none of which knows the credentials.
        _ => error.to_string(),
    }
}

fn says(error: &RedisError, text: &str) -> bool {
    let told = error.clone().into_server_errors();
    let answers = told.iter().flat_map(|answers| answers.iter());
    let mut details = answers.filter_map(|(_, answer)| answer.details());
    details.any(|detail| detail.contains(text))
        || error.detail().is_some_and(|detail| detail.contains(text))
}
