//! The command line, the tour, and how servers end.

use crate::program::run;
use crate::stage::{Stage, proxy, store};
use crate::web::AMPLE;
use rustix::process::Signal;
use testkit::{RedisServer, eventually, free_port};

const PROGRAM: &str = env!("CARGO_BIN_EXE_object_proxy");

const TOUR: [&str; 12] = [
    "PUT /site/a%20page.html  201",
    "GET /site/a%20page.html  200 <h1>one</h1>             object_proxy; fwd=miss",
    "GET /site/a%20page.html  200 <h1>one</h1>             object_proxy; hit",
    "GET /site/a%20page.html  304                          object_proxy; hit",
    "HEAD /site/a%20page.html 200                          object_proxy; hit",
    "PUT /site/a%20page.html  204",
    "GET /site/a%20page.html  200 <h1>two</h1>             object_proxy; fwd=miss",
    "GET /site/a%20page.html  200 <h1>two</h1>             object_proxy; hit",
    "GET /site/nothing        404 there is no such object  object_proxy; fwd=miss",
    "GET /site/nothing        404 there is no such object  object_proxy; hit",
    "GET /site/mine           200 mine                     object_proxy; fwd=bypass; detail=NotForCaches",
    "object_proxy_hits_total 5",
];

#[test]
fn the_tour_shows_what_the_proxy_does() {
    let server = RedisServer::start();
    let patient = ["--redis-timeout", "20", "--redis-connect-timeout", "20"];
    let url = server.url();
    for (options, store) in [(&[][..], "memory"), (&["--redis", &url], "redis")] {
        let shown = run(PROGRAM, &[&patient[..], options].concat(), &[]).succeeded();
        assert!(shown.lines().next().is_some_and(|line| line.ends_with(store)), "{shown}");
        let mut rest = &*shown;
        for line in TOUR {
            let found = rest.split_once(line);
            rest = found.unwrap_or_else(|| panic!("{line}\nis not in the rest of\n{shown}")).1;
        }
    }
}

#[test]
fn without_redis_the_tour_warns_and_goes_on() {
    let away = format!("redis://127.0.0.1:{}", free_port());
    let run = run(PROGRAM, &[], &[("REDIS_URL", &away)]);
    assert!(run.stderr.contains("WARN"), "{}", run.stderr);
    assert!(run.stdout.contains("200 <h1>two</h1>"), "{}", run.stdout);
    assert!(run.stdout.contains("object_proxy_hits_total 0"), "{}", run.stdout);
}

#[tokio::test]
async fn a_server_that_is_told_to_end_answers_what_it_was_asked() {
    let stage = Stage::new();
    for signal in [Signal::INT, Signal::TERM] {
        let proxy = stage.proxy(&[]);
        stage.has("/site/a", &[("cache-control", "private")], "data").await;
        stage.redis.flush();
        stage.store.freeze();
        let (web, url) = (stage.web.clone(), proxy.url("/site/a"));
        let asking = tokio::spawn(async move { web.get(&url).await });
        let begun = async || !stage.entries("*").is_empty();
        eventually(AMPLE, begun, "it loads").await;
        proxy.signal(signal);
        stage.store.thaw();
        assert_eq!(asking.await.expect("no panic").text(), "data");
        assert_eq!(proxy.ended(), (Some(0), String::new()));
    }
    let store = store();
    store.signal(Signal::INT);
    assert_eq!(store.ended(), (Some(0), String::new()));
}

#[test]
fn bad_input_is_one_line_and_exit_code_2() {
    let upstream = "http://127.0.0.1:9";
    for (arguments, expected) in [
        (&["proxy"][..], "required"),
        (&["shop"], "'shop'"),
        (&["store", "--listen", "here"], "'here'"),
        (&["store", "--redis", "redis://localhost"], "'--redis'"),
        (&["proxy", "--upstream", upstream, "--operation-timeout", "soon"], "such as 2 or 0.5"),
        (&["proxy", "--upstream", upstream, "--operation-timeout", "0"], "above 0"),
        (&["proxy", "--upstream", upstream, "--default-ttl", "1e99"], "at most 86400"),
        (&["proxy", "--upstream", upstream, "--prefix", "a b"], "white space"),
        (&["proxy", "--upstream", "https://127.0.0.1"], "--upstream: only http:// is spoken"),
        (&["proxy", "--upstream", "127.0.0.1:9000"], "--upstream: "),
        (&["proxy", "--upstream", "http://ada:hunter2@localhost"], "--upstream: clients bring"),
        (&["proxy", "--upstream", "http://localhost/?a"], "--upstream: leave the query"),
    ] {
        let refused = run(PROGRAM, arguments, &[]);
        refused.is_refused("object_proxy: ", expected);
        assert!(!refused.stderr.contains("hunter2"), "{}", refused.stderr);
    }
}

#[test]
fn a_port_that_is_taken_is_named() {
    let store = store();
    let address = store.url("").replace("http://", "");
    let taken = format!("object_proxy: --listen {address}: ");
    run(PROGRAM, &["store", "--listen", &address], &[]).is_refused(&taken, "");
    let before = ["proxy", "--upstream", &store.url(""), "--listen", &address];
    run(PROGRAM, &before, &[]).is_refused(&taken, "");
}

#[test]
fn help_names_the_commands_and_the_options() {
    let help = run(PROGRAM, &["--help"], &[("REDIS_URL", "redis://:hunter2@localhost")]);
    let help = help.succeeded();
    for word in ["store", "proxy", "--redis", "--local", "--max-cached", "--operation-timeout"] {
        assert!(help.contains(word), "{word} is not in\n{help}");
    }
    assert!(!help.contains("hunter2"), "{help}");
    assert!(run(PROGRAM, &["proxy", "--help"], &[]).succeeded().contains("--upstream"));
}

#[tokio::test]
async fn a_store_may_be_below_a_path() {
    let stage = Stage::new();
    let proxy = proxy(&stage.store.url("/bucket/"), &[]);
    stage.has("/bucket/a/b", &[], "data").await;
    stage.get(&proxy, "/a/b").await.is(200, "data", "fwd=miss");
}
