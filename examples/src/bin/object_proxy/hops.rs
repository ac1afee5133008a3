//! Which headers go from one side of the proxy to the other.

use axum::http::HeaderMap;
use axum::http::header::{
    ACCEPT_RANGES, CONNECTION, EXPECT, HOST, HeaderName, HeaderValue, IF_RANGE, PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION, RANGE, TE, TRAILER, TRANSFER_ENCODING, UPGRADE, VIA,
};

/// Meant for the next hop alone (RFC 9110, section 7.6.1).
const OF_ONE_HOP: [HeaderName; 8] = [
    CONNECTION,
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
    HeaderName::from_static("keep-alive"),
];

/// What the store is told of a request. `Host` names the store, and `Expect` was answered here.
///
/// Ranges are not asked for: a server may ignore them (RFC 9110, section 14.2), and a part must not be taken for the whole.
pub(crate) fn for_store(headers: &HeaderMap) -> HeaderMap {
    let mut kept = end_to_end(headers);
    for name in [HOST, EXPECT, RANGE, IF_RANGE] {
        kept.remove(name);
    }
    kept.append(VIA, HeaderValue::from_static("1.1 object_proxy"));
    kept
}

/// What the client is told of an answer. That the store knows ranges is not true of this proxy.
pub(crate) fn for_client(headers: &HeaderMap) -> HeaderMap {
    let mut kept = end_to_end(headers);
    kept.insert(ACCEPT_RANGES, HeaderValue::from_static("none"));
    kept
}

fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let named = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let named: Vec<_> = named.flat_map(|value| value.split(',').map(str::trim)).collect();
    let mut kept = headers.clone();
    for name in OF_ONE_HOP {
        kept.remove(name);
    }
    for name in named {
        kept.remove(name);
    }
    kept
}
