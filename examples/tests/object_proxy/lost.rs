//! Clients and stores that go away in the middle of a write.

use crate::server::Server;
use crate::stage::proxy;
use crate::web::{AMPLE, Web};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use testkit::eventually;

const OLD: &[u8] =
    b"HTTP/1.1 200 OK\r\netag: \"a\"\r\ncontent-length: 3\r\nconnection: close\r\n\r\nold";

const NEW: &[u8] = b"PUT /site/a HTTP/1.1\r\nhost: proxy\r\ncontent-length: 3\r\n\r\nnew";

/// The store has it, and may have stored it: what was cached must go, though nobody waits for the answer any more.
#[tokio::test]
async fn a_write_whose_client_has_gone_invalidates() {
    let (web, store) = (Web::new(), TcpListener::bind("127.0.0.1:0").expect("a port is free"));
    let url = format!("http://{}", store.local_addr().expect("it is bound"));
    let proxy = proxy(&url, &["--operation-timeout", "2"]);
    let object = proxy.url("/site/a");
    let (store, answer) = tokio::join!(answers_once(store), web.get(&object));
    answer.is(200, "old", "fwd=miss");
    web.get(&object).await.is(200, "old", "hit");
    let (_held, client) = written(&proxy, &store);
    drop(client);
    let invalidated = async || {
        let metrics = web.get(&proxy.url("/metrics")).await;
        metrics.text().contains("object_proxy_invalidations_total 1\n")
    };
    eventually(AMPLE, invalidated, "the write has ended").await;
    drop(store);
    assert_eq!(web.get(&object).await.status, 502);
}

/// A store that has the object for one request.
async fn answers_once(store: TcpListener) -> TcpListener {
    let answering = tokio::task::spawn_blocking(move || {
        let (mut connection, _) = store.accept().expect("a connection");
        read_until(&mut connection, b"\r\n\r\n");
        connection.write_all(OLD).expect("it is read");
        store
    });
    answering.await.expect("no panic")
}

/// Sends a write, and returns when the store has all of it: its connection to the proxy, and the client's.
fn written(proxy: &Server, store: &TcpListener) -> (TcpStream, TcpStream) {
    let address = proxy.url("").replace("http://", "");
    let mut client = TcpStream::connect(address).expect("it listens");
    client.write_all(NEW).expect("it is read");
    let (mut connection, _) = store.accept().expect("a connection");
    read_until(&mut connection, b"new");
    (connection, client)
}

fn read_until(connection: &mut TcpStream, end: &[u8]) {
    let mut read = Vec::new();
    let mut byte = [0];
    while !read.ends_with(end) {
        connection.read_exact(&mut byte).expect("there is more");
        read.push(byte[0]);
    }
}
