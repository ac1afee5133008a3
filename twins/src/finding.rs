//! What should not have been.

use crate::client::{Answer, Request};
use std::fmt;

/// An answer that a service without the cache would not have given.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) from: &'static str,
    pub(crate) request: Request,
    pub(crate) expected: Option<Answer>,
    pub(crate) got: String,
    /// What the process had logged last.
    pub(crate) log: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} answers {}", self.from, self.request)?;
        writeln!(f, "  with      {}", self.got)?;
        match &self.expected {
            Some(expected) => writeln!(f, "  its twin  {expected}")?,
            None => writeln!(f, "  which its twin would not do")?,
        }
        self.log.lines().try_for_each(|line| writeln!(f, "    {line}"))
    }
}
