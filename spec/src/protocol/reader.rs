//! A call before it has a flight, and refreshes.

use super::Turn;
use crate::mutants::Mutant;
use crate::state::{Caller, Epochs, Key, Phase, Right, Source, Stage, Then, Token, Version};

impl Turn<'_> {
    /// GET, together with the epochs. A call begins with its first one: a call that begins earlier
    /// is promised less.
    pub(super) fn read(&mut self, id: usize) {
        if self.phase(id) == Phase::Idle {
            self.now.callers[id].floor = self.newest_for(id);
            if self.is_overdue(id) && self.mutant() != Mutant::OverdueIgnored {
                return self.load_alone(id);
            }
        }
        self.now.callers[id].epochs = self.epochs_seen_by(id);
        let is_inside = self.runs_inside_transaction(id);
        match self.found(id) {
            _ if !is_inside && self.rules.config.is_refresh(id) => self.refresh(id),
            Some(version) => self.answer(id, version, Source::Hit),
            // What a transaction loads is neither stored nor shared, nor does it wait for anybody.
            None if is_inside => self.load_alone(id),
            None => self.set_phase(id, Phase::Missed { past: self.found_past(id) }),
        }
    }

    fn found(&self, id: usize) -> Option<Version> {
        match self.now.key {
            Key::Entry { version, epochs, .. }
                if !self.is_away(id) && self.trusts(self.now.callers[id].epochs, epochs) =>
            {
                Some(version)
            }
            _ => None,
        }
    }

    fn found_past(&self, id: usize) -> Option<Token> {
        let is_past = self.is_past(self.now.callers[id].epochs, self.now.key);
        if is_past && !self.is_away(id) { self.now.key.token() } else { None }
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
            return self.load_without_lease(id);
        }
        self.with_epochs(id, Then::Seize);
    }

    /// Looks what it is to take the place of.
    pub(super) fn see(&mut self, id: usize) {
        self.set_stage(id, Stage::Seizing(as_seen(self.now.key)));
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
            Key::Entry { token, .. } => Stage::Loading(self.stamp(id, token)),
            Key::Absent | Key::Lease { .. } => Stage::Loading(Right::Lease(self.put_lease(id))),
        };
        self.set_stage(id, stage);
    }

    fn stamp(&mut self, id: usize, old: Token) -> Right {
        match self.mutant() {
            Mutant::RefreshWithoutStamp => Right::AnyEntry,
            Mutant::RefreshKeepsToken => Right::Stamp(old),
            _ => {
                let mine = self.token_for(id);
                if let Key::Entry { token, .. } = &mut self.now.key {
                    *token = mine;
                }
                Right::Stamp(mine)
            }
        }
    }

    pub(super) fn release(&mut self, id: usize) {
        let Phase::Releasing(token) = self.phase(id) else { return };
        if self.now.key.is_lease_of(token) {
            self.now.key = Key::Absent;
        }
        self.now.callers[id] = Caller::OVER;
    }
}

/// What a compare-and-set goes by; a version is not part of it, and epochs tell nothing that the
/// token does not.
fn as_seen(key: Key) -> Key {
    match key {
        Key::Absent => Key::Absent,
        Key::Lease { token, .. } => Key::Lease { token, epochs: Epochs::NONE },
        Key::Entry { token, .. } => Key::Entry { version: 0, token, epochs: Epochs::NONE },
    }
}
