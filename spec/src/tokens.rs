//! Random tokens without randomness.
//!
//! A fresh random token differs from every token that anybody remembers, and from nothing else that matters. So a
//! fresh one is the smallest number that nobody remembers; and because only equality matters, the tokens of a state
//! may be renamed in the order in which they are met. Both keep states apart that differ in more than names.
//!
//! Epochs are random, too, and are treated in the same way, those of each scope for themselves.

use crate::state::{CALLERS, Caller, Epochs, Key, Phase, Right, SCOPES, Stage, State, Then, Token};

/// More than anybody can remember: the key, now and as it was saved, one for each caller and each
/// flight, and the fill that is late.
const NAMES: usize = 2 * CALLERS + 3;

/// The same for the epochs of a scope, with that in the store and none: a caller remembers one, and
/// a key that it has read.
const EPOCHS: usize = 2 * CALLERS + 7;

impl State {
    /// A token that nobody has.
    #[must_use]
    pub fn fresh_token(&self) -> Token {
        let mut used = [false; NAMES];
        let mut copy = *self;
        copy.each_token(&mut |token| used[usize::from(token.0)] = true);
        let free = used.iter().position(|used| !used).unwrap_or(NAMES);
        Token(u8::try_from(free).unwrap_or(u8::MAX))
    }

    /// The same state with its tokens numbered in the order of their places.
    #[must_use]
    pub fn renamed(mut self) -> Self {
        let mut names = [None; NAMES];
        let mut next = 0;
        self.each_token(&mut |token| {
            let name = names[usize::from(token.0)].get_or_insert_with(|| {
                next += 1;
                next - 1
            });
            token.0 = *name;
        });
        self
    }

    /// An epoch of a scope that nobody has.
    #[must_use]
    pub(crate) fn fresh_epoch(&self, scope: usize) -> u8 {
        let mut used = [false; EPOCHS];
        let mut copy = *self;
        copy.each_epochs(&mut |epochs| used[usize::from(epochs.0[scope])] = true);
        let free = (1..EPOCHS).find(|epoch| !used[*epoch]).unwrap_or(EPOCHS);
        u8::try_from(free).unwrap_or(u8::MAX)
    }

    /// The same state with its epochs numbered in the order of their places.
    #[must_use]
    pub(crate) fn with_renamed_epochs(mut self) -> Self {
        let mut names = [[None; EPOCHS]; SCOPES];
        let mut next = [0; SCOPES];
        self.each_epochs(&mut |epochs| {
            for (scope, epoch) in epochs.0.iter_mut().enumerate().filter(|(_, epoch)| **epoch > 0) {
                *epoch = *names[scope][usize::from(*epoch)].get_or_insert_with(|| {
                    next[scope] += 1;
                    next[scope]
                });
            }
        });
        self
    }

    /// The same state without the epochs that are of no use any more.
    #[must_use]
    pub(crate) fn without_idle_epochs(mut self) -> Self {
        for caller in self.callers.iter_mut().filter(|caller| !caller.needs_epochs()) {
            caller.epochs = Epochs::NONE;
        }
        self
    }

    fn each_epochs(&mut self, visit: &mut impl FnMut(&mut Epochs)) {
        visit(&mut self.epochs);
        visit_epochs_of(&mut self.key, visit);
        if let Some((key, epochs)) = &mut self.saved {
            visit(epochs);
            visit_epochs_of(key, visit);
        }
        for Caller { epochs, phase, .. } in &mut self.callers {
            visit(epochs);
            if let Phase::Leading { stage, .. } = phase {
                visit_epochs_in(stage, visit);
            }
        }
        if let Some((_, _, epochs)) = &mut self.late {
            visit(epochs);
        }
    }

    fn each_token(&mut self, visit: &mut impl FnMut(&mut Token)) {
        visit_key(&mut self.key, visit);
        if let Some((key, _)) = &mut self.saved {
            visit_key(key, visit);
        }
        for caller in &mut self.callers {
            match &mut caller.phase {
                Phase::Releasing(token) | Phase::Missed { past: Some(token) } => visit(token),
                Phase::Leading { stage, .. } => visit_stage(stage, visit),
                _ => {}
            }
        }
        for seats in &mut self.seats {
            if let Some(right) = &mut seats.left {
                visit_right(right, visit);
            }
        }
        if let Some((right, ..)) = &mut self.late {
            visit_right(right, visit);
        }
    }
}

fn visit_key(key: &mut Key, visit: &mut impl FnMut(&mut Token)) {
    if let Key::Lease { token, .. } | Key::Entry { token, .. } = key {
        visit(token);
    }
}

fn visit_stage(stage: &mut Stage, visit: &mut impl FnMut(&mut Token)) {
    match stage {
        Stage::Acquiring { past: Some(token) } => visit(token),
        Stage::Called | Stage::Acquiring { past: None } | Stage::Waiting | Stage::Found(_) => {}
        Stage::AskingEpochs { then, .. } | Stage::MakingEpochs { then, .. } => {
            visit_next(then, visit);
        }
        Stage::Seizing(seen) => visit_key(seen, visit),
        Stage::Loading(right)
        | Stage::Loaded(right, _)
        | Stage::Sent { right, .. }
        | Stage::Answered { right, .. } => visit_right(right, visit),
    }
}

fn visit_next(then: &mut Then, visit: &mut impl FnMut(&mut Token)) {
    match then {
        Then::Acquire(Some(token)) => visit(token),
        Then::Acquire(None) | Then::Seize => {}
        Then::Judge(key) => visit_key(key, visit),
        Then::Load(right) => visit_right(right, visit),
    }
}

fn visit_right(right: &mut Right, visit: &mut impl FnMut(&mut Token)) {
    match right {
        Right::Lease(token) | Right::Stamp(token) | Right::Further { seen: Some(token), .. } => {
            visit(token);
        }
        _ => {}
    }
}

fn visit_epochs_of(key: &mut Key, visit: &mut impl FnMut(&mut Epochs)) {
    if let Key::Lease { epochs, .. } | Key::Entry { epochs, .. } = key {
        visit(epochs);
    }
}

fn visit_epochs_in(stage: &mut Stage, visit: &mut impl FnMut(&mut Epochs)) {
    if let Stage::AskingEpochs { then: Then::Judge(key), .. }
    | Stage::MakingEpochs { then: Then::Judge(key), .. } = stage
    {
        visit_epochs_of(key, visit);
    }
}
