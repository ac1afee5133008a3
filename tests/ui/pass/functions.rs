//! Free functions: async and blocking, with every kind of return value.

#![deny(warnings)]
#![warn(clippy::pedantic, clippy::nursery, missing_docs, rust_2018_idioms, unused)]
#![forbid(unsafe_code)]
// `main`, where this file is a module of silence.rs.
#![allow(unreachable_pub)]

use cache_runtime::cached;

type Answer<T> = Result<T, std::num::ParseIntError>;

/// Early returns and `?` leave the body.
#[cached(ttl = 300, key = "parsed:<text>")]
async fn parsed(text: &str) -> Result<u64, std::num::ParseIntError> {
    if text.is_empty() {
        return Ok(0);
    }
    let number: u64 = text.parse()?;
    Ok(number + 1)
}

#[cached]
async fn aliased(text: String) -> Answer<u64> {
    parsed(&text).await
}

#[cached()]
async fn maybe(text: &str) -> Option<u64> {
    let digit = text.chars().next()?;
    u64::from(digit).checked_add(1)
}

#[cached(ttl = "5m")]
async fn plain(id: u64) -> Vec<u64> {
    (0..id).collect()
}

#[cached]
async fn constant() -> u64 {
    1
}

#[cached]
async fn of_errors(id: u8) -> Result<u8, impl std::error::Error> {
    if id == 0 {
        return Err(std::fmt::Error);
    }
    Ok(id)
}

#[cached]
async fn done(id: u8) -> Result<(), std::fmt::Error> {
    if id == 0 { Err(std::fmt::Error) } else { Ok(()) }
}

#[cached]
fn blocking(text: &str) -> Answer<u64> {
    let number: u64 = text.parse()?;
    Ok(number)
}

#[cached]
fn blocking_maybe(text: &str) -> Option<usize> {
    let at = text.find('-')?;
    if at == 0 {
        return None;
    }
    Some(at)
}

#[cached]
fn blocking_of_errors(id: u8) -> Result<u8, impl std::error::Error> {
    if id == 0 { Err(std::fmt::Error) } else { Ok(id) }
}

#[cached]
fn labelled(limit: u64) -> u64 {
    let mut sum = 0;
    'outer: for a in 0..limit {
        for b in 0..a {
            if b > 3 {
                break 'outer;
            }
            sum += b;
        }
    }
    let found = 'block: {
        if sum > 3 {
            break 'block sum;
        }
        0
    };
    found + 1
}

#[cached]
async fn inner_attributes(id: u64) -> u64 {
    #![allow(unused_variables)]
    let unused = id;
    1
}

#[cached]
async fn endless(id: u64) -> u64 {
    loop {
        if id > 0 {
            break id;
        }
    }
}

#[cached]
#[inline]
#[must_use]
pub(crate) fn with_attributes(id: u64) -> u64 {
    #[cached]
    fn nested(id: u64) -> u64 {
        id
    }
    nested(id)
}

/// A macro of the user's may write the function.
macro_rules! made {
    ($name:ident, $arg:ident: $type:ty, $returned:ty, $body:block) => {
        #[cached(key = "made:<x>", skip(_unused))]
        async fn $name($arg: $type, _unused: u8) -> $returned $body
    };
}

made!(by_macro, x: u64, Answer<u64>, { Ok(x) });

/// Runs nothing: that it compiles in silence is the test.
pub fn main() {
    drop((parsed("1"), aliased(String::new()), maybe("1"), plain(1), constant()));
    drop((of_errors(1), done(1), inner_attributes(1), endless(1), by_macro(1, 1)));
    let _ = (
        blocking("1"),
        blocking_maybe("-"),
        blocking_of_errors(1),
        labelled(5),
        with_attributes(1),
    );
}
