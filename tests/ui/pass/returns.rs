//! Return types of which nothing says that they outlive everything: the error needs nothing, and the value serde alone.

#![deny(warnings)]
#![warn(clippy::pedantic, clippy::nursery, missing_docs, unused)]
#![forbid(unsafe_code)]
// `main`, where this file is a module of silence.rs.
#![allow(unreachable_pub)]
// Of this file's purpose: lifetimes that do not show.
#![allow(mismatched_lifetime_syntaxes)]

use async_trait::async_trait;
use cache_runtime::{Cache, cached, invalidates, key, prime};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::HashMap;
use std::error::Error;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

/// Can be copied, and borrows.
#[derive(Clone)]
struct ParseError<'a>(&'a str);

/// Borrows, and there is one of it.
struct ScanError<'a>(&'a str);

type PgError<'a> = ParseError<'a>;
type Parsed<'a, T> = Result<T, ParseError<'a>>;

/// Borrows, though it can be read as its own.
#[derive(Clone, Deserialize, Serialize)]
struct Name<'a>(Cow<'a, str>);

/// Carries what it does not hold.
#[derive(Clone, Deserialize, Serialize)]
struct Id<T>(u64, PhantomData<fn() -> T>);

#[derive(Clone, Deserialize, Serialize)]
struct Page<Row> {
    rows: Vec<Row>,
}

#[cached]
async fn hidden(text: &str) -> Result<u8, ParseError> {
    text.parse().map_err(|_| ParseError(text))
}

#[cached]
fn hidden_blocking(text: &str) -> Result<Vec<u8>, ParseError> {
    Err(ParseError(text))
}

#[cached(local = false)]
async fn hidden_alias(text: &str) -> Result<Option<u8>, PgError> {
    Err(ParseError(text))
}

#[cached]
async fn hidden_result(text: &str) -> Parsed<u8> {
    Err(ParseError(text))
}

#[cached]
async fn hidden_in_another(text: &str) -> Result<u8, <Borrowed as Source>::Error> {
    Err(ParseError(text))
}

#[cached]
async fn hidden_once(text: &str) -> Result<u8, ScanError> {
    Err(ScanError(text))
}

#[cached]
async fn hidden_in_list(text: &str) -> Result<u8, Vec<ParseError>> {
    Err(vec![ParseError(text)])
}

#[cached]
async fn hidden_value(text: &str) -> Name {
    Name(text.into())
}

#[cached]
async fn hidden_values(text: &str) -> Result<Option<Vec<Name>>, ParseError> {
    Ok(Some(vec![Name(text.into())]))
}

#[cached(stale = "1m", stale_if_error = "1h")]
async fn hidden_stale(text: &str) -> Result<u8, ParseError> {
    Err(ParseError(text))
}

#[cached(stale = "1m")]
fn hidden_stale_blocking(text: &str) -> Result<u8, ParseError> {
    Err(ParseError(text))
}

#[cached]
fn hidden_boxed<'a>(
    text: &'a str,
) -> Pin<Box<dyn Future<Output = Result<u8, ParseError<'a>>> + Send + 'a>> {
    Box::pin(async move { Err(ParseError(text)) })
}

#[cached(each = ids, skip(text))]
async fn hidden_each(text: &str, ids: Vec<u64>) -> Result<HashMap<u64, String>, ParseError> {
    if ids.is_empty() { Err(ParseError(text)) } else { Ok(HashMap::new()) }
}

#[cached(each = ids, skip(text))]
fn hidden_each_value(text: &str, ids: Vec<u64>) -> HashMap<u64, Name> {
    ids.into_iter().map(|id| (id, Name(text.into()))).collect()
}

#[cached]
async fn text_error(id: u8) -> Result<u8, &'static str> {
    if id == 0 { Err("none") } else { Ok(id) }
}

#[cached]
async fn cow_error(id: u8) -> Result<u8, Cow<'static, str>> {
    if id == 0 { Err("none".into()) } else { Ok(id) }
}

#[cached]
async fn shared_error(id: u8) -> Result<u8, Arc<dyn Error + Send + Sync>> {
    if id == 0 { Err(Arc::new(std::fmt::Error)) } else { Ok(id) }
}

#[cached]
async fn boxed_error(id: u8) -> Result<u8, Box<dyn Error>> {
    if id == 0 { Err("none".into()) } else { Ok(id) }
}

#[cached]
fn boxed_error_blocking(id: u8) -> Result<u8, Box<dyn Error + Send + Sync>> {
    if id == 0 { Err("none".into()) } else { Ok(id) }
}

#[cached]
async fn opaque_error(id: u8) -> Result<u8, impl Error> {
    // There is no copy of it.
    if id == 0 { Err(std::io::Error::other("none")) } else { Ok(id) }
}

#[cached]
async fn of_a_parameter<Failure: Clone + Send>(
    #[cached(skip)] failure: Failure,
) -> Result<u8, Failure> {
    Err(failure)
}

/// What a table holds, and how reading it fails.
struct Repo<Row, Failure, const SIZE: usize> {
    cache: Cache,
    row: Row,
    failure: Failure,
}

impl<Row, Failure, const SIZE: usize> Repo<Row, Failure, SIZE>
where
    Row: Clone + Send + Sync + Unpin + Serialize + DeserializeOwned,
    Failure: Clone + Send + Sync + Unpin,
{
    #[cached(skip(self))]
    async fn one(&self, id: u64) -> Option<Row> {
        (id > 0).then(|| self.row.clone())
    }

    #[cached(skip(self))]
    fn one_blocking(&self, id: u64) -> Result<Option<Row>, Failure> {
        if id == 0 { Err(self.failure.clone()) } else { Ok(None) }
    }

    #[cached(skip(self), cache = self.cache)]
    async fn page(&self) -> Result<Page<Row>, Failure> {
        Ok(Page { rows: vec![self.row.clone()] })
    }

    #[cached(skip(self))]
    async fn shared(&self) -> Result<Arc<Vec<Row>>, std::fmt::Error> {
        Ok(Arc::new(vec![self.row.clone()]))
    }

    #[cached(skip(self))]
    async fn ids(&self) -> Result<[Id<Row>; 2], Vec<Failure>> {
        Err(vec![self.failure.clone(); SIZE])
    }

    #[cached(skip(self), stale = "1m", early = 1.0)]
    async fn stale(&self) -> Result<Row, Failure> {
        Err(self.failure.clone())
    }

    #[cached(skip(self))]
    fn boxed(&self) -> Pin<Box<dyn Future<Output = Result<Row, Failure>> + Send + '_>> {
        Box::pin(async { Err(self.failure.clone()) })
    }

    #[cached(skip(self))]
    fn opaque(&self) -> impl Future<Output = Result<Row, Failure>> + Send {
        let failure = self.failure.clone();
        async { Err(failure) }
    }

    #[cached(each = ids, skip(self))]
    async fn each(&self, ids: &[u64]) -> Result<HashMap<u64, Row>, Failure> {
        Ok(ids.iter().map(|id| (*id, self.row.clone())).collect())
    }

    #[cached(each = ids, skip(self))]
    fn each_blocking(&self, ids: Vec<u64>) -> Vec<(u64, Row)> {
        ids.into_iter().map(|id| (id, self.row.clone())).collect()
    }

    #[cached(skip(row))]
    async fn associated(row: &Row, id: u64) -> Result<Option<Row>, Failure> {
        Ok((id > 0).then(|| row.clone()))
    }

    #[cached(skip(self))]
    async fn sized(&self) -> Result<[Row; SIZE], Failure>
    where
        [Row; SIZE]: Serialize + DeserializeOwned,
    {
        Err(self.failure.clone())
    }

    #[invalidates("one:*", Self::associated(1))]
    async fn write(&self) -> Result<Row, Failure> {
        Err(self.failure.clone())
    }
}

/// Has an error of its own kind.
trait Source: Sync {
    type Error: Clone + Send;

    fn failure(&self) -> Self::Error;

    #[cached(skip(self))]
    fn by_default(&self) -> Result<u8, Self::Error> {
        Err(self.failure())
    }

    #[cached(skip(self))]
    fn by_default_in_full(&self) -> Result<u8, <Self as Source>::Error> {
        Err(self.failure())
    }
}

/// A source that borrows.
struct Borrowed<'a>(&'a str);

impl<'a> Source for Borrowed<'a> {
    type Error = ParseError<'a>;

    fn failure(&self) -> ParseError<'a> {
        ParseError(self.0)
    }

    #[cached(skip(self))]
    fn by_default(&self) -> Result<u8, Self::Error> {
        Err(self.failure())
    }

    #[cached(skip(self))]
    fn by_default_in_full(&self) -> Result<u8, <Self as Source>::Error> {
        Err(self.failure())
    }
}

impl Borrowed<'_> {
    #[cached(skip(self))]
    async fn own(&self) -> Result<u8, <Self as Source>::Error> {
        Err(self.failure())
    }
}

/// Reads from any source.
struct Reader<Driver>(Driver);

impl<Driver: Source> Reader<Driver> {
    #[cached(skip(self))]
    async fn read(&self) -> Result<u8, Driver::Error> {
        Err(self.0.failure())
    }

    #[cached(skip(self))]
    async fn read_in_full(&self) -> Result<u8, Vec<<Driver as Source>::Error>> {
        Err(vec![self.0.failure()])
    }
}

/// Rows behind a trait object.
#[async_trait]
trait Rows<Row> {
    type Failure: Clone + Send;

    async fn first(&self) -> Result<Option<Row>, Self::Failure>;
    async fn all(&self) -> Result<Vec<Row>, Self::Failure>;
}

#[async_trait]
impl<Row, Failure, const SIZE: usize> Rows<Row> for Repo<Row, Failure, SIZE>
where
    Row: Clone + Send + Sync + Unpin + Serialize + DeserializeOwned,
    Failure: Clone + Send + Sync + Unpin,
{
    type Failure = Failure;

    #[cached(skip(self))]
    async fn first(&self) -> Result<Option<Row>, Self::Failure> {
        Err(self.failure.clone())
    }

    #[cached(skip(self))]
    async fn all(&self) -> Result<Vec<Row>, Failure> {
        Err(self.failure.clone())
    }
}

/// Asks for the calls by name.
async fn by_name() -> Result<(), cache_runtime::Error> {
    drop((key!(hidden("1")), key!(hidden_values("1")), key!(hidden_each(1))));
    prime!(hidden("1"), &1).await?;
    prime!(hidden_value("1"), &Name("1".into())).await
}

/// Runs nothing: that it compiles in silence is the test.
pub fn main() {
    let text = String::from("1");
    drop((hidden(&text), hidden_alias(&text), hidden_result(&text), hidden_once(&text)));
    drop(hidden_in_another(&text));
    drop((hidden_in_list(&text), hidden_value(&text), hidden_values(&text), hidden_stale(&text)));
    let _ =
        (hidden_blocking(&text), hidden_stale_blocking(&text), hidden_each_value(&text, vec![1]));
    drop((hidden_boxed(&text), hidden_each(&text, vec![1])));
    drop((text_error(1), cow_error(1), shared_error(1), boxed_error(1), opaque_error(1)));
    drop((boxed_error_blocking(1), of_a_parameter(1)));
    let _ = |repo: Repo<u8, u16, 2>| {
        drop((repo.one(1), repo.page(), repo.shared(), repo.ids(), repo.stale(), repo.boxed()));
        drop((
            repo.opaque(),
            repo.each(&[1]),
            repo.sized(),
            repo.write(),
            repo.first(),
            repo.all(),
        ));
        let _ = (repo.one_blocking(1), repo.each_blocking(vec![1]));
        drop(Repo::<u8, u16, 2>::associated(&1, 1));
    };
    let borrowed = Borrowed(&text);
    let _ = (borrowed.by_default(), borrowed.by_default_in_full());
    drop(borrowed.own());
    let reader = Reader(borrowed);
    drop((reader.read(), reader.read_in_full(), by_name()));
    let _ = |parse: ParseError<'_>, scan: ScanError<'_>| (parse.0.len(), scan.0.len());
}
