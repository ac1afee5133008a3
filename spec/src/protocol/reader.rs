//! A call before it has a flight, and refreshes.

use super::Turn;
use crate::mutants::Mutant;
use crate::state::{Key, Phase, Right, Source, Stage};

impl Turn<'_> {
    /// GET. A call begins with its first one: a call that begins earlier is promised less.
    pub(super) fn read(&mut self, id: usize) {
        if self.phase(id) == Phase::Idle {
            self.begin(id);
        }
        let is_refresh = self.rules.config.is_refresh(id);
        match self.now.key {
            _ if self.is_away(id) && is_refresh => self.load_alone(id),
            _ if self.is_away(id) => self.set_phase(id, Phase::Missed),
            key if is_refresh => self.set_phase(id, Phase::Seizing(as_seen(key))),
            Key::Entry { version, .. } => self.answer(id, version, Source::Hit),
            Key::Absent | Key::Lease(_) => self.set_phase(id, Phase::Missed),
        }
    }

    fn begin(&mut self, id: usize) {
        let home = self.rules.config.home_of_caller(id);
        let at_home = |(writer, _): &(usize, _)| self.rules.config.home_of_writer(*writer) == home;
        let local = self.now.writers.iter().enumerate().filter(at_home);
        let home_floor = local.filter_map(|(_, writer)| writer.returned()).max().unwrap_or(0);
        // Only flights beside an unreachable store are judged by it; elsewhere it would multiply states.
        let may_be_away = self.rules.config.faults.outages + self.rules.config.faults.lost > 0;
        self.now.callers[id].floor = self.now.returned();
        self.now.callers[id].home_floor = if may_be_away { home_floor } else { 0 };
    }

    /// A refresh takes the place of what it found: of nothing and of another lease by its own lease, of an entry's
    /// token by its own token, so that the value stays readable.
    pub(super) fn seize(&mut self, id: usize) {
        let Phase::Seizing(seen) = self.phase(id) else { return };
        if self.is_away(id) {
            return self.load_alone(id);
        }
        if !self.now.key.is_still(seen) {
            return self.start_over(id);
        }
        let right = match self.now.key {
            Key::Entry { version, token } => self.stamp(id, version, token),
            Key::Absent | Key::Lease(_) => Right::Lease(self.put_lease(id)),
        };
        // Nobody may join it: whoever does might have begun after its load.
        let flight = self.free_flight();
        self.now.joined[usize::from(flight)] = 1;
        self.set_phase(id, Phase::Leading { flight, index: 0, stage: Stage::Loading(right) });
    }

    fn stamp(&mut self, id: usize, version: u8, old: crate::state::Token) -> Right {
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
        self.now.callers[id] = crate::state::Caller::OVER;
    }
}

/// What a compare-and-set goes by; an entry's version is not part of it.
fn as_seen(key: Key) -> Key {
    match key {
        Key::Entry { token, .. } => Key::Entry { version: 0, token },
        other => other,
    }
}
