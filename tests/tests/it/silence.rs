//! The passing cases again, as modules of one crate, so that `cargo clippy` sees the code generated for them.

#[path = "../../ui/pass/arguments.rs"]
mod arguments;
#[path = "../../ui/pass/functions.rs"]
mod functions;
#[path = "../../ui/pass/futures.rs"]
mod futures;
#[path = "../../ui/pass/invalidates.rs"]
mod invalidates;
#[path = "../../ui/pass/methods.rs"]
mod methods;
#[path = "../../ui/pass/named.rs"]
mod named;
#[path = "../../ui/pass/options.rs"]
mod options;
#[path = "../../ui/pass/returns.rs"]
mod returns;
#[path = "../../ui/pass/stale.rs"]
mod stale;

/// Nothing is installed, so that every function simply runs.
#[test]
fn blocking_functions_run_without_a_cache() {
    for main in [
        arguments::main,
        functions::main,
        futures::main,
        invalidates::main,
        methods::main,
        named::main,
        options::main,
        returns::main,
        stale::main,
    ] {
        main();
    }
}
