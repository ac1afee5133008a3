//! `If-None-Match` and `If-Match` (RFC 9110, section 13.1).

use axum::http::HeaderMap;
use axum::http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};

/// Whether the client has this representation already, which a weak tag is good enough for.
pub(crate) fn client_has(headers: &HeaderMap, etag: &str) -> bool {
    lists(headers, &IF_NONE_MATCH, |listed| weak(listed) == weak(etag))
}

/// Whether a write may happen to an object with this tag, or to none.
pub(crate) fn allows_write(headers: &HeaderMap, etag: Option<&str>) -> bool {
    let exact = |listed: &str| etag.is_some_and(|etag| !etag.starts_with("W/") && listed == etag);
    let wanted =
        !headers.contains_key(IF_MATCH) || etag.is_some() && lists(headers, &IF_MATCH, exact);
    wanted && !etag.is_some_and(|etag| client_has(headers, etag))
}

/// Whether a header lists a tag that is meant, or `*`, which means all of them.
fn lists(headers: &HeaderMap, name: &HeaderName, is_meant: impl Fn(&str) -> bool) -> bool {
    let lines = headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
    lines.into_iter().any(|line| line.trim() == "*" || tags(line).any(&is_meant))
}

/// The tags of a list. A comma inside the quotes is part of a tag.
fn tags(list: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let parts = list.split(move |c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    parts.map(str::trim)
}

fn weak(etag: &str) -> &str {
    etag.strip_prefix("W/").unwrap_or(etag)
}
