//! Whether a call belongs to an open transaction: the connection among its arguments knows.
//!
//! The compiler is asked whether an argument is a connection of sqlx, directly or behind up to two
//! steps of `Deref`: `&mut Transaction` is one behind two. Method look-up prefers the impl that
//! needs the fewest steps away from the receiver, as for a [`Probe`](crate::function::kind::Probe). An
//! argument of any other type, and one of a type parameter that may be anything, is asked nothing.

use super::record;
use crate::cache::context::mode::{self, Mode};
use crate::cache::context::pending;
use crate::key::KeyBuilder;
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

impl KeyBuilder {
    /// Notes whether a connection among the call's arguments is in a transaction: such a call has no
    /// key.
    ///
    /// Inside [`defer`](crate::defer()), which looks after the transaction, and in
    /// [`bypass`](crate::bypass), nothing is noted. Nor is it where the call is only named.
    pub fn in_transaction(&mut self, is_in_one: bool) {
        let counts =
            // mutant: a call that is only named has no key in a transaction
            || !pending::in_transaction() && mode::current() != Mode::Bypass && !record::is_on();
        // mutant: a connection that is in a transaction is not heard
        if is_in_one && counts() {
            self.refuse_in_transaction();
        }
    }
}
