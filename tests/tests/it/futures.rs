//! What an attribute must not do to a future: make it large, take `Send` from it, or tie a write's duty to its caller.

use crate::support::is_send;
use cache_runtime::{Cache, cached, invalidates};
use std::borrow::Cow;
use std::error::Error;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Waker};
use testkit::RedisServer;

#[cached(ttl = 60)]
async fn depth_0(id: u8) -> u8 {
    let space = [id; 1024];
    tokio::task::yield_now().await;
    space[1023]
}

#[cached(ttl = 60)]
async fn depth_1(id: u8) -> u8 {
    depth_0(id).await
}

#[cached(ttl = 60)]
async fn depth_2(id: u8) -> u8 {
    depth_1(id).await
}

#[cached(ttl = 60)]
async fn depth_3(id: u8) -> u8 {
    depth_2(id).await
}

#[cached(ttl = 60)]
async fn depth_4(id: u8) -> u8 {
    depth_3(id).await
}

#[cached(ttl = 60)]
async fn depth_5(id: u8) -> u8 {
    depth_4(id).await
}

/// Held as arguments, loads were in the future three times: five levels took 439 KB and a worker's whole stack.
#[tokio::test]
async fn nested_functions_add_to_the_future_and_do_not_multiply_it() {
    let sizes = [
        size_of_val(&depth_1(1)),
        size_of_val(&depth_2(1)),
        size_of_val(&depth_3(1)),
        size_of_val(&depth_4(1)),
        size_of_val(&depth_5(1)),
    ];
    let steps: Vec<usize> = sizes.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(steps.iter().all(|step| step.abs_diff(steps[0]) < 64), "equal steps: {sizes:?}");
    assert!(steps[0] < 4096, "small steps: {sizes:?}");
    assert_eq!(depth_5(7).await, 7);
}

/// An `async fn` may leave such lifetimes out. A plain function may not.
#[cached(ttl = 60, key = "sum", skip(numbers, texts, map))]
async fn sum(
    numbers: impl Iterator<Item = &u8>,
    texts: impl Iterator<Item = Cow<'_, str>>,
    map: impl Fn(&u8) -> usize,
) -> usize {
    numbers.map(map).sum::<usize>() + texts.map(|text| text.len()).sum::<usize>()
}

#[invalidates("sum:*")]
async fn change(numbers: impl Iterator<Item = &mut u8>) {
    numbers.for_each(|number| *number += 1);
}

#[tokio::test]
async fn lifetimes_may_be_left_out_in_an_argument() {
    let mut numbers = [1, 2];
    change(numbers.iter_mut()).await;
    let texts = ["abc"].map(Cow::Borrowed);
    assert_eq!(sum(numbers.iter(), texts.into_iter(), |number| usize::from(*number)).await, 8);
}

#[cached(ttl = 60)]
async fn any_error(id: u8) -> Result<u8, Box<dyn Error>> {
    Ok(id)
}

#[invalidates("x:*")]
async fn write_any_error(id: u8) -> Result<u8, Box<dyn Error>> {
    Ok(id)
}

#[invalidates("x:*")]
fn write_any_error_opaque(id: u8) -> impl Future<Output = Result<u8, Box<dyn Error>>> {
    async move { Ok(id) }
}

#[tokio::test]
async fn an_error_that_is_not_send_leaves_the_future_send() {
    assert_eq!(is_send(any_error(1)).await.ok(), Some(1));
    assert_eq!(is_send(write_any_error(1)).await.ok(), Some(1));
    assert_eq!(is_send(write_any_error_opaque(1)).await.ok(), Some(1));
}

trait Query {
    type Out: serde::Serialize + serde::de::DeserializeOwned;
    fn run(id: u8) -> Self::Out;
}

struct Fails;

impl Query for Fails {
    type Out = Result<u8, String>;

    fn run(id: u8) -> Self::Out {
        Err(format!("no {id}"))
    }
}

#[cached(ttl = 60)]
async fn query<Q: Query>(id: u8) -> Q::Out {
    Q::run(id)
}

#[tokio::test]
async fn an_error_behind_a_type_parameter_is_not_stored() {
    let cache = Cache::builder().build().await.unwrap();
    for _ in 0..2 {
        assert!(cache.scope(query::<Fails>(1)).await.is_err());
    }
    assert_eq!((cache.stats().hits, cache.stats().stores), (0, 0));
}

#[cached(ttl = 60, key = "cancel:<id>")]
async fn read(id: u32) -> u32 {
    id
}

#[invalidates("cancel:*")]
async fn write() {}

#[tokio::test]
async fn a_caller_that_gives_up_after_the_write_does_not_end_its_invalidation() {
    let server = RedisServer::start();
    let budget = std::time::Duration::from_secs(20);
    let cache = Cache::builder().redis(server.url()).budget(budget).build().await.unwrap();
    cache.scope(read(1)).await;
    server.freeze();
    {
        let mut call = pin!(cache.scope(write()));
        let poll = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(poll, Poll::Pending, "the body has returned, and the invalidation is under way");
    }
    server.thaw();
    let gone = async || cache.stats().deleted == 1;
    testkit::eventually(std::time::Duration::from_secs(10), gone, "the entry is deleted").await;
    assert_eq!(cache.stats().invalidations, 1, "it was not cut short and made up for");
}

struct Boxed {
    cache: Cache,
}

impl Boxed {
    #[cached(ttl = 60, skip(self), cache = self.cache)]
    fn get(&self, id: u8) -> Pin<Box<dyn Future<Output = u8> + Send + '_>> {
        Box::pin(async move { id })
    }

    #[invalidates(self.get(id), cache = self.cache)]
    async fn set(&self, id: u8) {}
}

#[cached(ttl = 60)]
fn ambient(id: u8) -> Pin<Box<dyn Future<Output = u8> + Send>> {
    Box::pin(async move { id })
}

struct Ambient;

impl Ambient {
    #[cached(ttl = 60, skip(self))]
    fn get(&self, id: u8) -> Pin<Box<dyn Future<Output = u8> + Send + '_>> {
        Box::pin(ambient(id))
    }

    #[invalidates(self.get(id), cache = cache)]
    async fn set(&self, id: u8, cache: &Cache) {}
}

#[tokio::test]
async fn a_named_call_is_found_whatever_handle_is_in_scope() {
    let cache = Cache::builder().build().await.unwrap();
    let boxed = Boxed { cache: cache.clone() };
    assert_eq!(boxed.get(1).await, 1);
    boxed.set(1).await;
    assert_eq!(cache.stats().deleted, 1);
    cache.scope(async { assert_eq!(Ambient.get(1).await, 1) }).await;
    Ambient.set(1, &cache).await;
    assert_eq!(cache.stats().deleted, 2, "no handle is in scope here");
}

#[tokio::test]
async fn what_the_embedded_store_cannot_hold_is_not_counted_as_stored() {
    #[cached(ttl = 60)]
    async fn large(size: usize) -> Vec<u8> {
        vec![1; size]
    }
    let cache = Cache::builder().memory_capacity(1 << 20).build().await.unwrap();
    for size in [100_000, 700_000] {
        cache.scope(async { assert_eq!(large(size).await.len(), size) }).await;
        cache.scope(async { assert_eq!(large(size).await.len(), size) }).await;
    }
    let stats = cache.stats();
    assert_eq!((stats.stores, stats.hits, stats.skipped), (1, 1, 2));
}

/// Writes its name where it is dropped.
struct Named<'a>(&'static str, &'a Mutex<Vec<&'static str>>);

impl Drop for Named<'_> {
    fn drop(&mut self) {
        self.1.lock().unwrap().push(self.0);
    }
}

impl Named<'_> {
    #[cached(ttl = 60, skip(self, _first, pair))]
    async fn read(self, id: u8, _first: Named<'_>, pair: (Named<'_>, Named<'_>)) -> usize {
        let _body = Named("body", self.1);
        tokio::task::yield_now().await;
        let (_second, _) = pair;
        self.1.lock().unwrap().len() + usize::from(id)
    }

    #[invalidates("named:*")]
    async fn write(self, _first: Named<'_>, Pair { left, .. }: Pair<'_>) -> usize {
        tokio::task::yield_now().await;
        left.1.lock().unwrap().len()
    }
}

struct Pair<'a> {
    left: Named<'a>,
    _right: Named<'a>,
}

#[tokio::test]
async fn arguments_are_dropped_after_the_body_whether_it_uses_them_or_not() {
    let dropped = Mutex::default();
    let named = |name| Named(name, &dropped);
    let cache = Cache::builder().build().await.unwrap();
    let read = named("self").read(1, named("first"), (named("second"), named("third")));
    assert_eq!(cache.scope(read).await, 1, "none is dropped before");
    let order = std::mem::take(&mut *dropped.lock().unwrap());
    assert_eq!(order, ["second", "body", "third", "first", "self"]);
    let pair = Pair { left: named("left"), _right: named("right") };
    assert_eq!(named("self").write(named("first"), pair).await, 0);
    let order = std::mem::take(&mut *dropped.lock().unwrap());
    assert_eq!(order, ["left", "right", "first", "self"]);
}

#[tokio::test]
async fn nothing_begins_before_the_future_is_polled() {
    static BEGUN: AtomicUsize = AtomicUsize::new(0);
    fn begin<T>(value: T) -> T {
        BEGUN.fetch_add(1, SeqCst);
        value
    }
    #[cached(ttl = begin(60), cache = begin(cache.clone()), skip(cache))]
    async fn read(cache: &Cache) -> u8 {
        begin(1)
    }
    #[invalidates("begun:*", cache = begin(cache.clone()))]
    async fn write(cache: &Cache) {}

    let cache = Cache::builder().build().await.unwrap();
    let (reads, writes) = (read(&cache), write(&cache));
    assert_eq!(BEGUN.load(SeqCst), 0);
    assert_eq!(reads.await, 1);
    writes.await;
    assert_eq!(BEGUN.load(SeqCst), 4);
}
