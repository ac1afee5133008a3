//! Why the program ends early.

use crate::sql::SqlError;
use std::fmt::Display;
use std::process::ExitCode;

/// One line for the user, and whose fault it was.
pub(crate) struct Failure {
    message: String,
    exit_code: u8,
}

impl Failure {
    /// What the user asked for cannot be done.
    pub(crate) fn input(reason: impl Display) -> Self {
        Self { message: reason.to_string(), exit_code: 2 }
    }

    /// Something went wrong that the user did not ask for.
    pub(crate) fn fault(reason: impl Display) -> Self {
        Self { message: reason.to_string(), exit_code: 1 }
    }

    /// Tells the user. Control characters that came in with an argument are not passed on to the terminal.
    pub(crate) fn report(&self) -> ExitCode {
        let escape =
            |c: char| if c.is_control() { c.escape_default().to_string() } else { c.into() };
        eprintln!("sql_cache: {}", self.message.chars().map(escape).collect::<String>());
        ExitCode::from(self.exit_code)
    }
}

impl From<SqlError> for Failure {
    fn from(error: SqlError) -> Self {
        match error {
            SqlError::UnknownTable { .. } | SqlError::UnknownColumn { .. } => Self::input(error),
            SqlError::Database(_) => Self::fault(error),
        }
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        SqlError::from(error).into()
    }
}
