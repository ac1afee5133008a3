//! Follows the paths that `unordered(…)` names through the fields of an argument.

/// The parts of an argument whose order means nothing, as `unordered(…)` names them.
///
/// `""` is the argument itself, `"tags"` its field, `"filter.tags"` a field of its field. Fields
/// have the names that serde writes. Parts of tuples have their numbers.
pub(crate) type Unordered<'a> = &'a [&'a str];

/// The paths that begin at one value, while its parts are written.
pub(super) struct Paths<'a> {
    paths: Unordered<'a>,
    /// A bit for each path, set if a part of the value has the path's first name.
    met: u64,
}

impl<'a> Paths<'a> {
    pub(super) fn from(paths: Unordered<'a>) -> Self {
        Self { paths, met: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    /// Returns the paths inside each element of a list. A path does not name elements.
    pub(super) fn inside_elements(&self) -> Vec<&'a str> {
        self.paths.iter().copied().filter(|path| !path.is_empty()).collect()
    }

    /// Returns the paths inside the part of this name.
    pub(super) fn inside(&mut self, name: &str) -> Vec<&'a str> {
        let mut inside = Vec::new();
        for (number, path) in self.paths.iter().enumerate() {
            let Some(rest) = path.strip_prefix(name) else { continue };
            let rest = if rest.is_empty() { Some(rest) } else { rest.strip_prefix('.') };
            if let Some(rest) = rest.filter(|_| !path.is_empty()) {
                // mutant: fields that have no order are sorted for nobody
                inside.push(rest);
                self.met |=
                    1_u64.checked_shl(u32::try_from(number).unwrap_or(u32::MAX)).unwrap_or(0);
            }
        }
        inside
    }

    /// Tells whether a path names no part of the value. Only the first 64 paths are checked.
    pub(super) fn has_unmet(&self) -> bool {
        let is_met = |number: usize| self.met & (1 << number) != 0;
        self.paths
            .iter()
            .take(64)
            .enumerate()
            .any(|(number, path)| !path.is_empty() && !is_met(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_followed_name_by_name() {
        let mut paths = Paths::from(&["", "tags", "filter.tags", "filters"]);
        assert_eq!(paths.inside("tags"), [""]);
        assert_eq!(paths.inside("filter"), ["tags"]);
        assert!(paths.has_unmet());
        assert_eq!(paths.inside("filters"), [""]);
        assert!(!paths.has_unmet());
        assert_eq!(paths.inside_elements(), ["tags", "filter.tags", "filters"]);
        assert!(paths.inside("").is_empty() && paths.inside("fil").is_empty());
    }
}
