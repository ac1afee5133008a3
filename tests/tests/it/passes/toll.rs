//! A store in front of another one, which counts passes over its keys, holds them up and breaks
//! them.

use crate::support::Gate;
use bytes::Bytes;
use cache_runtime::store::{Condition, Page, Remaining, Store, StoreFuture};
use cache_runtime::{Cache, CacheBuilder, Error};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

/// What is wrong with scans.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Fault {
    #[default]
    None,
    /// They fail.
    Fails,
    /// They panic.
    Panics,
    /// They go round in a circle of a few cursors.
    Circles,
    /// They end after this many pages.
    Pages(u64),
    /// Each page comes by another connection.
    Reconnects,
}

/// The store.
#[derive(Debug)]
pub(crate) struct Toll {
    pub(crate) inner: Arc<dyn Store>,
    /// How many passes have begun, and how many pages they have asked for.
    pub(crate) passes: AtomicU64,
    pub(crate) pages: AtomicU64,
    /// How many commands have deleted keys.
    pub(crate) removals: AtomicU64,
    /// Where answers to scans wait.
    pub(crate) answers: Mutex<Option<Gate>>,
    pub(crate) fault: Mutex<Fault>,
    /// The page before which a pass waits, once, and where it does.
    pub(crate) stop: Mutex<Option<(u64, Gate)>>,
    /// Whether a pass waits there.
    pub(crate) has_stopped: AtomicBool,
}

impl Toll {
    /// Builds a handle on this store in front of the builder's own.
    pub(crate) async fn before(builder: CacheBuilder) -> (Cache, Arc<Self>) {
        let (made, tolls) = mpsc::channel();
        let layer = move |inner| {
            let toll = Arc::new(Self {
                inner,
                passes: AtomicU64::default(),
                pages: AtomicU64::default(),
                removals: AtomicU64::default(),
                answers: Mutex::default(),
                fault: Mutex::default(),
                stop: Mutex::default(),
                has_stopped: AtomicBool::default(),
            });
            made.send(Arc::clone(&toll)).unwrap();
            toll as Arc<dyn Store>
        };
        (builder.layer(layer).build().await.unwrap(), tolls.recv().unwrap())
    }

    /// Lets the answers to scans wait from now on.
    pub(crate) fn shut(&self) -> Gate {
        let gate = Gate::shut();
        *self.answers.lock().unwrap() = Some(gate.clone());
        gate
    }

    /// Lets the answers to scans that begin from now on pass.
    pub(crate) fn leave_open(&self) {
        *self.answers.lock().unwrap() = None;
    }

    pub(crate) fn set(&self, fault: Fault) {
        *self.fault.lock().unwrap() = fault;
    }

    pub(crate) fn passes(&self) -> u64 {
        self.passes.load(SeqCst)
    }

    async fn wait_before(&self, page: u64) {
        let stop = self.stop.lock().unwrap().take_if(|(at, _)| *at == page);
        if let Some((_, gate)) = stop {
            self.has_stopped.store(true, SeqCst);
            gate.pass().await;
        }
    }

    async fn page(&self, pattern: &str, cursor: u64) -> cache_runtime::Result<Page> {
        let next = |next| Ok(Page { keys: Vec::new(), next });
        let fault = *self.fault.lock().unwrap();
        match fault {
            Fault::Fails => Err(Error::server("it may not be scanned")),
            Fault::Panics => panic!("a store that panics"),
            Fault::Circles => next(Some(1 + cursor % 7)),
            Fault::Pages(last) if cursor + 1 < last => next(Some(cursor + 1)),
            Fault::Reconnects if cursor < 3 => next(Some(cursor + 1)),
            Fault::Pages(_) | Fault::Reconnects => self.inner.scan(pattern, 0).await,
            Fault::None => self.inner.scan(pattern, cursor).await,
        }
    }
}

impl Store for Toll {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Bytes>> {
        self.inner.get(key)
    }

    fn get_many<'a>(&'a self, keys: &'a [String]) -> StoreFuture<'a, Vec<Option<Bytes>>> {
        self.inner.get_many(keys)
    }

    fn set<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        ttl: Option<Duration>,
        condition: Condition<'a>,
    ) -> StoreFuture<'a, bool> {
        self.inner.set(key, value, ttl, condition)
    }

    fn set_many(
        &self,
        entries: Vec<(String, Bytes)>,
        ttl: Option<Duration>,
    ) -> StoreFuture<'_, ()> {
        self.inner.set_many(entries, ttl)
    }

    fn remove<'a>(&'a self, keys: &'a [String]) -> StoreFuture<'a, u64> {
        self.removals.fetch_add(1, SeqCst);
        self.inner.remove(keys)
    }

    fn remove_if<'a>(&'a self, key: &'a str, condition: Condition<'a>) -> StoreFuture<'a, bool> {
        self.inner.remove_if(key, condition)
    }

    fn remaining<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Remaining> {
        self.inner.remaining(key)
    }

    fn scan<'a>(&'a self, pattern: &'a str, cursor: u64) -> StoreFuture<'a, Page> {
        Box::pin(async move {
            self.passes.fetch_add(u64::from(cursor == 0), SeqCst);
            let page = self.pages.fetch_add(1, SeqCst) + 1;
            self.wait_before(page).await;
            let gate = self.answers.lock().unwrap().clone();
            let page = self.page(pattern, cursor).await;
            if let Some(gate) = gate {
                gate.pass().await;
            }
            page
        })
    }

    fn connection(&self) -> u64 {
        if *self.fault.lock().unwrap() == Fault::Reconnects {
            return self.pages.load(SeqCst);
        }
        self.inner.connection()
    }

    fn ping(&self) -> StoreFuture<'_, ()> {
        self.inner.ping()
    }

    fn timed_out(&self) {
        self.inner.timed_out();
    }
}
