//! Takes apart the path of an annotated function, as the compiler spells it.

use std::iter;

/// The prefix of a companion's name.
const COMPANION: &str = "__cache_key_of_";

/// A function's path before it is taken apart. A hit in the tier needs no more.
///
/// The compiler spells the path `shop::Repo<u8>::find<u64>::{{closure}}`, with one more
/// `{{closure}}` in an async function.
#[derive(Clone, Copy, Debug, Eq)]
pub(crate) struct Spelled(pub(crate) &'static str);

/// Compares the addresses first: nearly always, both paths are one constant of the program and need
/// not be read.
impl PartialEq for Spelled {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0) || self.0 == other.0
    }
}

/// A function's path in two parts: `shop::Repo<u8>::` and `find`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) owner: &'static str,
    pub(crate) name: &'static str,
}

impl Spelled {
    /// Takes the path apart. The function's own type arguments are left out, because the macro
    /// names those that count.
    pub(crate) fn parse(self) -> Path {
        let mut path = self.0;
        while let Some(outer) = path.strip_suffix("::{{closure}}") {
            path = outer;
        }
        let path = &path[..arguments_start(path)];
        let path = path.strip_suffix("::").unwrap_or(path);
        let (owner, name) = path.split_at(name_start(path));
        Path { owner, name: name.strip_prefix(COMPANION).unwrap_or(name) }
    }
}

impl Path {
    /// Returns the path as text, with the function's name.
    pub(crate) fn whole(self) -> String {
        // mutant: the impl's type is not hashed
        [self.owner, self.name].concat()
    }

    /// Tells whether the owner names types. The owner is then the `impl` of a generic type, or a
    /// trait's.
    pub(crate) fn names_types(self) -> bool {
        self.owner.contains('<')
    }

    /// Tells whether the owner is made of a closure or a future.
    pub(crate) fn has_nameless_types(self) -> bool {
        self.owner.find('<').is_some_and(|types| is_nameless(&self.owner[types..]))
    }

    /// Tells whether the function is in a block, which means that a function is around it. The
    /// compiler spells functions, modules and types alike. The case of the first letter tells a
    /// type: rustc warns if the case does not fit the kind.
    pub(crate) fn is_in_a_block(self, module: &str) -> bool {
        let inside = match self.owner.strip_prefix(module) {
            Some(inside) => inside,
            // Paths of traits' methods begin with no module.
            None if self.owner.starts_with('<') => self.owner,
            // The path of a module in a block lacks the block's function, and begins with the
            // surroundings of the block.
            None => return !self.owner.is_empty(),
        };
        segments(inside).any(|segment| !is_a_type(segment))
    }
}

/// Tells whether a type's name is that of a closure or a future, or of a type that is made of one.
/// Other closures in the same function have the same name.
pub(crate) fn is_nameless(name: &str) -> bool {
    // mutant: a closure is taken for a type of its name
    name.match_indices("}}").any(|(at, braces)| !name[at + braces.len()..].starts_with("::"))
}

/// Returns the segments of a path. Text between `<` and `>` belongs to one segment.
fn segments(path: &str) -> impl Iterator<Item = &str> {
    let mut rest = path;
    iter::from_fn(move || {
        rest = rest.trim_start_matches(':');
        let (segment, following) = rest.split_at(segment_end(rest));
        rest = following;
        Some(segment).filter(|segment| !segment.is_empty())
    })
}

/// Returns the end of the first segment of `path`.
fn segment_end(path: &str) -> usize {
    let (mut depth, mut before) = (0usize, b' ');
    for (at, byte) in path.bytes().enumerate() {
        match byte {
            b'<' => depth += 1,
            // The arrow of `fn(u8) -> u8` is no closing bracket.
            b'>' if before != b'-' => depth = depth.saturating_sub(1),
            b':' if depth == 0 => return at,
            _ => {}
        }
        before = byte;
    }
    path.len()
}

fn is_a_type(segment: &str) -> bool {
    segment.starts_with(|first: char| first.is_uppercase() || first == '<')
}

/// Returns the beginning of the last segment of `path`. `rfind("::")` is slower, because it
/// prepares for longer words in every call.
fn name_start(path: &str) -> usize {
    path.as_bytes().windows(2).rposition(|pair| pair == b"::").map_or(0, |at| at + 2)
}

/// Returns the last of some type arguments, as they stand between `<` and `>`.
pub(crate) fn last_argument(arguments: &str) -> &str {
    let bytes = arguments.as_bytes();
    let mut depth = 0usize;
    for at in (0..bytes.len()).rev() {
        match bytes[at] {
            // The arrow of `fn(u8) -> u8` is no closing bracket.
            b'>' if at > 0 && bytes[at - 1] == b'-' => {}
            b'>' | b')' | b']' => depth += 1,
            b'<' | b'(' | b'[' if depth == 0 => return &arguments[at + 1..],
            b'<' | b'(' | b'[' => depth -= 1,
            b',' if depth == 0 => return arguments[at + 1..].trim_start(),
            _ => {}
        }
    }
    arguments
}

/// Returns the beginning of the type arguments at the end of `path`, or the length of `path`.
fn arguments_start(path: &str) -> usize {
    let bytes = path.as_bytes();
    if !path.ends_with('>') {
        return path.len();
    }
    let mut depth = 0usize;
    for at in (0..bytes.len()).rev() {
        match bytes[at] {
            // The arrow of `fn(u8) -> u8` is no closing bracket.
            b'>' if at > 0 && bytes[at - 1] == b'-' => {}
            b'>' => depth += 1,
            b'<' if depth == 1 => return at,
            b'<' => depth -= 1,
            _ => {}
        }
    }
    path.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(spelled: &'static str) -> (&'static str, &'static str) {
        let path = Spelled(spelled).parse();
        (path.owner, path.name)
    }

    #[test]
    fn the_last_of_some_types_is_found() {
        for (arguments, last) in [
            ("Plain<u8>, Via, shop::get::{{closure}}", "shop::get::{{closure}}"),
            (
                "A, shop::get<u8, (u16, [u8; 2])>::{{closure}}",
                "shop::get<u8, (u16, [u8; 2])>::{{closure}}",
            ),
            (
                "A, <shop::Repo<fn(u8) -> B<u8>> as shop::Users>::get::{{closure}}",
                "<shop::Repo<fn(u8) -> B<u8>> as shop::Users>::get::{{closure}}",
            ),
            ("::Through<shop::get::{{closure}}", "shop::get::{{closure}}"),
        ] {
            assert_eq!(last_argument(arguments), last);
        }
    }

    #[test]
    fn closures_and_the_functions_own_arguments_are_left_out() {
        assert_eq!(parts("shop::find::{{closure}}::{{closure}}"), ("shop::", "find"));
        assert_eq!(parts("shop::find<fn(&'_ str) -> u8, 3>::{{closure}}"), ("shop::", "find"));
        assert_eq!(
            parts("shop::R<a::V<u8>>::find<u8>::{{closure}}"),
            ("shop::R<a::V<u8>>::", "find")
        );
        assert_eq!(
            parts("<shop::A as shop::T<u8>>::find::{{closure}}"),
            ("<shop::A as shop::T<u8>>::", "find")
        );
        assert_eq!(parts("find"), ("", "find"));
    }

    #[test]
    fn a_function_in_a_block_is_known_by_what_is_around_it() {
        let path = |spelled: &'static str| Spelled(spelled).parse();
        for outside in [
            "shop::find",
            "shop::Repo::find",
            "shop::Repo<u8>::find",
            "<shop::Repo as shop::main::Users>::find",
            "shop::<impl shop::users::Repo>::find",
            "<[_; N] as shop::Users>::find",
            "shop::Repo<fn(u8) -> shop::Row>::find",
        ] {
            assert!(!path(outside).is_in_a_block("shop"), "{outside}");
        }
        for inside in [
            "shop::main::find",
            "shop::main::Repo::find",
            "shop::main::{{closure}}::find",
            "shop::_::find",
            "shop::main::<impl shop::Repo>::find",
            "shop::Repo<_>::pages::find",
            "shop::Repo<_>::pages::{{closure}}::find",
            "shop::Repo<alloc::string::String>::pages::find",
            "shop::Repo<fn(u8) -> shop::Row>::pages::find",
            "shop::<impl shop::users::Repo>::pages::find",
            "<shop::Repo as shop::Users>::pages::find",
            "<[_; N] as shop::Users>::pages::find",
            "<dyn core::marker::Send as shop::Users>::pages::find",
            // A function in `mod shop::inner`, which is inside `main`.
            "other::main::inner::find",
        ] {
            assert!(path(inside).is_in_a_block("shop"), "{inside}");
        }
    }

    #[test]
    fn a_closure_is_nameless_and_a_type_inside_of_one_is_not() {
        let is_nameless = |spelled: &'static str| Spelled(spelled).parse().has_nameless_types();
        assert!(is_nameless("shop::Loader<shop::main::{{closure}}>::load::{{closure}}"));
        assert!(is_nameless("<shop::main::{{closure}} as shop::Load>::load"));
        assert!(!is_nameless("shop::Loader<shop::main::{{closure}}::Row>::load::{{closure}}"));
        assert!(!is_nameless("shop::main::{{closure}}::load::{{closure}}"));
    }

    #[test]
    fn a_companion_has_its_functions_path() {
        assert_eq!(parts("shop::__cache_key_of_find<u8>::{{closure}}"), ("shop::", "find"));
    }

    struct Generic<T>(T);

    impl<T> Generic<T> {
        fn path<U>(_argument: U) -> Path {
            Spelled(std::any::type_name_of_val(&|| ())).parse()
        }
    }

    #[test]
    fn the_compiler_spells_the_types_of_an_impl() {
        let path = Generic::<Vec<u8>>::path(1u8);
        assert!(path.owner.ends_with("Generic<alloc::vec::Vec<u8>>::"), "{path:?}");
        assert_eq!(path.name, "path");
        assert!(path.names_types());
    }
}
