//! Redis' globs, short and slow on many stars, with what a store may not know of them.

use super::fault::Fault;

pub(crate) fn matches(fault: Fault, pattern: &str, text: &str) -> bool {
    fault == Fault::ListsEverything || Globs(fault).matches(pattern.as_bytes(), text.as_bytes())
}

struct Globs(Fault);

impl Globs {
    fn matches(&self, pattern: &[u8], text: &[u8]) -> bool {
        match (pattern, text) {
            ([], _) => text.is_empty(),
            ([b'*', rest @ ..], _) => (0..=text.len()).any(|at| self.matches(rest, &text[at..])),
            (_, []) => false,
            ([b'?', rest @ ..], [_, text @ ..]) => {
                let is_inside = |byte: &&u8| (0x80..0xc0).contains(*byte);
                let more = text.iter().take_while(is_inside).count();
                let more = if self.0 == Fault::QuestionMarkIsACharacter { more } else { 0 };
                self.matches(rest, &text[more..])
            }
            ([b'[', set @ ..], [byte, text @ ..]) if self.0 != Fault::KnowsNoSets => {
                let (is_in, rest) = self.set(set, *byte);
                is_in && self.matches(rest, text)
            }
            ([b'\\', literal, rest @ ..], [byte, text @ ..]) if self.0 != Fault::KnowsNoEscapes => {
                literal == byte && self.matches(rest, text)
            }
            ([literal, rest @ ..], [byte, text @ ..]) => {
                literal == byte && self.matches(rest, text)
            }
        }
    }

    /// Whether a byte is in a set, and what stands behind it.
    fn set<'a>(&self, set: &'a [u8], byte: u8) -> (bool, &'a [u8]) {
        let (mut rest, is_negated) = match set {
            [b'^', rest @ ..] if self.0 != Fault::KnowsNoNegation => (rest, true),
            _ => (set, false),
        };
        let mut found = false;
        loop {
            rest = match rest {
                [] => return (found != is_negated, rest),
                [b']', rest @ ..] => return (found != is_negated, rest),
                [b'\\', literal, rest @ ..] if self.0 != Fault::KnowsNoEscapesInSets => {
                    found |= *literal == byte;
                    rest
                }
                [low, b'-', high, rest @ ..] if self.0 != Fault::KnowsNoRanges => {
                    found |= (low..=high).contains(&&byte);
                    found |=
                        (high..=low).contains(&&byte) && self.0 != Fault::KnowsNoReversedRanges;
                    rest
                }
                [literal, rest @ ..] => {
                    found |= *literal == byte;
                    rest
                }
            };
        }
    }
}
