//! What has to hold for a value's key, its readable text, its patterns, and what is kept of it in process.

use crate::Tested;
use crate::calls::{ask, forget, key_of};
use crate::finding::Fault;
use crate::run::{Counts, Handles};
use crate::trace::Trace;
use cache_runtime::{Source, observe, segment};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// How many values of a type are compared with each other at a time.
const MOST: usize = 2000;

/// The most that the in-process tier takes for one call, in bytes.
const LONGEST: usize = 4096;

/// What is known of the values of one type.
pub(crate) struct Seen<T> {
    by_key: HashMap<String, (Trace, T)>,
    by_trace: HashMap<Trace, String>,
    texts: HashMap<Trace, String>,
}

impl<T> Default for Seen<T> {
    fn default() -> Self {
        Self { by_key: HashMap::new(), by_trace: HashMap::new(), texts: HashMap::new() }
    }
}

/// A value, an equal one that was built anew, and what serde sees of both.
pub(crate) struct Case<T> {
    pub(crate) value: T,
    pub(crate) again: T,
    trace: Trace,
    trace_again: Trace,
}

impl<T: Tested> Case<T> {
    /// Returns nothing for a value that has no key, after seeing that it has none.
    pub(crate) async fn of(
        value: T,
        handles: &Handles,
        counts: &mut Counts,
    ) -> Result<Option<Self>, Fault> {
        let again = value.rebuilt();
        let (Ok(trace), Ok(trace_again)) = (Trace::of(&value), Trace::of(&again)) else {
            counts.refused += 1;
            return refused(&value, handles).await.map(|()| None);
        };
        if trace != trace_again && !T::HIDES_ORDER {
            let fault = Fault::new("serde sees equal values alike (a fault of the fuzz itself)");
            return Err(fault.with("one", &trace).with("other", &trace_again));
        }
        Ok(Some(Self { value, again, trace, trace_again }))
    }

    fn is_written_alike(&self) -> bool {
        self.trace == self.trace_again
    }

    fn fault(&self, expected: &'static str) -> Fault {
        Fault::new(expected).with("value", &self.value).with("equal", &self.again)
    }

    /// Keys: one for equal calls, two for others.
    pub(crate) fn keys(&self, seen: &mut Seen<T>, counts: &mut Counts) -> Result<(), Fault> {
        let keys = (key_of(&self.value), key_of(&self.again));
        let (Some(key), Some(key_again)) = &keys else {
            return Err(self.fault("a value that serde can write has a key").with("keys", &keys));
        };
        if (key == key_again) != self.is_written_alike() {
            let fault = self.fault("equal calls have one key, different ones have two");
            return Err(fault.with("keys", &keys).with("trace", &self.trace));
        }
        counts.keys += 1;
        self.text(key, seen)?;
        self.among_others(key, seen)
    }

    fn among_others(&self, key: &str, seen: &mut Seen<T>) -> Result<(), Fault> {
        if seen.by_key.len() >= MOST {
            *seen = Seen::default();
        }
        if let Some((trace, other)) = seen.by_key.get(key).filter(|seen| seen.0 != self.trace) {
            let fault = self.fault("two different calls have two keys").with("other", other);
            return Err(fault.with("key", key).with("trace", &self.trace).with("other's", trace));
        }
        if let Some(other) = seen.by_trace.get(&self.trace).filter(|other| *other != key) {
            let fault = self.fault("equal calls have one key");
            return Err(fault.with("key", key).with("other", other).with("trace", &self.trace));
        }
        if !seen.by_key.contains_key(key) {
            seen.by_key.insert(key.to_owned(), (self.trace.clone(), self.value.clone()));
            seen.by_trace.insert(self.trace.clone(), key.to_owned());
        }
        Ok(())
    }

    /// The readable text: one for values that are equal but for the order of their elements.
    fn text(&self, key: &str, seen: &mut Seen<T>) -> Result<(), Fault> {
        let texts = (segment(&self.value).ok(), segment(&self.again).ok());
        let (Some(text), Some(again)) = &texts else {
            return Err(self.fault("a value with a key has a text").with("texts", &texts));
        };
        let fault = |expected| Err(self.fault(expected).with("texts", &texts).with("key", key));
        if text != again {
            return fault("equal values have one text");
        }
        if (text == "~") != self.trace.is_absent() {
            return fault("`~` is nothing, and nothing else is");
        }
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-%~".contains(&byte)) {
            return fault(
                "a text holds no separator, and nothing that means something in a pattern",
            );
        }
        if key.strip_prefix(&format!("x:{text}:")).is_none_or(|hash| hash.len() != 32) {
            return fault("a key is template, text and hash");
        }
        let known = seen.texts.entry(self.trace.clone().without_order());
        if known.or_insert_with(|| text.clone()) != text {
            return fault("values that differ by order alone have one text");
        }
        Ok(())
    }

    /// The tier: an equal call is answered in process, and never with another call's value.
    pub(crate) async fn tier(
        &self,
        handles: &mut Handles,
        counts: &mut Counts,
    ) -> Result<(), Fault> {
        let own = fingerprint(&self.trace);
        let answer = handles.tiered.scope(ask(&self.value, own)).await;
        if answer != own {
            return Err(self.fault("no call is answered with another call's value"));
        }
        // A value is kept when it is read for the second time.
        handles.tiered.scope(ask(&self.value, own)).await;
        handles.has_hit_locally();
        let own = fingerprint(&self.trace_again);
        let (answer, observed) = handles.tiered.scope(observe(ask(&self.again, own))).await;
        if answer != own {
            return Err(self.fault("no call is answered with another call's value"));
        }
        if self.is_written_alike() && observed.last != Some(Source::Hit) {
            return Err(self.fault("an equal call is a hit").with("observed", observed));
        }
        let is_local = handles.has_hit_locally();
        if self.is_written_alike() && !is_local && self.trace.weight() <= LONGEST {
            return Err(self.fault("an equal call is answered in process"));
        }
        counts.local += u64::from(is_local);
        Ok(())
    }

    /// Patterns: what the text of an equal value names is deleted.
    pub(crate) async fn pattern(
        &self,
        handles: &Handles,
        counts: &mut Counts,
    ) -> Result<(), Fault> {
        let calls = async {
            ask(&self.value, 1).await;
            forget(&self.again).await;
            let (_, observed) = observe(ask(&self.value, 1)).await;
            forget(&self.value).await;
            observed
        };
        let observed = handles.plain.scope(calls).await;
        if observed.last != Some(Source::Miss) {
            let fault = self.fault("the pattern of an equal value deletes the entry");
            return Err(fault.with("observed", observed));
        }
        counts.patterns += 1;
        Ok(())
    }
}

/// A value without a key runs without the cache.
async fn refused<T: Tested>(value: &T, handles: &Handles) -> Result<(), Fault> {
    if let Some(key) = key_of(value) {
        let expected =
            "a value that serde cannot write, or with a float that is not finite, has no key";
        return Err(Fault::new(expected).with("value", value).with("key", key));
    }
    for handle in [&handles.plain, &handles.tiered] {
        let (answer, observed) = handle.scope(observe(ask(value, 7))).await;
        if (answer, observed.last) != (7, Some(Source::Bypass)) {
            let fault = Fault::new("a call without a key has nothing to do with the cache");
            return Err(fault.with("value", value).with("observed", observed));
        }
    }
    Ok(())
}

/// What a call answers.
fn fingerprint(trace: &Trace) -> u64 {
    let mut hasher = DefaultHasher::new();
    trace.hash(&mut hasher);
    hasher.finish()
}
