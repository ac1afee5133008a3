//! A time is written alike in attributes, in files and in the environment: one parser, in the same words in both crates.

#[path = "../../../cache-macros/src/duration.rs"]
mod in_attributes;
#[path = "../../../cache-runtime/src/cache/config/duration.rs"]
mod in_files;

use std::time::Duration;

use cache_runtime::Ttl;
use cache_runtime::config::Time;
use proptest::prelude::*;

const UNITS: [&str; 6] = ["w", "d", "h", "m", "s", "ms"];

/// Numbers with units, which are durations if the units come in their order.
fn durations() -> impl Strategy<Value = String> {
    let part = ("[0-9]{1,4}", prop::sample::select(UNITS.to_vec()));
    prop::collection::vec(part, 1..4).prop_map(|parts| {
        let part = |(number, unit): &(String, &str)| format!("{number}{unit}");
        parts.iter().map(part).collect::<Vec<_>>().concat()
    })
}

/// What durations are made of, and what is often taken for one.
fn pieces() -> impl Strategy<Value = String> {
    let others = [" ", "", "-", "+", ".", "min", "secs", "us", "M", "\u{663}", "never"];
    let piece = prop_oneof![
        "[0-9]{1,3}",
        "[0-9]{18,21}",
        prop::sample::select(UNITS.to_vec()).prop_map(str::to_owned),
        prop::sample::select(others.to_vec()).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..7).prop_map(|pieces| pieces.concat())
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![durations(), pieces(), any::<String>()]
}

/// Neither crate can depend on the other: the runtime hands on the macros, and a crate of macros hands on nothing else.
#[test]
fn both_crates_hold_the_same_texts() {
    let without_markers = |text: &str| {
        let lines = text.lines().filter(|line| !line.trim().starts_with("// mutant: "));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    for (of_macros, of_runtime) in [
        (
            include_str!("../../../cache-macros/src/duration.rs"),
            include_str!("../../../cache-runtime/src/cache/config/duration.rs"),
        ),
        (
            include_str!("../../../cache-macros/src/pattern.rs"),
            include_str!("../../../cache-runtime/src/key/lookalike.rs"),
        ),
    ] {
        assert_eq!(without_markers(of_macros), without_markers(of_runtime));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_an_attribute_takes_a_file_takes_and_in_the_same_words(text in texts()) {
        let expected = in_attributes::parse(&text);
        prop_assert_eq!(&in_files::parse(&text), &expected);
        // In a file `${` begins the name of a variable.
        prop_assume!(!text.contains("${"));
        let json = serde_json::Value::from(text.as_str());
        let time = serde_json::from_value::<Time>(json.clone());
        let lifetime = serde_json::from_value::<Ttl>(json);
        match expected {
            Ok(ms) => {
                let expected = Duration::from_millis(ms);
                prop_assert_eq!(time.unwrap(), Time(expected));
                prop_assert_eq!(lifetime.unwrap(), Ttl::After(expected));
            }
            Err(message) => {
                prop_assert_eq!(time.unwrap_err().to_string(), message.clone());
                let never = text == "never";
                prop_assert!(never || lifetime.unwrap_err().to_string() == message);
            }
        }
    }

    #[test]
    fn seconds_are_the_same_with_and_without_quotes(seconds in any::<u64>()) {
        let number = serde_json::from_value::<Time>(seconds.into());
        let text = serde_json::from_value::<Time>(seconds.to_string().into());
        prop_assert_eq!(number.map_err(|error| error.to_string()), text.map_err(|error| error.to_string()));
    }
}
