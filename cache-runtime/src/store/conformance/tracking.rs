//! Tracking of changes. A store need not have it. A store that has it must miss no change.

use super::case::{Case, Life};
use super::{PATIENCE, Suite};
use crate::error::Result;
use crate::rt::yielding::let_others_go;
use crate::store::{ChangeListener, Condition, Track, Validity, Watch};
use bytes::Bytes;
use futures_util::future::{Either, select};
use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

const KEY: &str = "conformance:told";

/// A key that is read beside the first one.
const BESIDE: &str = "conformance:told:beside";

/// Change of a key.
#[derive(Clone, Copy, Debug)]
enum Change {
    Set,
    SetOnCondition,
    SetMany,
    Remove,
    RemoveOnCondition,
}

const CHANGES: [Change; 5] = [
    Change::Set,
    Change::SetOnCondition,
    Change::SetMany,
    Change::Remove,
    Change::RemoveOnCondition,
];

impl Change {
    async fn make(self, suite: Suite<'_>, key: &str) -> Result<()> {
        let (store, value, time) = (suite.store, Bytes::from_static(b"new"), Life::Hour.time());
        let held = Condition::StartsWith(b"old");
        match self {
            Self::Set => store.set(key, value, time, Condition::Always).await.map(|_| ()),
            Self::SetOnCondition => store.set(key, value, time, held).await.map(|_| ()),
            Self::SetMany => store.set_many(vec![(key.to_owned(), value)], time).await,
            Self::Remove => store.remove(&[key.to_owned()]).await.map(|_| ()),
            Self::RemoveOnCondition => store.remove_if(key, held).await.map(|_| ()),
        }
    }
}

/// Changes that the listener has heard of.
#[derive(Debug, Default)]
struct Heard(Mutex<BTreeSet<Vec<u8>>>);

impl Heard {
    fn of(&self, key: &str) -> bool {
        let heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.contains(key.as_bytes()) || heard.contains(&[][..])
    }

    fn note(&self, key: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_vec());
    }

    fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl ChangeListener for Heard {
    fn changed(&self, key: &[u8]) {
        self.note(key);
    }

    /// Notes an empty key, which stands for all keys, because no key is empty.
    fn all_changed(&self) {
        self.note(b"");
    }
}

pub(super) async fn check(suite: Suite<'_>) {
    let heard = Arc::new(Heard::default());
    if suite.store.listen(Arc::clone(&heard) as Arc<dyn ChangeListener>).await.is_ok() {
        for change in CHANGES {
            for key in [KEY, BESIDE] {
                follows(suite, &heard, change, key).await;
            }
        }
    }
    for change in CHANGES {
        watches(suite, change).await;
    }
}

async fn follows(suite: Suite<'_>, heard: &Heard, change: Change, changed: &str) {
    let case = Case::of("read", format!(" of {KEY} and {BESIDE}, then {change:?} of {changed}"));
    for key in [KEY, BESIDE] {
        suite.put(key, b"old", Life::Minute).await;
    }
    let read = suite.store.read(KEY, &[BESIDE.to_owned()], Track::Yes).await;
    let read = case.answer("the answer", read);
    case.expect_value("the value", read.value.as_deref(), Some(b"old"));
    // Earlier writes may be told of late.
    let Some(validity) = read.validity else { return };
    heard.forget();
    case.expect("the change", &change.make(suite, changed).await, &());
    is_told(suite, &case, heard, changed, &validity).await;
}

async fn is_told(suite: Suite<'_>, case: &Case, heard: &Heard, key: &str, validity: &Validity) {
    let asked = Instant::now();
    while !heard.of(key) && validity.is_valid() {
        if asked.elapsed() > PATIENCE {
            case.complain("whether it is told", "a word of it", "a promise, and silence");
        }
        case.expect("`ping` meanwhile", &suite.store.ping().await, &());
        let_others_go().await;
    }
}

/// Callers that wait for a load sleep on a watch, so every change must end it.
async fn watches(suite: Suite<'_>, change: Change) {
    let case = Case::of("watch", format!(", then {change:?}"));
    suite.put(KEY, b"old", Life::Minute).await;
    let watched = suite.store.watch(KEY).await;
    let (value, watch) = case.answer("the answer", watched);
    case.expect_value("the value", value.as_deref(), Some(b"old"));
    case.expect("the change", &change.make(suite, KEY).await, &());
    let Watch(Some(mut changed)) = watch else { return };
    let asked = Instant::now();
    while let Either::Right((answer, _)) = select(&mut changed, pin!(suite.store.ping())).await {
        case.expect("`ping` meanwhile", &answer, &());
        if asked.elapsed() > PATIENCE {
            case.complain("whether it is told", "a word of it", "silence");
        }
        let_others_go().await;
    }
}
