//! The types of a generated file.

use crate::Tested;
use crate::check::{Case, Seen};
use crate::choices::Choices;
use crate::finding::{Fault, source_of};
use crate::run::{Counts, Session};
use crate::store;
use cache_runtime::Key;
use std::pin::Pin;

/// What is tested: types, and versions of them.
#[derive(Debug)]
pub struct Suite {
    source: &'static str,
    pub(crate) types: Vec<Type>,
    pub(crate) shapes: Vec<Shapes>,
}

type Running<'a> = Pin<Box<dyn Future<Output = Result<(), Fault>> + 'a>>;

/// A type, and how it is tested.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Type {
    pub(crate) name: &'static str,
    pub(crate) run: for<'a> fn(&'a mut Session, u64) -> Running<'a>,
}

/// The shape and the key of one version.
type Version = (u64, Option<Key>);

/// A type in three versions: now, once more, and later.
#[derive(Debug)]
pub(crate) struct Shapes {
    pub(crate) name: &'static str,
    versions: [Version; 3],
    /// Whether something that serde sees has changed.
    has_changed: bool,
}

impl Suite {
    /// Begins with the source of the types, for findings.
    #[must_use]
    pub fn of(source: &'static str) -> Self {
        Self { source, types: Vec::new(), shapes: Vec::new() }
    }

    /// Adds a type.
    pub fn test<T: Tested>(&mut self) {
        self.types.push(Type {
            name: T::NAME,
            run: |session, cases| Box::pin(test::<T>(session, cases)),
        });
    }

    /// Adds the versions of a type.
    pub fn shape(
        &mut self,
        name: &'static str,
        now: Version,
        twin: Version,
        next: Version,
        has_changed: bool,
    ) {
        self.shapes.push(Shapes { name, versions: [now, twin, next], has_changed });
    }

    pub(crate) fn source_of(&self, name: &str) -> String {
        source_of(self.source, name)
    }
}

impl Shapes {
    /// The twin reads what the type has stored, and a version that has changed does not.
    pub(crate) fn check(&self, counts: &mut Counts) -> Result<(), Fault> {
        let [now, twin, next] = &self.versions;
        let fault = |expected| Err(Fault::new(expected).with("now, twin, next", &self.versions));
        if now != twin || now.1.is_none() {
            return fault("one type has one shape and one key, wherever it stands");
        }
        let (same_shape, same_key) = (now.0 == next.0, now.1 == next.1);
        if self.has_changed && (same_shape || same_key) {
            return fault("a type that has changed has another shape and another key");
        }
        let is_same = same_shape && same_key;
        if !(self.has_changed || is_same) {
            return fault("a type that has not changed keeps its shape and its key");
        }
        counts.shapes += 1;
        Ok(())
    }
}

/// Puts values of a type through the cache: mostly each a small change of the one before.
async fn test<T: Tested>(session: &mut Session, cases: u64) -> Result<(), Fault> {
    let mut seen = Seen::default();
    let mut value = None::<T>;
    for _ in 0..cases {
        let choices = &mut session.choices;
        let next = next(choices, value.take());
        one(session, &mut seen, &next).await?;
        value = Some(next);
    }
    Ok(())
}

fn next<T: Tested>(choices: &mut Choices, before: Option<T>) -> T {
    choices.begin();
    match before {
        Some(mut value) if !choices.once_in(4) => {
            value.change(choices);
            value
        }
        _ => T::random(choices),
    }
}

async fn one<T: Tested>(session: &mut Session, seen: &mut Seen<T>, value: &T) -> Result<(), Fault> {
    let id = session.begin_case().await;
    let (handles, counts) = (&mut session.handles, &mut session.counts);
    store::round_trip(value, id, handles, counts).await?;
    let Some(case) = Case::of(value.clone(), handles, counts).await? else { return Ok(()) };
    case.keys(seen, counts)?;
    case.tier(handles, counts).await?;
    if id.is_multiple_of(8) {
        case.pattern(handles, counts).await?;
    }
    Ok(())
}
