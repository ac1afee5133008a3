//! The right to load and to fill a key: flights, leases, renewals, epochs, retries.

pub(crate) mod ancestry;
pub(crate) mod epochs;
pub(crate) mod flight;
pub(crate) mod lease;
pub(crate) mod permit;
pub(crate) mod renewal;
pub(crate) mod retry;
