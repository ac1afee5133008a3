//! Whether a call belongs to an open transaction: the connection among its arguments knows.
//!
//! The compiler is asked whether an argument is a connection of sqlx, directly or behind up to two
//! steps of `Deref`: `&mut Transaction` is one behind two. Method look-up prefers the impl that
//! needs the fewest steps away from the receiver, as for a [`Probe`](crate::probe::Probe). An
//! argument of any other type, and one of a type parameter that may be anything, is asked nothing.

use sqlx_core::connection::Connection;
use std::ops::Deref;

/// An argument that may be a connection.
#[derive(Debug)]
pub struct Argument<'a, T>(pub &'a T);

/// Tells whether an argument is a connection that is in a transaction.
pub trait MayBeConnection {
    /// Answers.
    fn __is_in_transaction(&self) -> bool;
}

impl<C: Connection> MayBeConnection for &&&Argument<'_, C> {
    fn __is_in_transaction(&self) -> bool {
        self.0.is_in_transaction()
    }
}

impl<T: Deref<Target: Connection>> MayBeConnection for &&Argument<'_, T> {
    fn __is_in_transaction(&self) -> bool {
        self.0.is_in_transaction()
    }
}

impl<T: Deref<Target: Deref<Target: Connection>>> MayBeConnection for &Argument<'_, T> {
    fn __is_in_transaction(&self) -> bool {
        self.0.is_in_transaction()
    }
}

impl<T> MayBeConnection for Argument<'_, T> {
    fn __is_in_transaction(&self) -> bool {
        false
    }
}
