//! Names of any bytes and any length.

use crate::stage::Stage;

/// Each is another object, whatever it looks like when it is decoded, encoded or shortened.
fn places() -> Vec<String> {
    let long = "x".repeat(300);
    let plain = [
        "/a/b",
        "/a/b/",
        "/a//b",
        "/a/B",
        "/A/b",
        "/a/b:c",
        "/a:b/c",
        "/a/b%3Ac:",
        "/a/*",
        "/a/?",
        "/a/%3F",
        "/a/%255B",
        "/a/[a]",
        "/a/%20",
        "/a/+",
        "/a/%25",
        "/a/%2520",
        "/a/%FF",
        "/a/%25FF",
        "/a/%FE",
        "/a/%FF%FE",
        "/a/[255]",
        "/%FF/a",
        "/%FE/a",
        "/a/%C3%BC",
        "/a/u%CC%88",
        "/a/%5C",
        "/a/~",
        "/a/null",
        "/a/.",
        "/a/..",
        "/a/%0A",
        "/a/%E2%82%AC/%F0%9F%A6%80",
    ];
    let mut places: Vec<_> = plain.map(str::to_owned).to_vec();
    places.retain(|place| !place.ends_with('?'));
    places.extend(["", "y", "%FF", "%FE", "/", "%FF/", ":*"].map(|end| format!("/a/{long}{end}")));
    places.push(format!("/{long}/a"));
    places
}

#[tokio::test]
async fn names_of_any_bytes_and_length_are_different_objects() {
    let stage = Stage::new();
    let proxy = stage.proxy(&[]);
    let places = places();
    for place in &places {
        assert_eq!(stage.web.put(&proxy.url(place), place.clone()).await.status, 201, "{place}");
    }
    for cache in ["fwd=miss", "hit"] {
        for place in &places {
            stage.get(&proxy, place).await.is(200, place, cache);
        }
    }
    let keys = stage.entries("*");
    assert_eq!(keys.len(), places.len());
    assert!(keys.iter().all(|key| key.len() <= 250 && !key.contains(['*', ' ', '/'])), "{keys:?}");
}

#[tokio::test]
async fn one_name_may_be_written_in_several_ways() {
    let stage = Stage::new();
    let proxy = stage.proxy(&[]);
    stage.web.put(&proxy.url("/site/a%20b%2Fc%3a"), "one").await;
    stage.get(&proxy, "/site/a%20b/c:").await.is(200, "one", "fwd=miss");
    stage.get(&proxy, "/s%69te/%61%20b%2fc:").await.is(200, "one", "hit");
    stage.web.put(&proxy.url("/site/a%20b/c%3A"), "two").await;
    stage.get(&proxy, "/site/a%20b%2Fc%3a").await.is(200, "two", "fwd=miss");
}

#[tokio::test]
async fn a_write_leaves_other_objects_in_the_cache() {
    let stage = Stage::new();
    let proxy = stage.proxy(&[]);
    let mut places = places();
    // Written as text and as bytes these two have one readable part, and go together.
    places.retain(|place| place != "/a/[255]");
    for place in &places {
        stage.has(place, &[], place.clone()).await;
        stage.get(&proxy, place).await;
    }
    for written in &places {
        let answer = stage.web.ask("PUT", &proxy.url(written), &[], written.clone()).await;
        assert_eq!(answer.status, 204);
        for place in places.iter().filter(|place| *place != written).take(5) {
            stage.get(&proxy, place).await.is(200, place, "hit");
        }
        stage.get(&proxy, written).await.is(200, written, "fwd=miss");
    }
}

#[tokio::test]
async fn a_bucket_is_emptied_with_what_is_cached_of_it_and_no_other() {
    let stage = Stage::new();
    let proxy = stage.proxy(&[]);
    for path in ["/site/a", "/site/b/c", "/site2/a", "/%FF/a"] {
        stage.has(path, &[], path).await;
        stage.get(&proxy, path).await.is(200, path, "fwd=miss");
    }
    assert_eq!(stage.web.ask("DELETE", &proxy.url("/site"), &[], "").await.status, 204);
    for path in ["/site/a", "/site/b/c"] {
        stage.get(&proxy, path).await.is(404, "there is no such object\n", "fwd=miss");
    }
    for path in ["/site2/a", "/%FF/a"] {
        stage.get(&proxy, path).await.is(200, path, "hit");
    }
}
