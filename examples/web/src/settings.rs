//! What the environment says about the database and the address. The cache reads its own variables.

use std::env;

const DATABASE_MISSING: &str =
    "DATABASE_URL is not set; it is a URL such as postgres://app:secret@127.0.0.1/app";

/// Where the database is, and where the server listens.
pub(crate) struct Settings {
    pub(crate) database_url: String,
    pub(crate) listen: String,
}

impl Settings {
    pub(crate) fn from_env() -> Result<Self, String> {
        let database_url = variable("DATABASE_URL").ok_or(DATABASE_MISSING)?;
        let listen = variable("LISTEN").unwrap_or_else(|| String::from("127.0.0.1:8080"));
        Ok(Self { database_url, listen })
    }
}

/// An empty variable is as good as none.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
