//! What a run says while it runs.

/// Says on stderr what goes on; the tables alone go to stdout.
pub(crate) fn progress(what: &str) {
    eprintln!("peers: {what}");
}
