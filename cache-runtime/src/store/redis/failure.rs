//! The client's errors, as errors of this crate. A server's text may repeat what it was sent, so
//! only the code of that text is kept.

use super::address::Address;
use crate::error::Error;
use redis::{ErrorKind, RedisError, ServerErrorKind};

/// Tells whether the connection cannot be used any more.
pub(super) fn ends_connection(error: &RedisError) -> bool {
    error.is_io_error() || error.is_unrecoverable_error() || is_from_a_replica(error)
}

/// Tells whether the server, or a proxy before it, refuses to speak RESP3 with this user.
pub(super) fn is_about_the_protocol(error: &RedisError) -> bool {
    error.kind() == ErrorKind::RESP3NotSupported
        || matches!(code(error).as_deref(), Some("NOPROTO" | "NOPERM"))
}

/// Tells whether the server answers for one key but not for several at once. The causes are missing
/// rights, a missing command, and keys in different slots. Any other error is temporary.
pub(super) fn is_about_many_keys(error: &RedisError) -> bool {
    is_about_rights(error) || code(error).as_deref() == Some("CROSSSLOT")
}

/// Tells whether this user cannot run the command, on this key or on any, or not with these
/// options. Any other error is temporary.
pub(super) fn is_about_rights(error: &RedisError) -> bool {
    match code(error).as_deref() {
        Some("NOPERM") => true,
        Some("ERR") => says(error, "unknown command") || says(error, "syntax error"),
        _ => false,
    }
}

/// Tells whether the server, or a proxy before it, runs no scripts for this user. Each product has
/// its own text for that refusal. A temporary error has a code.
pub(super) fn is_about_scripts(error: &RedisError) -> bool {
    matches!(code(error).as_deref(), Some("NOPERM" | "ERR" | "an error"))
}

/// Tells whether the server was made a replica. The address may lead to the new primary by now, but
/// only for a new connection.
fn is_from_a_replica(error: &RedisError) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Server(ServerErrorKind::ReadOnly | ServerErrorKind::MasterDown)
    )
}

/// Returns the error of a command.
pub(super) fn command(error: &RedisError) -> Error {
    match code(error).as_deref() {
        Some("WRONGTYPE") => Error::foreign(),
        Some(code) => Error::server(format!("Redis answered {code}")),
        None if ends_connection(error) => Error::unreachable("the connection to Redis was lost"),
        None => Error::server(format!("Redis answered unexpectedly: {}", error.category())),
    }
}

/// Returns the first word of an answer, or of a pipeline's first failure. A word that is not in
/// capitals may repeat data, and becomes "an error".
fn code(error: &RedisError) -> Option<String> {
    let answers = error.clone().into_server_errors()?;
    let code = answers.first()?.1.code();
    let is_code = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_uppercase());
    Some(if is_code { code } else { "an error" }.to_owned())
}

/// Returns the error of an attempt to connect.
pub(super) fn connecting(address: &Address, error: &RedisError) -> Error {
    let fault =
        Error::unreachable(format!("cannot connect to Redis at {address}: {}", reason(error)));
    // A server's answer may repeat what it was sent. An error of the system cannot.
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
        // Without an answer, the error comes from the system, from TLS or from the client. None of
        // them knows the credentials.
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
