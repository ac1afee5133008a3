//! A key while it is built, in memory that the next call of the same thread uses again: a hit in process allocates nothing.

use super::canonical::Sink;
use super::identity::Identity;
use super::preimage::Preimage;
use super::{Key, hex};
use crate::site::Part;
use std::cell::Cell;

/// More memory is not kept: one large argument would hold it for ever.
const LARGEST: usize = 8 * 1024;

thread_local! {
    static SPARE: Cell<Option<Box<Draft>>> = const { Cell::new(None) };
}

/// A key that is not whole yet. It is boxed: a call is moved at each step of its making.
#[derive(Debug)]
pub(super) struct Draft {
    /// The values of the template's placeholders, one behind the other.
    pub(super) segments: String,
    /// Where each of them ends.
    pub(super) ends: Vec<usize>,
    pub(super) hashed: Preimage,
    progress: Progress,
}

/// How much of the hashed array is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Identity,
    Types,
    FirstArgument,
    MoreArguments,
    Whole,
}

impl Draft {
    /// An empty draft, in the memory that this thread has left if it has.
    #[expect(clippy::unnecessary_box_returns, reason = "the box is used again, too")]
    pub(super) fn take(identity: Identity) -> Box<Self> {
        let spare = SPARE.try_with(Cell::take).ok().flatten();
        let Some(mut draft) = spare else { return Box::new(Self::new(identity)) };
        draft.segments.clear();
        draft.ends.clear();
        draft.hashed.restart(identity);
        draft.progress = Progress::Identity;
        draft
    }

    fn new(identity: Identity) -> Self {
        Self {
            segments: String::with_capacity(64),
            ends: Vec::with_capacity(4),
            hashed: Preimage::new(identity),
            progress: Progress::Identity,
        }
    }

    /// Leaves the memory to the next call of this thread.
    pub(super) fn leave(self: Box<Self>) {
        if self.segments.capacity() + self.hashed.capacity() <= LARGEST {
            // The thread may be ending: the memory is freed then.
            let _ = SPARE.try_with(|spare| spare.set(Some(self)));
        }
    }

    /// Writes what stands before a type argument.
    pub(super) fn open_type(&mut self) {
        let opening = if self.progress == Progress::Identity { b'<' } else { b',' };
        self.hashed.put_byte(opening);
        self.progress = Progress::Types;
    }

    /// Writes what stands before an argument. A name is a path of Rust's identifiers: nothing in it has to be escaped.
    pub(super) fn open_argument(&mut self, name: &str) {
        if self.progress == Progress::MoreArguments {
            self.hashed.put(b",\"");
        } else {
            self.open_arguments();
            self.hashed.put_byte(b'"');
        }
        self.progress = Progress::MoreArguments;
        self.hashed.put(name.as_bytes());
        self.hashed.put(b"\":");
    }

    fn open_arguments(&mut self) {
        match self.progress {
            Progress::Identity => self.hashed.put(b"\","),
            Progress::Types => self.hashed.put(b">\","),
            Progress::FirstArgument | Progress::MoreArguments | Progress::Whole => return,
        }
        let version = self.hashed.identity.site.version;
        self.hashed.put(itoa::Buffer::new().format(version).as_bytes());
        self.hashed.put(b",{");
        self.progress = Progress::FirstArgument;
    }

    /// Writes the end of what is hashed.
    pub(super) fn complete(&mut self) {
        self.open_arguments();
        if self.progress != Progress::Whole {
            self.hashed.put(b"}]");
            self.progress = Progress::Whole;
        }
    }

    /// The key: the prefix, the readable part, `:`, and the first 128 bits of the hash.
    pub(super) fn finish(&mut self, prefix: &str) -> Key {
        self.complete();
        let mut key = String::with_capacity(prefix.len() + self.segments.len() + 96);
        key.push_str(prefix);
        self.push_readable(&mut key);
        key.push(':');
        hex::push(&mut key, &self.hashed.digest());
        Key(key)
    }

    /// Writes the template with its placeholders filled, or the function's name.
    fn push_readable(&self, key: &mut String) {
        let site = self.hashed.identity.site;
        let Some(template) = site.key else { return key.push_str(site.name) };
        let (mut start, mut ends) = (0, self.ends.iter());
        for part in template {
            match part {
                Part::Text(literal) => key.push_str(literal),
                Part::Value => {
                    let end = ends.next().copied().unwrap_or(start);
                    key.push_str(&self.segments[start..end]);
                    start = end;
                }
            }
        }
    }
}
