//! Values near the end of their time and behind it: who loads them anew, and who is served meanwhile.

use super::{FoundEntry, Lookup, Session, Step};
use crate::entry::envelope;
use crate::key::scope;
use crate::protocol::flight::Member;
use crate::protocol::permit::{Permit, land_with_nothing};
use crate::rt::timer::FOREVER;
use crate::store::Condition;
use bytes::Bytes;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// By how much the clocks of two processes may differ for claims to count.
const CLOCKS_DIFFER: Duration = Duration::from_secs(5);

impl Session {
    /// Takes the lease inside an entry that others are served meanwhile. Who does not get it is served, too: somebody else loads, or
    /// the entry has gone only now.
    pub(super) async fn lead_anew(
        mut self: Box<Self>,
        member: Option<Member>,
        found: FoundEntry,
    ) -> Step {
        let stamped = self.place().borrow(&found.entry, &mut self.budget).await;
        let stamped = stamped
            .inspect_err(|error| self.call.cache.note_fault(&self.function, error))
            .unwrap_or_default();
        if let Some(lease) = stamped {
            return Step::Load(self, Permit::leased(member, lease));
        }
        land_with_nothing(member);
        Step::Found(self, found)
    }

    /// Whether the call has seen an entry that is served if its load fails, or takes long.
    pub(crate) fn has_fallback(&self) -> bool {
        self.has_fallback
    }

    /// What there is to be served in place of a load that failed or takes long: an entry that was invalidated meanwhile is not.
    pub(crate) async fn fallback(&mut self) -> Option<FoundEntry> {
        // What the load brings is stored with the epochs of before it.
        let epochs = self.epochs;
        let seen = self.look_once_more().await;
        self.epochs = epochs;
        if let Lookup::Entry(found) = seen { Some(found) } else { None }
    }

    /// Looks at the store with the whole time that store calls may take.
    async fn look_once_more(&mut self) -> Lookup {
        self.renew_budget();
        self.look().await
    }

    /// How long a caller waits for its own load before it is served what there is. Without a time of the function's own, a load may take
    /// twice as long as the one before, and twice as long as the last one that was given up: or none would ever end.
    pub(crate) fn patience(&self) -> Duration {
        let twice = self.fallback_cost.saturating_mul(2);
        let own = self.site().wait.filter(|wait| !wait.is_zero());
        let patience = own.unwrap_or_else(|| {
            self.cache().wait().max(twice).max(self.function().longer_patience())
        });
        patience.min(FOREVER)
    }

    /// How long a load that replaces an entry is taken to be under way; `None`: nobody asks.
    pub(super) fn claim(&self) -> Option<Duration> {
        if !self.site().grace.is_any() {
            return None;
        }
        let claim =
            self.lease_time().max(self.patience().saturating_add(self.cache().budget_time()));
        Some(claim.min(FOREVER))
    }

    /// Whether somebody loads an entry anew. A claim for longer than anybody makes one is of a clock that is ahead, or of no claim.
    pub(super) fn is_claimed(&self, until: u64, now: u64) -> bool {
        let Some(claim) = self.claim() else { return false };
        let longest = claim.saturating_add(CLOCKS_DIFFER);
        // mutant: a claim counts however long it is
        now < until && until - now <= envelope::millis(longest)
    }

    /// Goes on when it has waited long enough: with what there is by now, or by a load beside the one
    /// that it has waited for. One such load begins in each `wait`; everybody else waits on.
    pub(super) async fn stop_waiting(
        mut self: Box<Self>,
        member: Member,
    ) -> ControlFlow<Step, (Box<Self>, Member)> {
        let wait = self.wait_time();
        let is_alone = wait.is_zero() || !self.may_load_beside;
        if !is_alone && let Err(next) = member.may_ask(wait) {
            return ControlFlow::Continue((self.waiting_until(next), member));
        }
        let seen = match self.look_once_more().await {
            // mutant: what is stored when the wait is over is not looked for
            Lookup::Entry(found) => {
                // Whoever else waits has it now, instead of one in each `wait`.
                land_with_nothing(Some(member).filter(|_| found.is_for_all()));
                return ControlFlow::Break(Step::Found(self, found));
            }
            seen => seen,
        };
        if is_alone {
            return ControlFlow::Break(Step::Load(self, Permit::Private(None)));
        }
        if !self.is_first_beside(wait).await {
            return ControlFlow::Continue((self.waiting_until(Instant::now() + wait), member));
        }
        let lease = match seen {
            Lookup::Leased(held) => self.place().beside(&held).ok(),
            _ => None,
        };
        // mutant: who comes late shares what was loaded beside
        let joined_before = member.joined_before();
        ControlFlow::Break(Step::Load(self, Permit::Beside { member, joined_before, lease }))
    }

    fn waiting_until(mut self: Box<Self>, deadline: Instant) -> Box<Self> {
        self.deadline = Some(deadline);
        self
    }

    /// Whether no process has begun a load beside that of the key for so long. A store that is away
    /// says nothing, and stops nobody.
    async fn is_first_beside(&mut self, wait: Duration) -> bool {
        let key = [&*self.call.key, scope::BESIDE].concat();
        let (value, condition) = (Bytes::from_static(b"1"), Condition::Absent);
        let backend = Arc::clone(self.cache().backend());
        // mutant: all processes load beside a load that takes long
        backend.set(&key, value, Some(wait), condition, &mut self.budget).await.unwrap_or(true)
    }
}
