//! Generated code uses names that the user's cannot reach, and the user's names shadow none of ours.

#![deny(warnings)]
#![no_implicit_prelude]

/// A user may have names like ours.
mod user {
    #[allow(dead_code)]
    pub(crate) mod core {}
    #[allow(dead_code)]
    pub(crate) mod std {}
    #[allow(dead_code)]
    pub(crate) mod cache_runtime {}
    #[allow(dead_code)]
    pub(crate) struct Site;
    #[allow(dead_code)]
    pub(crate) enum Option {}
    #[allow(dead_code, non_camel_case_types)]
    pub(crate) struct str;
}

/// A user may have methods on every type, of any name.
#[allow(dead_code)]
trait OnEverything {
    fn arg(&self) {}
    fn answer(&self) {}
    fn decide(&self) {}
    fn fill(&self) {}
    fn kind(&self) {}
    fn named(&self) {}
    fn of(&self) {}
    fn order(&self) {}
    fn shape(&self) {}
    fn shaped(&self) {}
    fn store_if(&self) {}
    fn ttl(&self) {}
}

impl<T: ?::core::marker::Sized> OnEverything for T {}

#[::cache_runtime::cached(key = "<__call>", ttl = |__value| ::std::time::Duration::from_secs(*__value))]
async fn same_names(__call: u64, __outcome: u64, __arg0: u64, (call, site): (u64, u64)) -> u64 {
    #[allow(unused_imports)]
    use crate::hygiene_names::*;
    __call + __outcome + __arg0 + call + site
}

#[::cache_runtime::invalidates("<__write>:<result>")]
fn same_names_too(__write: u64, __result: ::std::string::String) -> u64 {
    #[allow(unused_imports)]
    use crate::hygiene_names::*;
    __write + __result.len() as u64
}

#[::cache_runtime::cached]
fn text(name: ::std::string::String, list: ::std::vec::Vec<u8>) -> ::std::option::Option<usize> {
    ::std::option::Option::Some(name.len() + list.len())
}

#[::cache_runtime::cached(key = "set", shape, store_if = |values| !values.is_empty())]
fn generic<T: ::serde::Serialize>(value: T) -> ::std::result::Result<::std::vec::Vec<u8>, ::std::fmt::Error> {
    ::std::mem::drop(value);
    ::std::result::Result::Ok(::std::vec![])
}

#[allow(unused_imports)]
mod hygiene_names {
    pub(crate) use crate::user::*;
}

fn main() {
    ::std::mem::drop(same_names(1, 2, 3, (4, 5)));
    let _ = (same_names_too(1, ::std::string::String::new()), text(::std::string::String::new(), ::std::vec![]), generic(1));
}
