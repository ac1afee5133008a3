//! Why a request has no answer, and the status that says so.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request has no answer. Nothing in it knows of the cache.
#[derive(Debug)]
pub(crate) enum Error {
    /// It is not there, or the viewer must not know that it is.
    NotFound,
    /// Nobody has said who they are, or the user they say does not exist.
    Unknown,
    Forbidden,
    /// The name is taken, or two writes got into each other's way.
    Conflict,
    /// The database refuses the value.
    Refused,
    Database(sqlx::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let sqlx::Error::Database(reason) = &error else {
            return Self::Database(error);
        };
        if reason.is_foreign_key_violation() {
            return Self::NotFound;
        }
        if reason.is_check_violation() {
            return Self::Refused;
        }
        // A deadlock: PostgreSQL has rolled one of the two back.
        let is_deadlock = reason.code().is_some_and(|code| code == "40P01");
        if is_deadlock || reason.is_unique_violation() {
            return Self::Conflict;
        }
        Self::Database(error)
    }
}

impl Error {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Unknown => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::Conflict => StatusCode::CONFLICT,
            Self::Refused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Database(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        if let Self::Database(error) = &self {
            eprintln!("web: {error}");
        }
        let status = self.status();
        (status, Json(json!({ "error": status.canonical_reason() }))).into_response()
    }
}
