//! A key while it is built, in memory that the next call of the same thread uses again: a hit in process allocates nothing.

use super::canonical::Sink;
use super::identity::Identity;
use super::preimage::Preimage;
use super::{Key, hex};
use crate::site::Part;
use std::cell::Cell;

/// How many digits of the hash stand at a key's end.
const HASH_DIGITS: usize = 32;

/// More memory is not kept: one large argument would hold it for ever.
const LARGEST: usize = 8 * 1024;

thread_local! {
    static SPARE: Cell<Option<Box<Draft>>> = const { Cell::new(None) };
}

/// A key that is not whole yet. It is boxed: a call is moved at each step of its making.
#[derive(Debug)]
pub(super) struct Draft {
    /// The prefix and the readable part, as far as it is known.
    pub(super) text: String,
    /// The parts of the template that are not in the text yet.
    pub(super) template: &'static [Part],
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
        draft.text.clear();
        draft.template = &[];
        draft.hashed.restart(identity);
        draft.progress = Progress::Identity;
        draft
    }

    fn new(identity: Identity) -> Self {
        Self {
            text: String::with_capacity(128),
            template: &[],
            hashed: Preimage::new(identity),
            progress: Progress::Identity,
        }
    }

    /// Leaves the memory to the next call of this thread.
    pub(super) fn leave(self: Box<Self>) {
        if self.text.capacity() + self.hashed.capacity() <= LARGEST {
            // The thread may be ending: the memory is freed then.
            let _ = SPARE.try_with(|spare| spare.set(Some(self)));
        }
    }

    /// Writes the template up to its next placeholder.
    pub(super) fn push_literals(&mut self) {
        while let [Part::Text(literal), rest @ ..] = self.template {
            self.text.push_str(literal);
            self.template = rest;
        }
    }

    /// Goes on behind a placeholder that was filled.
    pub(super) fn pass_placeholder(&mut self) {
        self.template = self.template.get(1..).unwrap_or(&[]);
        self.push_literals();
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

    /// The key: the text, `:`, and the first 128 bits of the hash.
    pub(super) fn finish(&mut self) -> Key {
        self.complete();
        let mut key = String::with_capacity(self.text.len() + 1 + HASH_DIGITS);
        key.push_str(&self.text);
        key.push(':');
        hex::push(&mut key, &self.hashed.digest());
        Key(key)
    }
}
