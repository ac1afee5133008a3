//! Decides who revalidates values that are near the end of their time or past it, and who is served
//! meanwhile.

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

/// The largest difference between the clocks of two processes at which claims count.
const CLOCKS_DIFFER: Duration = Duration::from_secs(5);

impl Session {
    /// Takes the lease inside an entry that others are served meanwhile. If the lease is not to be
    /// had, the caller is served, too. In that case somebody else loads, or the entry has gone only
    /// now.
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

    /// Tells whether the call has seen an entry that is served if its load fails or takes long.
    pub(crate) fn has_fallback(&self) -> bool {
        self.has_fallback
    }

    /// Returns the entry that is served in place of a load that failed or takes long. An entry that
    /// was invalidated meanwhile is not returned.
    pub(crate) async fn fallback(&mut self) -> Option<FoundEntry> {
        // The loaded value is stored with the epochs from before the load.
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

    /// Returns the time that a caller waits for its own load before a fallback is served.
    ///
    /// If the function has no `wait` of its own, a load may take twice as long as the one before.
    /// The load may also take twice as long as the last load that was given up. Without these
    /// allowances, no slow load would ever end.
    pub(crate) fn patience(&self) -> Duration {
        let twice = self.fallback_cost.saturating_mul(2);
        let own = self.site().wait.filter(|wait| !wait.is_zero());
        let patience = own.unwrap_or_else(|| {
            self.cache().wait().max(twice).max(self.function().longer_patience())
        });
        patience.min(FOREVER)
    }

    /// Returns the time for which a load that replaces an entry is taken to be under way. Returns
    /// `None` if the function serves no fallbacks, so that nobody asks.
    pub(super) fn claim(&self) -> Option<Duration> {
        if !self.site().grace.is_any() {
            return None;
        }
        let claim =
            self.lease_time().max(self.patience().saturating_add(self.cache().budget_time()));
        Some(claim.min(FOREVER))
    }

    /// Tells whether a load that replaces an entry is under way. A claim that is longer than any
    /// caller makes comes from a clock that is ahead, or is no claim.
    pub(super) fn is_claimed(&self, until: u64, now: u64) -> bool {
        let Some(claim) = self.claim() else { return false };
        let longest = claim.saturating_add(CLOCKS_DIFFER);
        // mutant: a claim counts however long it is
        now < until && until - now <= envelope::millis(longest)
    }

    /// Ends a wait that has lasted long enough. The call goes on with the entry that is there by
    /// now, or loads beside the load that it has waited for. One such load begins in each `wait`,
    /// and all other callers wait on.
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
                // Other waiting callers have the entry now, instead of one caller in each `wait`.
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

    /// Tells whether no process has begun a load beside that of the key within `wait`. A store that
    /// is away says nothing, and stops nobody.
    async fn is_first_beside(&mut self, wait: Duration) -> bool {
        let key = [&*self.call.key, scope::BESIDE].concat();
        let (value, condition) = (Bytes::from_static(b"1"), Condition::Absent);
        let backend = Arc::clone(self.cache().backend());
        // mutant: all processes load beside a load that takes long
        backend.set(&key, value, Some(wait), condition, &mut self.budget).await.unwrap_or(true)
    }
}
