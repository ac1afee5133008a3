//! What was found, as somebody reads it.

use std::collections::BTreeSet;
use std::fmt;

/// What is wrong with a value.
#[derive(Debug)]
pub(crate) struct Fault {
    /// What was expected.
    expected: &'static str,
    /// Values, keys and answers, each under its name.
    evidence: Vec<(&'static str, String)>,
}

impl Fault {
    pub(crate) fn new(expected: &'static str) -> Self {
        Self { expected, evidence: Vec::new() }
    }

    /// Adds a value, a key or an answer.
    pub(crate) fn with(mut self, name: &'static str, evidence: impl fmt::Debug) -> Self {
        self.evidence.push((name, format!("{evidence:?}")));
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "expected: {}", self.expected)?;
        let width = self.evidence.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        self.evidence.iter().try_for_each(|(name, text)| writeln!(f, "{name:width$}  {text}"))
    }
}

/// The source of a type, and of those that it is made of.
pub(crate) fn source_of(file: &str, name: &str) -> String {
    let now = file.split("pub mod twin").next().unwrap_or(file);
    let mut found = BTreeSet::from([name.to_owned()]);
    let mut texts = Vec::new();
    let mut open = vec![name.to_owned()];
    while let Some(name) = open.pop() {
        let Some(text) = now.split("\n\n").find(|item| defines(item, &name)) else { continue };
        texts.push(text.trim_end());
        let words = text.split(|c: char| !c.is_alphanumeric());
        let names = words.filter(|word| is_name(word) && found.insert((*word).to_owned()));
        open.extend(names.map(str::to_owned));
    }
    texts.reverse();
    texts.join("\n\n")
}

fn defines(item: &str, name: &str) -> bool {
    ["struct", "enum"].iter().any(|kind| {
        let opening = format!("pub {kind} {name}");
        let rest = item.split_once(&opening).map(|(_, rest)| rest);
        rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
    })
}

/// `T17`
fn is_name(word: &str) -> bool {
    word.strip_prefix('T').is_some_and(|digits| digits.parse::<usize>().is_ok())
}
