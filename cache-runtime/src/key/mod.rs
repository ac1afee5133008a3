//! Deterministic keys: a readable part for people, a hash that tells every two calls apart (KEYS.md).

pub(crate) mod canonical;
pub(crate) mod hex;
pub(crate) mod path;
mod preimage;
pub(crate) mod segment;

use crate::site::{Part, Site};
use canonical::{Order, Refused, Sink};
use path::Path;
use preimage::Preimage;
use serde::Serialize;

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
    site: &'static Site,
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
}

impl KeyBuilder {
    /// Begins a key; `prefix` stands before the readable part and is not hashed.
    pub(crate) fn new(site: &'static Site, path: Path, prefix: &str) -> Self {
        let mut text = String::with_capacity(prefix.len() + 96);
        text.push_str(prefix);
        let mut hashed = Preimage::new();
        hashed.put(b"[\"");
        write_identity(&mut hashed, site, path);
        let template = site.key.unwrap_or(&[]);
        let mut builder = Self { site, text, template, hashed, progress: Progress::Identity };
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
            Progress::FirstArgument | Progress::MoreArguments => return,
        }
        self.hashed.put(itoa::Buffer::new().format(self.site.version).as_bytes());
        self.hashed.put(b",{");
        self.progress = Progress::FirstArgument;
    }

    /// Ends the key: the text so far, `:`, and the first 128 bits of the hash.
    pub(crate) fn finish(mut self) -> Key {
        self.open_arguments();
        self.hashed.put(b"}]");
        self.text.push(':');
        hex::push(&mut self.text, &self.hashed.digest());
        Key(self.text)
    }
}

/// What a function is in keys: its path, or `id`. An `id` on a method of a trait or of a generic type is many
/// functions at once, so the owner stays with it.
fn write_identity(out: &mut impl Sink, site: &Site, path: Path) {
    let Some(id) = site.id else {
        canonical::write_escaped(out, path.owner);
        canonical::write_escaped(out, path.name);
        return;
    };
    canonical::write_escaped(out, id);
    if path.names_types() {
        out.put(b"@");
        canonical::write_escaped(out, path.owner.trim_end_matches(':'));
    }
}

/// A function's identity and version as text, without its own type arguments.
pub(crate) fn identity(site: &Site, path: Path) -> String {
    let mut identity = Vec::new();
    write_identity(&mut identity, site, path);
    format!("{} {}", String::from_utf8_lossy(&identity), site.version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    static SITE: Site = Site::cached("shop", "rows", "shop.rs", 1, 1)
        .key(&[Part::Text("sql:"), Part::Value, Part::Text(":data")])
        .version(2);

    fn path(owner: &'static str) -> Path {
        Path { owner, name: "rows" }
    }

    #[test]
    fn a_key_is_prefix_template_and_the_hash_of_identity_version_and_arguments() {
        let mut key = KeyBuilder::new(&SITE, path("shop::"), "cache:");
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
        let mut key = KeyBuilder::new(&SITE, path("shop::R<u8>::"), "");
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
        let key = |owner| KeyBuilder::new(&NAMED, path(owner), "").finish();
        assert_eq!(key("shop::"), key("elsewhere::"));
        assert_ne!(key("<shop::A as shop::T>::"), key("<shop::B as shop::T>::"));
        assert_ne!(key("shop::R<u8>::"), key("shop::R<u16>::"));
    }
}
