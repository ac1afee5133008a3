//! Tells whether a call belongs to an open transaction. The connection among the call's arguments
//! knows.
//!
//! The compiler is asked whether an argument is a connection of sqlx, directly or behind up to two
//! steps of `Deref`. `&mut Transaction` is a connection behind two steps. Method look-up prefers
//! the impl that needs the fewest steps away from the receiver, as for a
//! [`Probe`](crate::function::kind::Probe). Arguments of any other type, and of a type parameter
//! that may be anything, are asked nothing.

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
    /// Tells whether the argument is a connection that is in a transaction.
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
    /// Notes whether a connection among the call's arguments is in a transaction. Such a call has
    /// no key.
    ///
    /// Nothing is noted inside [`defer`](crate::defer()), which looks after the transaction, or in
    /// [`bypass`](crate::bypass). Nothing is noted for a call that is only named.
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
