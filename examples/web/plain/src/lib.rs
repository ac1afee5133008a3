//! The service `web` without its cache: its own source, from which `build.rs` has taken the attributes.

#![expect(dead_code, reason = "some of what writes return is read by attributes alone")]

include!(concat!(env!("OUT_DIR"), "/web.rs"));
