//! Writes the bytes that tell a function from every other one in the hash.

use super::escape::{write_escaped, write_str};
use crate::function::identity::Identity;
use crate::function::path::Path;
use crate::function::refused::Refused;
use crate::function::site::Writer;

impl Identity {
    /// Writes the bytes that tell the function from others in every process: its path, or its `id`.
    ///
    /// Many functions have the `id` of a trait's or generic type's method, or an `id` that a macro
    /// writes. Their path stays beside the `id`. In a block, all functions of one name have the
    /// same path. A number made of the function's tokens and place stays beside that path.
    ///
    /// # Errors
    ///
    /// Returns an error if nothing tells the function from another one.
    pub(super) fn write(self, out: &mut Vec<u8>) -> Result<(), Refused> {
        let path = self.path.parse();
        if path.has_nameless_types() {
            return Err(Refused::NamelessType);
        }
        let local = self.local(path)?;
        if let (None, None) = (self.site.id, local) {
            write_path(out, path);
            return Ok(());
        }
        let (id, of) = self.named(path);
        write_parts(out, id, of.as_deref(), local);
        Ok(())
    }

    /// Returns the `id`, and the part of the path that stays beside it. For an `id` that a macro
    /// writes, this is the whole path. For any other `id`, this is the types that have the method.
    fn named(self, path: Path) -> (Option<&'static str>, Option<String>) {
        let of = match self.site.id {
            // mutant: an id that a macro writes stands alone
            Some(_) if self.site.id_by == Writer::Hand => {
                // mutant: the owner of a method with an id is not hashed
                path.names_types().then(|| path.owner.trim_end_matches(':').to_owned())
            }
            _ => Some(path.whole()),
        };
        (self.site.id, of)
    }

    /// Returns the number that tells a function in a block from others of its path.
    fn local(self, path: Path) -> Result<Option<u64>, Refused> {
        let has_own_id = self.site.id.is_some() && self.site.id_by == Writer::Hand;
        // mutant: a function in a block is known by its path
        if has_own_id || !path.is_in_a_block(self.site.module) {
            return Ok(None);
        }
        match self.site.name_by {
            Writer::Hand => Ok(Some(self.site.own)),
            // mutant: the copies of a function that a macro writes share entries
            Writer::Macro => Err(Refused::NamelessFunction),
        }
    }
}

/// Writes `"shop::users::get"`.
fn write_path(out: &mut Vec<u8>, path: Path) {
    out.push(b'"');
    write_escaped(out, path.owner);
    write_escaped(out, path.name);
    out.push(b'"');
}

/// Writes `{"id":"users.get","of":"<shop::Repo as shop::Users>","local":"0123456789abcdef"}`. Each
/// member is left out if it is not given.
fn write_parts(out: &mut Vec<u8>, id: Option<&str>, of: Option<&str>, local: Option<u64>) {
    let local = local.map(|local| format!("{local:016x}"));
    let mut separator = b'{';
    for (name, value) in [("id", id), ("of", of), ("local", local.as_deref())] {
        let Some(value) = value else { continue };
        out.push(separator);
        separator = b',';
        write_str(out, name);
        out.push(b':');
        write_str(out, value);
    }
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::identity::tests::identity;
    use crate::function::site::Site;

    static PLAIN: Site = Site::cached("shop", "get", "shop.rs", 1, 1).own(0xabc);
    static NAMED: Site = Site::cached("shop", "get", "shop.rs", 1, 1).id("users.get");
    static BY_MACRO: Site =
        Site::cached("shop", "get", "shop.rs", 1, 1).id("get").by_macro(true, true);

    fn text(site: &'static Site, path: &'static str) -> Result<String, Refused> {
        let mut out = Vec::new();
        identity(site, path).write(&mut out).map(|()| String::from_utf8(out).expect("text"))
    }

    #[test]
    fn an_id_frees_plain_functions_from_their_path_and_keeps_types_apart() {
        assert_eq!(text(&PLAIN, "shop::get").unwrap(), r#""shop::get""#);
        assert_eq!(text(&NAMED, "shop::get").unwrap(), r#"{"id":"users.get"}"#);
        assert_eq!(
            text(&NAMED, "<shop::A as shop::T>::get").unwrap(),
            r#"{"id":"users.get","of":"<shop::A as shop::T>"}"#
        );
    }

    #[test]
    fn what_a_macro_writes_keeps_its_path() {
        assert_eq!(text(&BY_MACRO, "shop::get").unwrap(), r#"{"id":"get","of":"shop::get"}"#);
        assert_eq!(text(&BY_MACRO, "shop::main::get"), Err(Refused::NamelessFunction));
    }

    #[test]
    fn a_function_in_a_block_is_told_by_what_it_is_made_of() {
        let expected = r#"{"of":"shop::main::get","local":"0000000000000abc"}"#;
        assert_eq!(text(&PLAIN, "shop::main::get").unwrap(), expected);
        assert_eq!(text(&NAMED, "shop::main::get").unwrap(), r#"{"id":"users.get"}"#);
    }

    #[test]
    fn a_function_of_a_closure_has_no_keys() {
        let path = "shop::Loader<shop::main::{{closure}}>::get";
        assert_eq!(text(&PLAIN, path), Err(Refused::NamelessType));
        assert_eq!(text(&NAMED, path), Err(Refused::NamelessType));
    }
}
