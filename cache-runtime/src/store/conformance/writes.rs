//! Writes of one key: every condition, over every state, with every expiry.

use super::Suite;
use super::case::{Before, CONDITIONS, Case, Life, NEW, STATES};
use crate::store::Condition;
use bytes::Bytes;

/// A write under test.
struct Write {
    key: String,
    condition: Condition<'static>,
    over: Before,
    life: Life,
}

/// Returns all combinations, of which leases, fills, renewals and manual writes are made.
fn all() -> Vec<Write> {
    let mut writes = Vec::new();
    for life in [Life::Endless, Life::Hour, Life::Brief] {
        for condition in CONDITIONS {
            for over in STATES {
                let key = format!("conformance:set:{}", writes.len());
                writes.push(Write { key, condition, over, life });
            }
        }
    }
    writes
}

pub(super) async fn check(suite: Suite<'_>) {
    let writes = all();
    let keys: Vec<String> = writes.iter().map(|write| write.key.clone()).collect();
    let states: Vec<Before> = writes.iter().map(|write| write.over).collect();
    suite.prepare(&keys, &states).await;
    for write in &writes {
        write.ask(suite).await;
    }
    for write in &writes {
        if write.life == Life::Brief && write.happens() {
            suite.is_gone(&write.key, &write.case()).await;
        }
    }
    renews(suite).await;
}

impl Write {
    fn case(&self) -> Case {
        Case::on("set", self.condition, format!(", {}", self.life), self.over)
    }

    fn happens(&self) -> bool {
        self.over.meets(self.condition)
    }

    async fn ask(&self, suite: Suite<'_>) {
        let (case, value) = (self.case(), Bytes::from_static(NEW));
        let written = suite.store.set(&self.key, value, self.life.time(), self.condition).await;
        case.expect("the answer", &written, &self.happens());
        if self.happens() {
            suite.holds(&self.key, &case, Some(NEW), self.life).await;
        } else {
            suite.is_untouched(&self.key, &case, self.over).await;
        }
    }
}

/// Writing the same bytes once more renews a lease.
async fn renews(suite: Suite<'_>) {
    let (key, lease) = ("conformance:renewal", Bytes::from_static(b"lease:1"));
    suite.put(key, &lease, Life::Minute).await;
    let held = Condition::StartsWith(b"lease:1");
    let case = Case::of("set", ", if it starts with the same bytes, for an hour, over a minute");
    let renewed = suite.store.set(key, lease.clone(), Life::Hour.time(), held).await;
    case.expect("the answer", &renewed, &true);
    suite.holds(key, &case, Some(&lease), Life::Hour).await;
}
