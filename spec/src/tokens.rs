//! Random tokens without randomness.
//!
//! A fresh random token differs from every token that anybody remembers, and from nothing else that matters. So a
//! fresh one is the smallest number that nobody remembers; and because only equality matters, the tokens of a state
//! may be renamed in the order in which they are met. Both keep states apart that differ in more than names.

use crate::state::{CALLERS, Key, Phase, Right, Stage, State, Token};

/// More than anybody can remember: the key, one for each caller and each flight, and the fill that is late.
const NAMES: usize = 2 * CALLERS + 2;

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

    fn each_token(&mut self, visit: &mut impl FnMut(&mut Token)) {
        visit_key(&mut self.key, visit);
        for caller in &mut self.callers {
            match &mut caller.phase {
                Phase::Releasing(token) => visit(token),
                Phase::Leading { stage, .. } => visit_stage(stage, visit),
                _ => {}
            }
        }
        for seats in &mut self.seats {
            if let Some(right) = &mut seats.left {
                visit_right(right, visit);
            }
        }
        if let Some((right, _)) = &mut self.late {
            visit_right(right, visit);
        }
    }
}

fn visit_key(key: &mut Key, visit: &mut impl FnMut(&mut Token)) {
    if let Key::Lease(token) | Key::Entry { token, .. } = key {
        visit(token);
    }
}

fn visit_stage(stage: &mut Stage, visit: &mut impl FnMut(&mut Token)) {
    match stage {
        Stage::Called | Stage::Acquiring | Stage::Waiting | Stage::Found(_) => {}
        Stage::Seizing(seen) => visit_key(seen, visit),
        Stage::Loading(right)
        | Stage::Loaded(right, _)
        | Stage::Sent { right, .. }
        | Stage::Answered { right, .. } => visit_right(right, visit),
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
