//! Names the origin of an invalidation for log lines and reports, without the values in its
//! pattern.

use crate::function::site::{Part, Site};
use std::fmt;

/// The origin of an invalidation.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Origin {
    /// A pattern of an `#[invalidates]` attribute.
    Pattern(&'static Site, &'static [Part]),
    /// A call that an `#[invalidates]` attribute names.
    Call(&'static Site),
    /// A call of a method on the handle.
    Hand,
    /// Several patterns that became one, because too many waited.
    Everything,
}

impl Origin {
    pub(crate) fn site(&self) -> Option<&'static Site> {
        match self {
            Self::Pattern(site, _) | Self::Call(site) => Some(site),
            Self::Hand | Self::Everything => None,
        }
    }

    /// Returns the label of the function that asked for the invalidation. Returns `by hand` if no
    /// single function did.
    pub(crate) fn function(&self) -> String {
        self.site().map_or_else(|| "by hand".to_owned(), Site::label)
    }
}

impl fmt::Display for Origin {
    /// Writes the pattern as the attribute has it, with `<_>` for each value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pattern(_, parts) => parts.iter().try_for_each(|part| match part {
                Part::Text(text) => f.write_str(text),
                Part::Argument(_) | Part::Value => f.write_str("<_>"),
            }),
            Self::Call(site) => write!(f, "a call that `{}` names", site.label()),
            Self::Hand => f.write_str("a pattern given by hand"),
            Self::Everything => f.write_str("everything under the prefix"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_named_without_its_values() {
        static PARTS: &[Part] = &[Part::Text("user:"), Part::Value, Part::Text(":*")];
        static SITE: Site = Site::invalidates("shop", "rename", "shop.rs", 1, 1).patterns(&[PARTS]);
        let origin = Origin::Pattern(&SITE, PARTS);
        assert_eq!(
            (origin.to_string().as_str(), &*origin.function()),
            ("user:<_>:*", "shop::rename")
        );
        assert_eq!(Origin::Call(&SITE).to_string(), "a call that `shop::rename` names");
    }
}
