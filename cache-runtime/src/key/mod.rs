//! Builds deterministic keys: a readable part for people, and a hash that tells any two calls apart
//! (KEYS.md).

mod buffer;
pub(crate) mod canonical;
mod draft;
mod escape;
mod gathered;
pub(crate) mod glob;
pub(crate) mod hex;
mod identity;
mod local_encoding;
pub(crate) mod local_key;
pub(crate) mod lookalike;
pub(crate) mod pattern_queue;
pub(crate) mod patterns;
mod preimage;
pub(crate) mod scope;
pub(crate) mod segment;
mod sink;
mod unordered;

use crate::function::identity::Identity;
use crate::function::refused::Refused;
use crate::function::via::{Never, ViaNothing, ViaSerde};
use draft::Draft;
use local_key::{LocalKey, Writing};
use serde::Serialize;
use std::any::type_name;
use std::fmt::Display;
use unordered::Unordered;

/// The key of one call of one cached function, without the handle's prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    text: String,
    /// The beginning of the shape in `text`, if the shape of the value's type stands behind the
    /// hash.
    shape: Option<usize>,
}

impl Key {
    /// Returns the key's text: the readable part, `:`, and 32 hexadecimal digits. With the option
    /// `shape`, another `:` and 16 digits of the shape follow.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn into_string(self) -> String {
        self.text
    }

    /// Returns the patterns of the call's entries. For a function with `shape`, they cover all
    /// shapes of its value's type, and entries stored without a shape.
    pub(crate) fn patterns(&self) -> Vec<String> {
        // mutant: a call is invalidated for one shape
        match self.shape {
            Some(shape) => {
                let call = glob::escape(&self.text[..shape - 1]).into_owned();
                vec![format!("{call}:*"), call]
            }
            None => vec![glob::escape(&self.text).into_owned()],
        }
    }
}

/// Takes the parts of a call's key. Generated code names the parts once for each form that is
/// needed.
#[derive(Debug)]
pub struct KeyBuilder {
    identity: Identity,
    form: Form,
    /// `true` if a connection among the call's arguments is in a transaction.
    #[cfg(feature = "sqlx")]
    in_transaction: bool,
}

/// The result that the parts are written into.
#[derive(Debug)]
enum Form {
    /// The key. Its hash is that of `[identity,["type",…],version,{"argument":value,…}]`.
    Key { draft: Box<Draft>, shape: Option<u64> },
    /// The reason why the call has no key, such as an argument that cannot be part of one.
    Refused(Refused),
    /// The local key, for the tier.
    LocalKey(Writing),
}

impl KeyBuilder {
    /// Begins a key.
    pub(crate) fn new(identity: Identity) -> Self {
        let form = Form::Key { draft: Draft::take(identity), shape: None };
        Self::with(identity, form)
    }

    /// Begins a local key.
    pub(crate) fn asking(identity: Identity) -> Self {
        Self::with(identity, Form::LocalKey(Writing::begin()))
    }

    fn with(identity: Identity, form: Form) -> Self {
        Self {
            identity,
            form,
            #[cfg(feature = "sqlx")]
            in_transaction: false,
        }
    }

    /// Tells whether a connection among the arguments is in a transaction.
    fn is_in_transaction(&self) -> bool {
        #[cfg(feature = "sqlx")]
        return self.in_transaction;
        #[cfg(not(feature = "sqlx"))]
        false
    }

    /// Refuses a key for the call, because a connection among its arguments is in a transaction.
    #[cfg(feature = "sqlx")]
    pub(crate) fn refuse_in_transaction(&mut self) {
        self.in_transaction = true;
    }

    /// Adds a type parameter.
    pub fn of<T: ?Sized>(&mut self) -> &mut Self {
        self.identity.count::<T>();
        self.add_type(type_name::<T>())
    }

    /// Counts the type whose method is called. The function's path has the type's name already.
    pub fn of_owner<T: ?Sized>(&mut self) -> &mut Self {
        self.identity.count::<T>();
        self
    }

    /// Adds the type of an `impl Trait` argument.
    pub fn of_val<T: ?Sized>(&mut self, _argument: &T) -> &mut Self {
        self.of::<T>()
    }

    /// Adds a const parameter.
    pub fn of_const(&mut self, value: impl Display) -> &mut Self {
        self.add_type(&value.to_string())
    }

    fn add_type(&mut self, name: &str) -> &mut Self {
        // A local key identifies the types themselves.
        if let Form::Key { draft, .. } = &mut self.form {
            draft.add_type(name);
        }
        self
    }

    /// Fills the next placeholder of the key's readable part.
    pub fn fill<Via, T: KeyArg<Via> + ?Sized>(&mut self, value: &T) -> &mut Self {
        value.fill_next(self);
        self
    }

    /// Adds an argument to the hash under its quoted name, `,"name":`. Arguments come sorted by
    /// name.
    pub fn arg<Via, T: KeyArg<Via> + ?Sized>(&mut self, name: &str, value: &T) -> &mut Self {
        value.add_argument(self, name, &[]);
        self
    }

    /// Adds an argument whose parts have no order where `unordered(…)` names them.
    pub fn arg_unordered<Via, T: KeyArg<Via> + ?Sized>(
        &mut self,
        name: &str,
        unordered: Unordered<'_>,
        value: &T,
    ) -> &mut Self {
        value.add_argument(self, name, unordered);
        self
    }

    /// Puts the shape of the value's type behind the hash.
    pub fn shaped(&mut self, of_the_value: u64) -> &mut Self {
        if let Form::Key { shape, .. } = &mut self.form {
            *shape = Some(of_the_value);
        }
        self
    }

    /// Adds an argument to the form that is written. A hit in the tier writes only a local key, so
    /// that the code for keys is out of line.
    fn add_argument<T: Serialize + ?Sized>(
        &mut self,
        name: &str,
        unordered: Unordered<'_>,
        value: &T,
    ) {
        match &mut self.form {
            Form::LocalKey(writing) => writing.add_argument(unordered, value),
            Form::Key { .. } | Form::Refused(_) => self.add_to_key(name, unordered, value),
        }
    }

    #[inline(never)]
    fn add_to_key<T: Serialize + ?Sized>(
        &mut self,
        name: &str,
        unordered: Unordered<'_>,
        value: &T,
    ) {
        if let Form::Key { draft, .. } = &mut self.form {
            let added = draft.add_argument(name, unordered, value);
            self.note(added);
        }
    }

    fn add_fill<T: Serialize + ?Sized>(&mut self, value: &T) {
        match &mut self.form {
            // mutant: what stands in the key alone is not asked for
            Form::LocalKey(writing) => writing.add(value),
            Form::Key { .. } | Form::Refused(_) => self.fill_key(value),
        }
    }

    #[inline(never)]
    fn fill_key<T: Serialize + ?Sized>(&mut self, value: &T) {
        if let Form::Key { draft, .. } = &mut self.form {
            let filled = draft.fill(value);
            self.note(filled);
        }
    }

    fn note(&mut self, added: Result<(), Refused>) {
        if let Err(reason) = added {
            self.form = Form::Refused(reason);
        }
    }

    /// Gives up the key for a reason.
    pub(crate) fn refuse(&mut self, reason: Refused) {
        self.form = Form::Refused(reason);
    }

    /// Returns the identity of the called function.
    pub(crate) fn identity(&self) -> Identity {
        self.identity
    }

    /// Returns the local key of the call in a namespace. Returns `None` if the local key is too
    /// long, or if an argument has no place in a key.
    pub(crate) fn local_key(&self, space: u64) -> Option<LocalKey<'_>> {
        match &self.form {
            // mutant: a call in a transaction asks this process
            _ if self.is_in_transaction() => None,
            Form::LocalKey(writing) => writing.local_key(space, self.identity),
            Form::Key { .. } | Form::Refused(_) => None,
        }
    }

    /// Returns the bytes that tell the function from others, in every process. Returns `None` if
    /// the function has no keys.
    pub(crate) fn caller(&mut self) -> Option<&[u8]> {
        match &mut self.form {
            Form::Key { draft, .. } if draft.refused().is_none() => Some(draft.caller()),
            Form::Key { .. } | Form::LocalKey(_) | Form::Refused(_) => None,
        }
    }

    /// Ends the key: the prefix, the readable part, `:`, and the first 128 bits of the hash. The
    /// prefix is not hashed.
    pub(crate) fn finish(self, prefix: &str) -> Result<Key, Refused> {
        if self.is_in_transaction() {
            return Err(Refused::InTransaction);
        }
        let (mut draft, shape) = match self.form {
            Form::Key { draft, shape } => (draft, shape),
            Form::Refused(reason) => return Err(reason),
            Form::LocalKey(_) => return Err(Refused::Custom),
        };
        if let Some(reason) = draft.refused() {
            return Err(reason);
        }
        let mut text = draft.finish(prefix);
        // mutant: the shape is no part of the key
        let shape = shape.map(|shape| {
            text.push(':');
            let start = text.len();
            hex::push(&mut text, &shape.to_be_bytes());
            start
        });
        draft.leave();
        Ok(Key { text, shape })
    }

    /// Keeps the memory for the next call of this thread.
    pub(crate) fn leave(self) {
        match self.form {
            Form::Key { draft, .. } => draft.leave(),
            Form::LocalKey(writing) => writing.leave(),
            Form::Refused(_) => {}
        }
    }
}

/// An argument that can be part of a key.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a cache key",
    label = "this argument cannot be part of a cache key",
    note = "leave it out with `skip(...)`, or derive `serde::Serialize` for its type"
)]
pub trait KeyArg<Via> {
    /// Adds the argument under its quoted name, `,"name":`.
    #[doc(hidden)]
    fn add_argument(&self, key: &mut KeyBuilder, name: &str, unordered: Unordered<'_>);

    /// Writes the argument as a placeholder's value.
    #[doc(hidden)]
    fn write_segment(&self, text: &mut String) -> Result<(), Refused>;

    /// Fills the key's next placeholder.
    #[doc(hidden)]
    fn fill_next(&self, key: &mut KeyBuilder);
}

impl<T: Serialize + ?Sized> KeyArg<ViaSerde> for T {
    fn add_argument(&self, key: &mut KeyBuilder, name: &str, unordered: Unordered<'_>) {
        key.add_argument(name, unordered, self);
    }

    fn write_segment(&self, text: &mut String) -> Result<(), Refused> {
        segment::push(text, self)
    }

    fn fill_next(&self, key: &mut KeyBuilder) {
        key.add_fill(self);
    }
}

impl<T: Never + ?Sized> KeyArg<ViaNothing> for T {
    fn add_argument(&self, _key: &mut KeyBuilder, _name: &str, _unordered: Unordered<'_>) {}

    fn write_segment(&self, _text: &mut String) -> Result<(), Refused> {
        Err(Refused::Custom)
    }

    fn fill_next(&self, _key: &mut KeyBuilder) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::identity::tests::identity;
    use crate::function::site::{Part, Site};
    use sha2::{Digest, Sha256};

    static SITE: Site = Site::cached("shop", "rows", "shop.rs", 1, 1)
        .key(&[Part::Text("sql:"), Part::Value, Part::Text(":data")])
        .version(2);

    fn builder(path: &'static str) -> KeyBuilder {
        KeyBuilder::new(identity(&SITE, path))
    }

    #[test]
    fn a_key_is_prefix_template_and_the_hash_of_identity_version_and_arguments() {
        let mut key = builder("shop::rows");
        key.fill("users");
        key.arg("limit", &10);
        key.arg("table", "users");
        let mut expected = "cache:sql:users:data:".to_owned();
        let hashed = br#"["shop::rows",[],2,{"limit":10,"table":"users"}]"#;
        hex::push(&mut expected, &Sha256::digest(hashed)[..16]);
        assert_eq!(key.finish("cache:").unwrap().as_str(), expected);
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
            let mut key = KeyBuilder::new(identity(&NAMED, "shop::rows"));
            key.fill("middle");
            key.arg("a", a);
            key.arg("b", b);
            let mut expected = String::new();
            segment::push(&mut expected, b).unwrap();
            expected.push_str(":middle:");
            segment::push(&mut expected, a).unwrap();
            let hashed = format!(r#"["shop::rows",[],0,{{"a":{a:?},"b":{b:?}}}]"#);
            expected.push(':');
            hex::push(&mut expected, &Sha256::digest(hashed)[..16]);
            assert_eq!(key.finish("").unwrap().as_str(), expected);
        }
    }

    #[test]
    fn types_are_part_of_the_identity() {
        let mut key = builder("shop::R<u8>::rows");
        key.add_type("u8");
        key.add_type("alloc::string::String");
        key.fill(&None::<u8>);
        let mut expected = "sql:~:data:".to_owned();
        let hashed = br#"["shop::R<u8>::rows",["u8","alloc::string::String"],2,{}]"#;
        hex::push(&mut expected, &Sha256::digest(hashed)[..16]);
        assert_eq!(key.finish("").unwrap().as_str(), expected);
    }

    #[test]
    fn a_closure_among_the_types_has_no_key() {
        let mut key = builder("shop::rows");
        key.of_val(&|| ());
        assert_eq!(key.finish(""), Err(Refused::NamelessType));
    }
}
