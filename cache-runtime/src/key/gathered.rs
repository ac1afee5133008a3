//! Gathers elements that must be sorted before they are written.

use super::sink::Sink;
use crate::function::refused::Refused;

/// The rule for entries whose keys have one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ties {
    /// The entries keep their order, because the order may mean something.
    KeepOrder,
    /// The entries are sorted by their values.
    ByValue,
    /// The entries have no key and are refused. Their order differs each time, and their text does
    /// not show which key has which value.
    Refuse,
}

/// Elements in one buffer, with the end of each.
#[derive(Default)]
pub(super) struct Gathered {
    bytes: Vec<u8>,
    ends: Vec<Ends>,
    /// The end of the key of the open entry.
    key_end: Option<usize>,
}

struct Ends {
    /// The end of the bytes that the element is sorted by: the key of an entry, or the whole of any
    /// other element.
    key: usize,
    whole: usize,
}

impl Gathered {
    /// Returns the buffer of the open element.
    pub(super) fn out(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Ends the key of the open entry.
    pub(super) fn close_key(&mut self) {
        self.key_end = Some(self.bytes.len());
        self.bytes.push(b':');
    }

    /// Ends the open element.
    pub(super) fn close(&mut self) {
        let whole = self.bytes.len();
        self.ends.push(Ends { key: self.key_end.take().unwrap_or(whole), whole });
    }

    /// Writes the elements with commas between them, sorted by their bytes.
    ///
    /// Entries are sorted by their keys.
    ///
    /// # Errors
    ///
    /// Returns an error if two entries have keys of one text and `ties` is [`Ties::Refuse`].
    pub(super) fn write_sorted(&self, ties: Ties, out: &mut dyn Sink) -> Result<(), Refused> {
        let mut start = 0;
        let mut elements: Vec<(&[u8], &[u8])> = Vec::with_capacity(self.ends.len());
        for ends in &self.ends {
            elements.push((&self.bytes[start..ends.key], &self.bytes[start..ends.whole]));
            start = ends.whole;
        }
        match ties {
            Ties::KeepOrder => elements.sort_by_key(|(key, _)| *key),
            // mutant: entries whose keys read alike keep their order in the readable part
            // mutant: map entries are not sorted
            Ties::ByValue | Ties::Refuse => elements.sort_unstable(),
        }
        if ties == Ties::Refuse && elements.windows(2).any(|pair| is_tie(pair[0], pair[1])) {
            return Err(Refused::AmbiguousMap);
        }
        for (index, (_, element)) in elements.into_iter().enumerate() {
            if index > 0 {
                out.put_byte(b',');
            }
            out.put(element);
        }
        Ok(())
    }
}

/// Tells whether two entries have one key and two values. An element of a list is a key as a whole.
fn is_tie(first: (&[u8], &[u8]), second: (&[u8], &[u8])) -> bool {
    first.0 == second.0 && first.1 != second.1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(ties: Ties) -> Result<Vec<u8>, Refused> {
        let mut entries = Gathered::default();
        for (key, value) in ["b2", "a9", "b1"].map(|entry| entry.split_at(1)) {
            entries.out().extend_from_slice(key.as_bytes());
            entries.close_key();
            entries.out().extend_from_slice(value.as_bytes());
            entries.close();
        }
        let mut written = Vec::new();
        entries.write_sorted(ties, &mut written).map(|()| written)
    }

    #[test]
    fn entries_of_one_key_keep_their_order() {
        assert_eq!(written(Ties::KeepOrder).unwrap(), b"a:9,b:2,b:1");
    }

    #[test]
    fn entries_of_one_key_can_be_sorted_by_their_values() {
        assert_eq!(written(Ties::ByValue).unwrap(), b"a:9,b:1,b:2");
    }

    #[test]
    fn entries_of_one_key_can_be_refused() {
        assert_eq!(written(Ties::Refuse), Err(Refused::AmbiguousMap));
    }
}
