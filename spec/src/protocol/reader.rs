//! A call before it has a flight, and refreshes.

use super::Turn;
use crate::mutants::Mutant;
use crate::state::{Caller, Key, Phase, Right, Source, Stage, Token, Version};

impl Turn<'_> {
    /// GET. A call begins with its first one: a call that begins earlier is promised less.
    pub(super) fn read(&mut self, id: usize) {
        if self.phase(id) == Phase::Idle {
            self.now.callers[id].floor = self.newest_for(id);
            if self.is_overdue(id) && self.mutant() != Mutant::OverdueIgnored {
                return self.load_alone(id);
            }
        }
        let is_inside = self.runs_inside_transaction(id);
        match self.found(id) {
            _ if !is_inside && self.rules.config.is_refresh(id) => self.refresh(id),
            Some(version) => self.answer(id, version, Source::Hit),
            // What a transaction loads is neither stored nor shared, nor does it wait for anybody.
            None if is_inside => self.load_alone(id),
            None => self.set_phase(id, Phase::Missed),
        }
    }

    fn found(&self, id: usize) -> Option<Version> {
        match self.now.key {
            Key::Entry { version, .. } if !self.is_away(id) => Some(version),
            _ => None,
        }
    }

    /// The newest version that a call which begins now must see. Its own process knows what it could not delete.
    fn newest_for(&self, id: usize) -> Version {
        let home = self.rules.config.home_of_caller(id);
        let versions = self.now.writers.iter().enumerate().filter_map(|(writer, state)| {
            let is_at_home = self.rules.config.home_of_writer(writer) == home;
            if is_at_home { state.returned_at_home() } else { state.returned() }
        });
        versions.max().unwrap_or(0)
    }

    fn runs_inside_transaction(&self, id: usize) -> bool {
        self.rules.config.transaction_of(id).is_some() && self.mutant() != Mutant::TransactionFills
    }

    /// A refresh begins a flight of its own. Whoever joins it shares by the same rules.
    fn refresh(&mut self, id: usize) {
        self.open(id, Stage::Seizing(as_seen(self.now.key)));
        if self.is_away(id) {
            self.load_without_lease(id);
        }
    }

    /// A refresh takes the place of what it found: of nothing and of another lease by its own lease, of an entry's
    /// token by its own token, so that the value stays readable. If something else is there by now, it tries again.
    pub(super) fn seize(&mut self, id: usize) {
        let Some(Stage::Seizing(seen)) = self.now.callers[id].stage() else { return };
        if self.is_away(id) {
            return self.load_without_lease(id);
        }
        let stage = match self.now.key {
            key if !key.is_still(seen) => Stage::Seizing(as_seen(key)),
            Key::Entry { version, token } => Stage::Loading(self.stamp(id, version, token)),
            Key::Absent | Key::Lease(_) => Stage::Loading(Right::Lease(self.put_lease(id))),
        };
        self.set_stage(id, stage);
    }

    fn stamp(&mut self, id: usize, version: Version, old: Token) -> Right {
        match self.mutant() {
            Mutant::RefreshWithoutStamp => Right::AnyEntry,
            Mutant::RefreshKeepsToken => Right::Stamp(old),
            _ => {
                let token = self.token_for(id);
                self.now.key = Key::Entry { version, token };
                Right::Stamp(token)
            }
        }
    }

    pub(super) fn release(&mut self, id: usize) {
        let Phase::Releasing(token) = self.phase(id) else { return };
        if self.now.key == Key::Lease(token) {
            self.now.key = Key::Absent;
        }
        self.now.callers[id] = Caller::OVER;
    }
}

/// What a compare-and-set goes by; an entry's version is not part of it.
fn as_seen(key: Key) -> Key {
    match key {
        Key::Entry { token, .. } => Key::Entry { version: 0, token },
        other => other,
    }
}
