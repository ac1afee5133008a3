//! What a function is in keys.

use super::canonical::{self, Sink};
use super::path::{Path, Spelled};
use crate::site::Site;

/// An annotated function with the types it stands in: what tells its calls from those of every other function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Identity {
    pub(crate) site: &'static Site,
    pub(crate) path: Spelled,
}

impl Identity {
    /// Writes the function's path, or its `id`. An `id` on a method of a trait or of a generic type is many functions at
    /// once, so the owner stays with it.
    pub(super) fn write(self, out: &mut impl Sink) {
        let path = self.path.parse();
        let Some(id) = self.site.id else {
            canonical::write_escaped(out, path.owner);
            canonical::write_escaped(out, path.name);
            return;
        };
        canonical::write_escaped(out, id);
        if path.names_types() {
            write_owner(out, path);
        }
    }

    /// The identity and version as text, without the function's own type arguments.
    pub(crate) fn text(self) -> String {
        let mut identity = Vec::new();
        self.write(&mut identity);
        format!("{} {}", String::from_utf8_lossy(&identity), self.site.version)
    }
}

/// Two are equal that stand at one place in one type. Functions that only share their identity differ: one of them runs without
/// the cache, and must not be answered for the other.
impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        self.site.is_at_the_place_of(other.site) && self.path == other.path
    }
}

impl Eq for Identity {}

fn write_owner(out: &mut impl Sink, path: Path) {
    out.put(b"@");
    canonical::write_escaped(out, path.owner.trim_end_matches(':'));
}
