//! Programs that show the toolkit at work: see `src/bin/`. This library holds what they share. It
//! also compiles and runs the examples of the documents as tests, because they use `sqlx`.

pub mod command_line;
pub mod meter;

/// Makes the examples of a document into tests.
macro_rules! documents {
    ($($name:ident = $path:literal,)*) => {
        $(
            #[cfg(doctest)]
            #[doc = include_str!(concat!("../../", $path))]
            mod $name {}
        )*
    };
}

documents! {
    readme = "README.md",
    cached = "docs/cached.md",
    examples = "docs/examples.md",
    glossary = "docs/glossary.md",
    handle = "docs/handle.md",
    in_process = "docs/in-process.md",
    invalidates = "docs/invalidates.md",
    limits = "docs/limits.md",
    lists = "docs/lists.md",
    modes = "docs/modes.md",
    named_calls = "docs/named-calls.md",
    patterns = "docs/patterns.md",
    rights = "docs/rights.md",
    setup = "docs/setup.md",
    shutdown_and_settings = "docs/shutdown-and-settings.md",
    stale = "docs/stale.md",
    traits = "docs/traits.md",
    transactions = "docs/transactions.md",
    values = "docs/values.md",
    warm_up = "docs/warm-up.md",
    web = "docs/web.md",
}
