//! Requests with conditions, for heads and for ranges.

use crate::canned::Canned;
use crate::stage::{Stage, proxy};
use crate::web::Web;

#[tokio::test]
async fn who_has_the_object_already_is_told_so_from_the_cache() {
    let stage = Stage::new();
    let proxy = stage.proxy(&[]);
    stage.has("/site/a", &[("content-type", "text/plain")], "data").await;
    let loaded = stage.get(&proxy, "/site/a").await;
    let etag = loaded.header("etag");
    for (condition, status) in [
        (etag.to_owned(), 304),
        (format!("W/{etag}"), 304),
        ("*".to_owned(), 304),
        (format!("\"other\", W/\"a,b\" ,{etag}"), 304),
        ("\"other\"".to_owned(), 200),
        (etag.trim_matches('"').to_owned(), 200),
        (String::new(), 200),
    ] {
        for method in ["GET", "HEAD"] {
            let headers = [("if-none-match", &*condition)];
            let answer = stage.web.ask(method, &proxy.url("/site/a"), &headers, "").await;
            let body = if status == 200 && method == "GET" { "data" } else { "" };
            answer.is(status, body, "hit");
            assert_eq!(answer.header("etag"), etag, "{condition}");
            assert!(!answer.header("age").is_empty());
            assert_eq!(answer.header("content-type").is_empty(), status == 304);
        }
    }
    assert_eq!(stage.loads().await, 1);
}

#[tokio::test]
async fn a_head_is_answered_as_the_object_is_without_its_data() {
    let stage = Stage::new();
    let proxy = stage.proxy(&[]);
    stage.has("/site/a", &[], "data").await;
    for cache in ["fwd=miss", "hit"] {
        let answer = stage.web.ask("HEAD", &proxy.url("/site/a"), &[], "").await;
        answer.is(200, "", cache);
        assert_eq!(answer.header("content-length"), "4");
    }
    stage.get(&proxy, "/site/a").await.is(200, "data", "hit");
    stage.has("/site/mine", &[("cache-control", "private")], "mine").await;
    let answer = stage.web.ask("HEAD", &proxy.url("/site/mine"), &[], "").await;
    answer.is(200, "", "fwd=bypass; detail=NotForCaches");
    assert_eq!(answer.header("content-length"), "4");
}

#[tokio::test]
async fn who_asks_for_a_range_gets_the_whole() {
    let stage = Stage::new();
    let proxy = stage.proxy(&[]);
    stage.has("/site/a", &[], "0123456789").await;
    stage.has("/site/mine", &[("cache-control", "private")], "0123456789").await;
    for (path, range) in
        [("/site/a", "bytes=2-4"), ("/site/a", "bytes=90-"), ("/site/mine", "bytes=0-0")]
    {
        let answer = stage.web.ask("GET", &proxy.url(path), &[("range", range)], "").await;
        assert_eq!((answer.status, answer.text()), (200, "0123456789"));
        assert_eq!(answer.header("accept-ranges"), "none");
    }
}

/// They are the store's to judge: the cache may be behind.
#[tokio::test]
async fn a_write_under_a_condition_is_the_stores_to_judge() {
    let stage = Stage::new();
    let proxy = stage.proxy(&[]);
    let url = proxy.url("/site/a");
    let new = [("if-none-match", "*")];
    assert_eq!(stage.web.ask("PUT", &url, &new, "one").await.status, 201);
    assert_eq!(stage.web.ask("PUT", &url, &new, "two").await.status, 412);
    let etag = stage.get(&proxy, "/site/a").await.header("etag").to_owned();
    stage.has("/site/a", &[], "past the proxy").await;
    assert_eq!(stage.web.ask("PUT", &url, &[("if-match", &etag)], "two").await.status, 412);
    stage.get(&proxy, "/site/a").await.is(200, "past the proxy", "fwd=miss");
}

#[tokio::test]
async fn what_the_proxy_does_not_speak_it_says() {
    let stage = Stage::new();
    let proxy = stage.proxy(&[]);
    let answer = stage.web.ask("PATCH", &proxy.url("/site/a"), &[], "").await;
    assert_eq!((answer.status, answer.header("allow")), (405, "GET, HEAD, PUT, DELETE"));
    for (path, reason) in [
        ("/", "name a bucket and an object, as in /bucket/name\n"),
        ("//a", "name a bucket and an object, as in /bucket/name\n"),
        ("/site/a%00b", "a name has no NUL byte\n"),
        ("/si%00te/a", "a name has no NUL byte\n"),
    ] {
        for method in ["GET", "PUT"] {
            let answer = stage.web.ask(method, &proxy.url(path), &[], "").await;
            assert_eq!((answer.status, answer.text()), (400, reason));
        }
    }
}

#[tokio::test]
async fn a_comma_in_a_tag_is_part_of_it() {
    let web = Web::new();
    let store = Canned::start("HTTP/1.1 200 OK\r\netag: \"a,b\"\r\ncontent-length: 4\r\n\r\ndata");
    let proxy = proxy(store.url(), &[]);
    for (condition, status) in [("\"x\", \"a,b\"", 304), ("\"a\", \"b\"", 200)] {
        let headers = [("if-none-match", condition)];
        let answer = web.ask("GET", &proxy.url("/a/b"), &headers, "").await;
        assert_eq!(answer.status, status, "{condition}");
    }
}

#[tokio::test]
async fn what_is_meant_for_the_store_is_sent_on_and_nothing_else() {
    let web = Web::new();
    let store = Canned::start("HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n");
    let proxy = proxy(store.url(), &[]);
    let ours = [("range", "bytes=0-1"), ("if-range", "x"), ("connection", "x-hop"), ("x-hop", "y")];
    let theirs = [("authorization", "of a client"), ("x-amz-meta-owner", "ada"), ("if-match", "x")];
    let headers = [&ours[..], &theirs].concat();
    for method in ["GET", "PUT", "DELETE"] {
        web.ask(method, &proxy.url("/a/b?query"), &headers, "").await;
        let head = store.heads().pop().expect("it was asked");
        assert!(head.starts_with(&format!("{} /a/b?query ", method.to_lowercase())), "{head}");
        assert!(head.contains("\nvia: 1.1 object_proxy\n"), "{head}");
        for (name, value) in theirs {
            assert!(head.contains(&format!("\n{name}: {value}\n")), "{head}");
        }
        for (name, _) in ours {
            assert!(!head.contains(&format!("\n{name}:")), "{head}");
        }
    }
    let head = store.heads().remove(0);
    web.ask("GET", &proxy.url("/a/b"), &theirs[1..], "").await;
    let shared = store.heads().remove(3);
    assert!(
        head.contains("ada") && !shared.contains("ada"),
        "what is cached is asked for by nobody: {shared}"
    );
}
