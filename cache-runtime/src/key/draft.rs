//! Builds a key in memory that the next call of this thread reuses, so that a hit in the tier
//! allocates nothing.

use super::canonical;
use super::preimage::Preimage;
use super::unordered::Unordered;
use super::{hex, segment};
use crate::function::identity::Identity;
use crate::function::refused::Refused;
use crate::function::site::Part;
use serde::Serialize;
use std::cell::Cell;

/// The largest memory that a thread keeps for its next call, in bytes. Without this limit, one
/// large argument would hold its memory for ever.
const MAX_KEPT: usize = 8 * 1024;

thread_local! {
    static SPARE: Cell<Option<Box<Draft>>> = const { Cell::new(None) };
}

/// A key that is not complete yet. The draft is boxed, because a call is moved at each step of its
/// making.
#[derive(Debug)]
pub(super) struct Draft {
    /// The texts of placeholders that differ from the canonical text of an argument, in their
    /// order.
    pub(super) segments: String,
    /// The end of each text in `segments`.
    pub(super) ends: Vec<usize>,
    pub(super) hashed: Preimage,
    /// The place of each argument's value, in the order of the arguments.
    values: Vec<Stands>,
}

/// The place of an argument's value.
#[derive(Clone, Copy, Debug)]
enum Stands {
    /// Among the hashed bytes, from this start to this end.
    Hashed(usize, usize),
    /// Among the segments, at this number.
    Apart(usize),
    /// In no place, because the value is no part of the readable part.
    Nowhere,
}

impl Draft {
    /// Returns an empty draft, in the memory that this thread kept if there is any.
    pub(super) fn take(identity: Identity) -> Box<Self> {
        let fallback = SPARE.try_with(Cell::take).ok().flatten();
        let Some(mut draft) = fallback else { return Box::new(Self::new(identity)) };
        draft.segments.clear();
        draft.ends.clear();
        draft.values.clear();
        draft.hashed.restart(identity);
        draft
    }

    fn new(identity: Identity) -> Self {
        Self {
            segments: String::with_capacity(64),
            ends: Vec::with_capacity(4),
            hashed: Preimage::new(identity),
            values: Vec::with_capacity(8),
        }
    }

    /// Keeps the memory for the next call of this thread, up to 8 KiB.
    pub(super) fn leave(self: Box<Self>) {
        if self.segments.capacity() + self.hashed.capacity() <= MAX_KEPT {
            // If the thread is ending, the memory is freed.
            // mutant: a key's memory is not used again
            let _ = SPARE.try_with(|fallback| fallback.set(Some(self)));
        }
    }

    /// Adds a type argument to the identity.
    pub(super) fn add_type(&mut self, name: &str) {
        // mutant: type parameters are not hashed
        self.hashed.put_type(name);
    }

    /// Writes one argument, and notes the place of its value.
    pub(super) fn add_argument<T: Serialize + ?Sized>(
        &mut self,
        name: &str,
        unordered: Unordered<'_>,
        value: &T,
    ) -> Result<(), Refused> {
        self.hashed.put_name(name);
        let start = self.hashed.position();
        canonical::write(&mut self.hashed, value, unordered)?;
        if let (Some(start), Some(end)) = (start, self.hashed.position())
            && segment::is_from_canonical(self.hashed.written(start, end))
        {
            self.values.push(Stands::Hashed(start, end));
            return Ok(());
        }
        self.set_apart(value)
    }

    /// Writes the text of a value apart if the key shows the argument. Long values need this, and
    /// so do values behind a long value and values with a readable text of their own.
    fn set_apart<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        let number = self.values.len();
        // mutant: an argument behind a long one is not part of the key
        if self.hashed.identity.site.shows(number) {
            self.values.push(Stands::Apart(self.ends.len()));
            return self.fill(value);
        }
        self.values.push(Stands::Nowhere);
        Ok(())
    }

    /// Adds the text of a placeholder.
    pub(super) fn fill<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        segment::push(&mut self.segments, value)?;
        self.ends.push(self.segments.len());
        Ok(())
    }

    /// Returns the bytes that tell the function from others, in every process.
    pub(super) fn caller(&mut self) -> &[u8] {
        self.hashed.caller()
    }

    /// Returns the reason why the function has no keys, if it has none.
    pub(super) fn refused(&self) -> Option<Refused> {
        self.hashed.refused()
    }

    /// Returns the key: the prefix, the readable part, `:`, and the first 128 bits of the hash.
    pub(super) fn finish(&mut self, prefix: &str) -> String {
        let mut key = String::with_capacity(prefix.len() + self.segments.len() + 96);
        key.push_str(prefix);
        self.push_readable(&mut key);
        key.push(':');
        hex::push(&mut key, &self.hashed.digest());
        key
    }

    /// Writes the template with its placeholders filled, or the function's name.
    fn push_readable(&self, key: &mut String) {
        let site = self.hashed.identity.site;
        let Some(template) = site.key else { return key.push_str(site.name) };
        let mut fills = 0..;
        for part in template {
            match part {
                Part::Text(literal) => key.push_str(literal),
                Part::Argument(number) => self.push_argument(key, *number),
                Part::Value => key.push_str(fills.next().map_or("", |fill| self.segment(fill))),
            }
        }
    }

    fn push_argument(&self, key: &mut String, number: usize) {
        match self.values.get(number) {
            Some(Stands::Hashed(start, end)) => {
                segment::push_canonical(key, self.hashed.written(*start, *end));
            }
            Some(Stands::Apart(number)) => key.push_str(self.segment(*number)),
            // The macro names only arguments that exist.
            Some(Stands::Nowhere) | None => {}
        }
    }

    fn segment(&self, number: usize) -> &str {
        let before = number.checked_sub(1).and_then(|before| self.ends.get(before));
        let start = before.copied().unwrap_or(0);
        self.ends.get(number).map_or("", |end| &self.segments[start..*end])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::identity::tests::identity;
    use crate::function::site::Site;

    static SITE: Site = Site::cached("shop", "rows", "shop.rs", 1, 1);

    #[test]
    fn memory_is_used_again() {
        let identity = identity(&SITE, "shop::rows");
        let mut draft = Draft::take(identity);
        draft.fill(&*"x".repeat(1000)).expect("text is filled in");
        let grown = draft.segments.capacity();
        assert!(grown >= 1000);
        draft.leave();
        let draft = Draft::take(identity);
        assert_eq!((draft.segments.len(), draft.segments.capacity()), (0, grown));
    }
}
