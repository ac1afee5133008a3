//! What is kept, for how long, and what is not.

use crate::canned::Canned;
use crate::stage::{Stage, proxy};
use crate::web::Web;

const PAGE: &[(&str, &str)] = &[
    ("content-type", "text/html; charset=utf-8"),
    ("cache-control", "public, max-age=300"),
    ("x-amz-meta-owner", "ada"),
];

#[tokio::test]
async fn an_object_is_loaded_once_and_then_served_with_all_that_was_said_of_it() {
    let stage = Stage::new();
    let (proxy, other) = (stage.proxy(&[]), stage.proxy(&[]));
    stage.has("/site/index.html", PAGE, "<h1>hello</h1>").await;
    for (server, cache) in [(&proxy, "fwd=miss"), (&proxy, "hit"), (&other, "hit")] {
        let answer = stage.get(server, "/site/index.html").await;
        answer.is(200, "<h1>hello</h1>", cache);
        for (name, value) in PAGE {
            assert_eq!(answer.header(name), *value);
        }
        assert_eq!(
            (answer.header("accept-ranges"), answer.header("content-length")),
            ("none", "14")
        );
        assert!(answer.header("age").parse::<u64>().is_ok_and(|age| age < 300), "{answer:?}");
        assert_eq!(answer.header("etag").len(), 34);
    }
    assert_eq!(stage.loads().await, 1);
    let names = ["hits", "misses", "stores", "errors", "local_hits", "stale_hits"];
    for (name, expected) in names.into_iter().zip([1, 1, 1, 0, 0, 0]) {
        let counted = stage.counted(&proxy, &format!("object_proxy_{name}_total")).await;
        assert_eq!(counted, expected, "{name}");
    }
    assert_eq!(stage.entries("*").len(), 1);
    assert_eq!(stage.entries("site:index.html:*").len(), 1);
}

#[tokio::test]
async fn an_object_is_kept_for_as_long_as_it_is_said() {
    let stage = Stage::new();
    let proxy = stage.proxy(&["--default-ttl", "1000"]);
    for (index, (control, expected)) in [
        ("max-age=100", 100),
        ("public, MAX-AGE=\"200\"", 200),
        ("max-age=5, s-maxage=500", 500),
        ("must-revalidate, max-age=300", 300),
        ("immutable", 1000),
        ("max-age=99999999999", 31_536_000),
    ]
    .into_iter()
    .enumerate()
    {
        let path = format!("/times/{index}");
        stage.has(&path, &[("cache-control", control)], "data").await;
        assert_eq!(stage.get(&proxy, &path).await.text(), "data");
        // It stands for an hour longer, to be served where the store is away.
        let left = stage.seconds_left(&format!("times:{index}:*")) - 3600;
        assert!(left <= expected && left > expected - 60, "{control}: {left}");
    }
}

#[tokio::test]
async fn what_is_not_for_a_shared_cache_is_handed_through_each_time() {
    let stage = Stage::new();
    let proxy = stage.proxy(&["--local", "100"]);
    for control in [
        "no-store",
        "private, max-age=300",
        "no-cache",
        "max-age=0",
        "s-maxage=0, max-age=9",
        "max-age=soon",
    ] {
        for body in ["one", "two"] {
            stage.has("/mine/object", &[("cache-control", control)], body).await;
            stage.get(&proxy, "/mine/object").await.is(
                200,
                body,
                "fwd=bypass; detail=NotForCaches",
            );
        }
        assert_eq!(stage.entries("*"), [""; 0], "{control}");
    }
    let expires = [("expires", "Thu, 01 Jan 1970 00:00:00 GMT")];
    stage.has("/mine/object", &expires, "three").await;
    assert_eq!(stage.get(&proxy, "/mine/object").await.cache(), "fwd=bypass; detail=NotForCaches");
}

#[tokio::test]
async fn what_is_asked_with_credentials_or_a_query_is_neither_stored_nor_answered_from_the_cache() {
    let stage = Stage::new();
    let proxy = stage.proxy(&[]);
    stage.has("/site/a", PAGE, "one").await;
    let url = proxy.url("/site/a");
    let authorized = [("authorization", "AWS4-HMAC-SHA256 Credential=…")];
    for (url, headers) in [(&url, &authorized[..]), (&format!("{url}?versionId=7"), &[])] {
        let answer = stage.web.ask("GET", url, headers, "").await;
        answer.is(200, "one", "fwd=bypass");
        assert_eq!(stage.redis.keys("*"), [""; 0]);
    }
    stage.get(&proxy, "/site/a").await.is(200, "one", "fwd=miss");
    stage.has("/site/a", PAGE, "two").await;
    stage.get(&proxy, "/site/a").await.is(200, "one", "hit");
    stage.web.ask("GET", &url, &authorized, "").await.is(200, "two", "fwd=bypass");
}

#[tokio::test]
async fn what_is_not_there_is_remembered_until_it_is_written() {
    let stage = Stage::new();
    let proxy = stage.proxy(&[]);
    let absent = "there is no such object\n";
    stage.get(&proxy, "/site/new").await.is(404, absent, "fwd=miss");
    stage.get(&proxy, "/site/new").await.is(404, absent, "hit");
    assert_eq!(stage.web.put(&proxy.url("/site/new"), "here").await.status, 201);
    stage.get(&proxy, "/site/new").await.is(200, "here", "fwd=miss");
    stage.get(&proxy, "/site/new").await.is(200, "here", "hit");
    assert_eq!(stage.web.ask("DELETE", &proxy.url("/site/new"), &[], "").await.status, 204);
    stage.get(&proxy, "/site/new").await.is(404, absent, "fwd=miss");
}

#[tokio::test]
async fn a_broken_entry_is_a_miss_and_is_repaired() {
    let stage = Stage::new();
    let proxy = stage.proxy(&[]);
    // Of one kind that is stored as it is, and of one that is compressed.
    for body in ["short".to_owned(), "compressible ".repeat(1000)] {
        stage.redis.flush();
        stage.has("/site/a", PAGE, body.clone()).await;
        stage.get(&proxy, "/site/a").await.is(200, &body, "fwd=miss");
        let keys = stage.entries("*");
        let whole = stage.redis.get_raw(&keys[0]).expect("it was listed");
        assert!(whole.len() < 1000, "{}", whole.len());
        let mut changed = whole.clone();
        *changed.last_mut().expect("it is not empty") ^= 1;
        let mut broken: Vec<&[u8]> = vec![b"", b"another program's", &changed];
        broken.extend([1, 3, 20, whole.len() / 2, whole.len() - 1].map(|length| &whole[..length]));
        for bytes in broken {
            stage.redis.set_raw(&keys[0], bytes);
            stage.get(&proxy, "/site/a").await.is(200, &body, "fwd=miss");
            stage.get(&proxy, "/site/a").await.is(200, &body, "hit");
            assert_ne!(stage.redis.get_raw(&keys[0]).as_deref(), Some(bytes));
        }
    }
    assert_eq!(stage.counted(&proxy, "object_proxy_corrupt_total").await, 16);
}

/// What is said of an object, in answers that are otherwise good ones.
#[tokio::test]
async fn an_object_without_data_or_a_tag_is_not_kept() {
    let web = Web::new();
    for (headers, body, detail) in [
        ("etag: \"a\"", "", "Empty"),
        ("etag: \"\"", "data", "NoEtag"),
        ("etag: W/\"\"", "data", "NoEtag"),
        ("etag: ", "data", "NoEtag"),
        ("etag: a", "data", "NoEtag"),
        ("x-etag: \"a\"", "data", "NoEtag"),
        ("etag: \"a\"\r\nvary: accept-language", "data", "Varies"),
        ("etag: \"a\"\r\nage: 60\r\ncache-control: max-age=60", "data", "NotForCaches"),
    ] {
        let length = body.len();
        let store = Canned::start(format!(
            "HTTP/1.1 200 OK\r\nconnection: close\r\n{headers}\r\ncontent-length: {length}\r\n\r\n{body}"
        ));
        let proxy = proxy(store.url(), &[]);
        for _ in 0..2 {
            let answer = web.get(&proxy.url("/a/b")).await;
            answer.is(200, body, &format!("fwd=bypass; detail={detail}"));
        }
        assert_eq!(store.requests(), 4, "{headers}");
    }
}

#[tokio::test]
async fn an_object_that_breaks_off_is_not_kept() {
    let web = Web::new();
    for head in ["content-length: 99", "transfer-encoding: chunked"] {
        let store =
            Canned::start(format!("HTTP/1.1 200 OK\r\netag: \"a\"\r\n{head}\r\n\r\n4\r\ndata\r\n"));
        let proxy = proxy(store.url(), &[]);
        for _ in 0..2 {
            web.get(&proxy.url("/a/b")).await.is(502, "the object store broke off\n", "fwd=miss");
        }
        assert_eq!(store.requests(), 2, "{head}");
    }
}
