//! Deterministic keys: a readable part for people, a hash that tells every two calls apart (KEYS.md).

mod buffers;
pub(crate) mod canonical;
pub(crate) mod hex;
pub(crate) mod identity;
pub(crate) mod path;
mod preimage;
pub(crate) mod question;
pub(crate) mod segment;

use crate::site::Part;
use buffers::Buffers;
use canonical::{Order, Refused, Sink};
use identity::Identity;
use preimage::Preimage;
use question::Question;
use serde::Serialize;
use std::mem;

/// How many digits of the hash stand at a key's end.
const HASH_DIGITS: usize = 32;

/// The key of one call of one cached function, without the handle's prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// The key's text: the readable part, `:`, and 32 hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }

    /// The key without the handle's prefix.
    pub(crate) fn without(mut self, prefix: &str) -> Self {
        if self.0.starts_with(prefix) {
            self.0.drain(..prefix.len());
        }
        self
    }
}

/// Writes what identifies a call, and is hashed: `["identity",version,{"argument":value,…}]`.
#[derive(Debug)]
pub struct KeyBuilder {
    text: String,
    /// The parts of the template that are not in `text` yet.
    template: &'static [Part],
    hashed: Preimage,
    progress: Progress,
}

/// How much of the hashed array is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Identity,
    Types,
    FirstArgument,
    MoreArguments,
    Whole,
}

impl KeyBuilder {
    /// Begins a key; `prefix` stands before the readable part and is not hashed.
    pub(crate) fn new(identity: Identity, prefix: &str) -> Self {
        let Buffers { mut text, hashed } = Buffers::take();
        text.clear();
        text.push_str(prefix);
        let site = identity.site;
        let template = site.key.unwrap_or(&[]);
        let hashed = Preimage::new(identity, hashed);
        let mut builder = Self { text, template, hashed, progress: Progress::Identity };
        if site.key.is_none() {
            builder.text.push_str(site.name);
        }
        builder.push_literals();
        builder
    }

    fn push_literals(&mut self) {
        while let [Part::Text(literal), rest @ ..] = self.template {
            self.text.push_str(literal);
            self.template = rest;
        }
    }

    /// Adds a type argument to the identity.
    pub(crate) fn add_type(&mut self, name: &str) {
        let opening = if self.progress == Progress::Identity { b"<" } else { b"," };
        self.hashed.put(opening);
        canonical::write_escaped(&mut self.hashed, name);
        self.progress = Progress::Types;
    }

    /// Fills the template's next placeholder.
    pub(crate) fn fill<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        segment::push(&mut self.text, value)?;
        self.template = self.template.get(1..).unwrap_or(&[]);
        self.push_literals();
        Ok(())
    }

    /// Hashes one argument; arguments come sorted by name.
    pub(crate) fn add_argument<T: Serialize + ?Sized>(
        &mut self,
        name: &str,
        order: Order,
        value: &T,
    ) -> Result<(), Refused> {
        self.open_arguments();
        if self.progress == Progress::MoreArguments {
            self.hashed.put_byte(b',');
        }
        self.progress = Progress::MoreArguments;
        canonical::write_str(&mut self.hashed, name);
        self.hashed.put_byte(b':');
        canonical::write(&mut self.hashed, value, order)
    }

    fn open_arguments(&mut self) {
        match self.progress {
            Progress::Identity => self.hashed.put(b"\","),
            Progress::Types => self.hashed.put(b">\","),
            Progress::FirstArgument | Progress::MoreArguments | Progress::Whole => return,
        }
        let version = self.identity().site.version;
        self.hashed.put(itoa::Buffer::new().format(version).as_bytes());
        self.hashed.put(b",{");
        self.progress = Progress::FirstArgument;
    }

    /// Whose call it is.
    pub(crate) fn identity(&self) -> Identity {
        self.hashed.identity()
    }

    /// What the call asks for; `None` for arguments so large that they were hashed on the way.
    pub(crate) fn question(&mut self) -> Option<Question<'_>> {
        self.complete();
        let bytes = self.hashed.bytes()?;
        Some(Question { identity: self.hashed.identity(), bytes })
    }

    fn complete(&mut self) {
        self.open_arguments();
        if self.progress != Progress::Whole {
            self.hashed.put(b"}]");
            self.progress = Progress::Whole;
        }
    }

    /// Ends the key: the text so far, `:`, and the first 128 bits of the hash.
    pub(crate) fn finish(mut self) -> Key {
        self.complete();
        let mut key = String::with_capacity(self.text.len() + 1 + HASH_DIGITS);
        key.push_str(&self.text);
        key.push(':');
        hex::push(&mut key, &self.hashed.digest());
        Key(key)
    }
}

impl Drop for KeyBuilder {
    fn drop(&mut self) {
        let (text, hashed) = (mem::take(&mut self.text), self.hashed.take_buffer());
        Buffers { text, hashed }.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::path::Spelled;
    use super::*;
    use crate::site::Site;
    use sha2::{Digest, Sha256};

    static SITE: Site = Site::cached("shop", "rows", "shop.rs", 1, 1)
        .key(&[Part::Text("sql:"), Part::Value, Part::Text(":data")])
        .version(2);

    fn builder(path: &'static str, prefix: &str) -> KeyBuilder {
        KeyBuilder::new(Identity { site: &SITE, path: Spelled(path) }, prefix)
    }

    #[test]
    fn a_key_is_prefix_template_and_the_hash_of_identity_version_and_arguments() {
        let mut key = builder("shop::rows", "cache:");
        key.fill("users").unwrap();
        key.add_argument("limit", Order::AsGiven, &10).unwrap();
        key.add_argument("table", Order::AsGiven, "users").unwrap();
        let mut expected = "cache:sql:users:data:".to_owned();
        let hashed = br#"["shop::rows",2,{"limit":10,"table":"users"}]"#;
        hex::push(&mut expected, &Sha256::digest(hashed)[..16]);
        assert_eq!(key.finish().as_str(), expected);
    }

    #[test]
    fn types_are_part_of_the_identity() {
        let mut key = builder("shop::R<u8>::rows", "");
        key.add_type("u8");
        key.add_type("alloc::string::String");
        key.fill(&None::<u8>).unwrap();
        let mut expected = "sql:~:data:".to_owned();
        let hashed = br#"["shop::R<u8>::rows<u8,alloc::string::String>",2,{}]"#;
        hex::push(&mut expected, &Sha256::digest(hashed)[..16]);
        assert_eq!(key.finish().as_str(), expected);
    }

    #[test]
    fn an_id_frees_plain_functions_from_their_path_and_keeps_types_apart() {
        static NAMED: Site = Site::cached("shop", "rows", "shop.rs", 1, 1).id("rows.all");
        let key = |path| {
            let identity = Identity { site: &NAMED, path: Spelled(path) };
            KeyBuilder::new(identity, "").finish()
        };
        assert_eq!(key("shop::rows"), key("elsewhere::rows"));
        assert_ne!(key("<shop::A as shop::T>::rows"), key("<shop::B as shop::T>::rows"));
        assert_ne!(key("shop::R<u8>::rows"), key("shop::R<u16>::rows"));
    }
}
