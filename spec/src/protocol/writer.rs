//! A write: commit, then outdate the flights at home, then delete the key, or the epoch of a scope.
//! A deletion that fails is made up for.

use super::Turn;
use crate::mutants::Mutant;
use crate::state::{Epochs, Key, Version, Writer};

impl Turn<'_> {
    /// The next step of a write.
    pub(super) fn write(&mut self, id: usize) {
        self.now.writers[id] = match self.now.writers[id] {
            Writer::Idle => self.begin(id),
            Writer::Begun(_) => Writer::Committed(self.commit()),
            Writer::Committed(version) => self.outdate(id, version),
            Writer::Outdated(version) | Writer::Seen(version) if self.is_writer_away(id) => {
                Writer::Overdue(version)
            }
            Writer::Outdated(version) if self.rules.config.scan => self.scan(version),
            Writer::Outdated(version) | Writer::Seen(version) => self.delete(id, version),
            Writer::Deleted(version) => self.after_deletion(version),
            Writer::Overdue(version) => self.make_up(id, version),
            Writer::SeenAgain(version) => self.delete_again(id, version),
            Writer::MadeUp(version) => Writer::Returned(version),
            over @ (Writer::Returned(_) | Writer::Gone) => over,
        };
    }

    fn begin(&mut self, id: usize) -> Writer {
        if self.mutant() == Mutant::InvalidateBeforeCommit {
            return self.outdate(id, 0);
        }
        if id < self.rules.config.transactions {
            return Writer::Begun(self.now.database);
        }
        Writer::Committed(self.commit())
    }

    fn is_writer_away(&self, id: usize) -> bool {
        self.now.away[self.rules.config.home_of_writer(id)]
    }

    /// Tries once more what the store has failed, from the beginning.
    fn make_up(&mut self, id: usize, version: Version) -> Writer {
        self.outdate(id, version);
        if !self.rules.config.scan {
            return self.delete_again(id, version);
        }
        if self.is_deletable() { Writer::SeenAgain(version) } else { Writer::MadeUp(version) }
    }

    fn delete_again(&mut self, id: usize, version: Version) -> Writer {
        if self.is_writer_away(id) {
            return Writer::Overdue(version);
        }
        self.invalidate(id);
        Writer::MadeUp(version)
    }

    fn commit(&mut self) -> Version {
        self.now.database += 1;
        self.now.database
    }

    /// Takes the flight out of the map of the writer's process: who waits for it goes on waiting, nobody joins it.
    fn outdate(&mut self, id: usize, version: Version) -> Writer {
        if self.mutant() != Mutant::NoOutdate {
            self.now.map[self.rules.config.home_of_writer(id)] = None;
        }
        Writer::Outdated(version)
    }

    /// SCAN looks at the key at one moment. A key that is there from beginning to end is seen; one that was absent
    /// for a moment may be seen or not, which is what looking at that moment gives.
    fn scan(&mut self, version: Version) -> Writer {
        if self.is_deletable() { Writer::Seen(version) } else { self.deleted(version) }
    }

    /// Deletes the key, whatever it holds by now, or an epoch. With the answer the write has
    /// returned.
    fn delete(&mut self, id: usize, version: Version) -> Writer {
        self.invalidate(id);
        self.deleted(version)
    }

    pub(super) fn invalidate(&mut self, id: usize) {
        if let Some(scope) = self.rules.config.scope_of(id) {
            self.retire(scope);
        } else if self.is_deletable() {
            self.now.key = Key::Absent;
        }
    }

    fn is_deletable(&self) -> bool {
        match self.now.key {
            Key::Absent => false,
            Key::Lease { .. } => self.mutant() != Mutant::ScanForgetsLeases,
            Key::Entry { .. } => true,
        }
    }

    fn deleted(&self, version: Version) -> Writer {
        match self.mutant() {
            Mutant::DelayedDoubleDelete
            | Mutant::InvalidateBeforeCommit
            | Mutant::WriteThroughStores => Writer::Deleted(version),
            _ => Writer::Returned(version),
        }
    }

    /// Mutants: commits only now, stores what it has written, or deletes once more. To be fair, the rival returns after its second deletion.
    fn after_deletion(&mut self, version: Version) -> Writer {
        if self.mutant() == Mutant::InvalidateBeforeCommit {
            return Writer::Returned(self.commit());
        }
        self.now.key = match self.mutant() {
            Mutant::WriteThroughStores => {
                let (token, epochs) = (self.now.fresh_token(), Epochs::NONE);
                Key::Entry { version, token, epochs }
            }
            _ => Key::Absent,
        };
        Writer::Returned(version)
    }
}
