//! Deterministic keys: a readable part for people, a hash that tells every two calls apart (KEYS.md).

pub(crate) mod canonical;
mod draft;
pub(crate) mod hex;
pub(crate) mod identity;
pub(crate) mod path;
mod preimage;
pub(crate) mod question;
pub(crate) mod segment;

use crate::glob;
use canonical::{Order, Refused};
use draft::Draft;
use identity::Identity;
use question::Question;
use serde::Serialize;

/// The key of one call of one cached function, without the handle's prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    text: String,
    /// Where the shape of the value's type begins, if it stands behind the hash.
    shape: Option<usize>,
}

impl Key {
    /// The key's text: the readable part, `:`, and 32 hexadecimal digits; of a function with `shape` another `:`, and 16 digits of the shape.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn into_string(self) -> String {
        self.text
    }

    /// The patterns of the call's entries: of all shapes that the value's type has had, and of when the function did not ask for it.
    pub(crate) fn patterns(&self) -> Vec<String> {
        match self.shape {
            Some(shape) => {
                let call = glob::escape(&self.text[..shape - 1]).into_owned();
                vec![format!("{call}:*"), call]
            }
            None => vec![glob::escape(&self.text).into_owned()],
        }
    }
}

/// Writes what identifies a call, and is hashed: `["identity",version,{"argument":value,…}]`.
#[derive(Debug)]
pub struct KeyBuilder {
    draft: Box<Draft>,
    shape: Option<u64>,
}

impl KeyBuilder {
    /// Begins a key.
    pub(crate) fn new(identity: Identity) -> Self {
        Self { draft: Draft::take(identity), shape: None }
    }

    /// Adds a type argument to the identity.
    pub(crate) fn add_type(&mut self, name: &str) {
        self.draft.add_type(name);
    }

    /// Fills the template's next placeholder.
    pub(crate) fn fill<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.draft.fill(value)
    }

    /// Hashes one argument under its name, `,"name":`; arguments come sorted by name.
    pub(crate) fn add_argument<T: Serialize + ?Sized>(
        &mut self,
        name: &str,
        order: Order,
        value: &T,
    ) -> Result<(), Refused> {
        self.draft.add_argument(name, order, value)
    }

    /// Sets the shape of the value's type.
    pub(crate) fn set_shape(&mut self, shape: u64) {
        self.shape = Some(shape);
    }

    /// Whose call it is.
    pub(crate) fn identity(&self) -> Identity {
        self.draft.hashed.identity
    }

    /// What the call asks for in a namespace; `None` for arguments so large that they were hashed on the way.
    pub(crate) fn question(&self, space: u64) -> Option<Question<'_>> {
        let Draft { segments, ends, hashed, .. } = &*self.draft;
        Some(Question { space, identity: hashed.identity, bytes: hashed.bytes()?, segments, ends })
    }

    /// Ends the key: the prefix, the readable part, `:`, and the first 128 bits of the hash. The prefix is not hashed.
    pub(crate) fn finish(mut self, prefix: &str) -> Key {
        let mut text = self.draft.finish(prefix);
        let shape = self.shape.map(|shape| {
            text.push(':');
            let start = text.len();
            hex::push(&mut text, &shape.to_be_bytes());
            start
        });
        self.leave();
        Key { text, shape }
    }

    /// Leaves the memory to the next call of this thread.
    pub(crate) fn leave(self) {
        self.draft.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::path::Spelled;
    use super::*;
    use crate::site::{Part, Site};
    use sha2::{Digest, Sha256};

    static SITE: Site = Site::cached("shop", "rows", "shop.rs", 1, 1)
        .key(&[Part::Text("sql:"), Part::Value, Part::Text(":data")])
        .version(2);

    fn builder(path: &'static str) -> KeyBuilder {
        KeyBuilder::new(Identity { site: &SITE, path: Spelled(path) })
    }

    #[test]
    fn a_key_is_prefix_template_and_the_hash_of_identity_version_and_arguments() {
        let mut key = builder("shop::rows");
        key.fill("users").unwrap();
        key.add_argument(",\"limit\":", Order::AsGiven, &10).unwrap();
        key.add_argument(",\"table\":", Order::AsGiven, "users").unwrap();
        let mut expected = "cache:sql:users:data:".to_owned();
        let hashed = br#"["shop::rows",2,{"limit":10,"table":"users"}]"#;
        hex::push(&mut expected, &Sha256::digest(hashed)[..16]);
        assert_eq!(key.finish("cache:").as_str(), expected);
    }

    #[test]
    fn a_placeholder_can_be_an_argument() {
        static NAMED: Site = Site::cached("shop", "rows", "shop.rs", 1, 1).key(&[
            Part::Argument(1),
            Part::Text(":"),
            Part::Value,
            Part::Text(":"),
            Part::Argument(0),
        ]);
        let long = "l:".repeat(5000);
        for (a, b) in [("x:\"", "plain"), ("short", &*long), (&*long, "short")] {
            let identity = Identity { site: &NAMED, path: Spelled("shop::rows") };
            let mut key = KeyBuilder::new(identity);
            key.fill("middle").unwrap();
            key.add_argument(",\"a\":", Order::AsGiven, a).unwrap();
            key.add_argument(",\"b\":", Order::AsGiven, b).unwrap();
            let mut expected = String::new();
            segment::push(&mut expected, b).unwrap();
            expected.push_str(":middle:");
            segment::push(&mut expected, a).unwrap();
            let hashed = format!(r#"["shop::rows",0,{{"a":{a:?},"b":{b:?}}}]"#);
            expected.push(':');
            hex::push(&mut expected, &Sha256::digest(hashed)[..16]);
            assert_eq!(key.finish("").as_str(), expected);
        }
    }

    #[test]
    fn types_are_part_of_the_identity() {
        let mut key = builder("shop::R<u8>::rows");
        key.add_type("u8");
        key.add_type("alloc::string::String");
        key.fill(&None::<u8>).unwrap();
        let mut expected = "sql:~:data:".to_owned();
        let hashed = br#"["shop::R<u8>::rows<u8,alloc::string::String>",2,{}]"#;
        hex::push(&mut expected, &Sha256::digest(hashed)[..16]);
        assert_eq!(key.finish("").as_str(), expected);
    }

    #[test]
    fn an_id_frees_plain_functions_from_their_path_and_keeps_types_apart() {
        static NAMED: Site = Site::cached("shop", "rows", "shop.rs", 1, 1).id("rows.all");
        let key = |path| {
            let identity = Identity { site: &NAMED, path: Spelled(path) };
            KeyBuilder::new(identity).finish("")
        };
        assert_eq!(key("shop::rows"), key("elsewhere::rows"));
        assert_ne!(key("<shop::A as shop::T>::rows"), key("<shop::B as shop::T>::rows"));
        assert_ne!(key("shop::R<u8>::rows"), key("shop::R<u16>::rows"));
    }
}
