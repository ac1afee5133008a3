//! Transactions on real parts: what the cache says before, during and after them, and what is then in the store.

mod program;

use program::{Run, run};
use testkit::RedisServer;

const PROGRAM: &str = env!("CARGO_BIN_EXE_transfer");

/// Each load is told as `miss`, so that an entry which should have stayed, or gone, is seen.
const COMMITTED: &str = "
ada pays 30 to ben
  others: ada has 100 (miss)
  others: ada has 100 (hit)
  inside: ada has 70 (not cached)
  inside: ben has 80 (not cached)
  inside: fees has 0 (miss)
  others: ada has 100 (hit)
  others: ben has 50 (miss)
  others: fees has 0 (miss)
  committed
  invalidations: 2
  others: ada has 70 (miss)
  others: ada has 70 (hit)
  others: ben has 80 (miss)
  others: ben has 80 (hit)
";

const ROLLED_BACK: &str = "
ada pays more than there is
  inside: ben has 1080 (not cached)
  rolled back: ada has less than 1000
  invalidations: 0
  others: ada has 70 (hit)
  others: ben has 80 (hit)
";

const SAVEPOINT: &str = "
ben pays it back, and a fee if there is enough
  in the savepoint: fees has 1000 (not cached)
  no fee: ben has less than 1000
  inside: ada has 100 (not cached)
  inside: fees has 0 (hit)
  committed
  invalidations: 2
  others: ada has 100 (miss)
  others: ben has 50 (miss)
  others: fees has 0 (hit)
";

const SESSIONS: &str = "
ada pays 30 in a session
  inside: ada has 70 (not cached)
  between: ada has 100 (hit)
  waiting: 2
  rolled back
  invalidations: 0
  others: ada has 100 (hit)
  others: ben has 50 (hit)

ada pays 30 in a session
  inside: ada has 70 (not cached)
  between: ada has 100 (hit)
  waiting: 2
  committed
  invalidations: 2
  others: ada has 70 (miss)
  others: ben has 80 (miss)
";

fn on(store: &str, arguments: &[&str]) -> Run {
    run(PROGRAM, arguments, &[("CACHE_URL", store)])
}

/// Runs the program on each store, and looks for a part in what it prints.
#[track_caller]
fn shows(part: &str) {
    let server = RedisServer::start();
    for store in ["memory:", &server.url()] {
        let output = on(store, &[]).succeeded();
        assert!(output.contains(part), "{part}\nis not in\n{output}");
    }
}

#[test]
fn invalidations_wait_for_the_commit() {
    shows(COMMITTED);
}

#[test]
fn a_rollback_leaves_the_entries() {
    shows(ROLLED_BACK);
}

#[test]
fn a_savepoint_that_is_rolled_back_drops_its_own_invalidations_alone() {
    shows(SAVEPOINT);
}

#[test]
fn a_transaction_that_is_handed_about_ends_as_it_is_told() {
    shows(SESSIONS);
}

#[test]
fn money_moves_as_it_was_asked_for() {
    let output = on("memory:", &["--from", "ben", "--to", "ada", "--amount", "50"]).succeeded();
    assert!(output.contains("ben pays 50 to ada\n  others: ben has 50 (miss)\n"), "{output}");
    assert!(output.contains("invalidations: 2\n  others: ben has 0 (miss)\n"), "{output}");
    assert!(output.contains("others: ada has 150 (miss)\n"), "{output}");
}

/// What is read inside a transaction is stored nowhere: the store has what others loaded, and of that what is still true.
#[test]
fn the_store_has_one_entry_for_each_account_and_it_is_committed() {
    let server = RedisServer::start();
    server.set_raw("cache:other", b"another program's");
    let output = on(&server.url(), &[]).succeeded();
    assert!(output.starts_with("store: redis\n"), "{output}");
    let again = on(&server.url(), &[]).succeeded();
    assert!(again.contains(COMMITTED), "it reads what the first run left\n{again}");
    assert_eq!(server.get_raw("cache:other").as_deref(), Some(&b"another program's"[..]));
    let keys = server.keys("cache:account:*");
    let expected = [("ada", "70"), ("ben", "80"), ("fees", "0")];
    assert_eq!(keys.len(), expected.len(), "{keys:?}");
    for (key, (owner, balance)) in keys.iter().zip(expected) {
        assert!(key.starts_with(&format!("cache:account:{owner}:balance:")), "{key}");
        let entry = server.get_raw(key).expect("it was listed");
        assert!(entry.ends_with(balance.as_bytes()), "{key}: {entry:?}");
    }
}

/// The transactions end as ever; only the answers come from the database, all of them.
#[test]
fn without_a_store_the_money_moves_all_the_same() {
    let away = format!("redis://127.0.0.1:{}", testkit::free_port());
    for store in ["off", &away] {
        let output = on(store, &[]).succeeded();
        assert!(!output.contains("(hit)"), "{output}");
        assert_eq!(output.contains("going on without a cache: "), store == away, "{output}");
        assert_eq!(balances(&output), balances(&on("memory:", &[]).succeeded()));
    }
}

/// The lines that tell of money, without where it was read.
fn balances(output: &str) -> Vec<&str> {
    let lines = output.lines().filter(|line| line.contains(" has "));
    lines.filter_map(|line| line.split_once(" (")).map(|(balance, _)| balance).collect()
}

#[test]
fn bad_input_is_one_line_and_exit_code_2() {
    for (arguments, expected) in [
        (&["--amount", "-5"][..], "-5 is not in 1..=1000000"),
        (&["--amount", "0"], "0 is not in 1..=1000000"),
        (&["--amount", "much"], "'much'"),
        (&["--amount", "101"], "ada has less than 101"),
        (&["--from", "eve"], "there is no account `eve`"),
        (&["--to", "Ben"], "there is no account `Ben`"),
        (&["--to", "a\nb"], "there is no account `a\\nb`"),
        (&["--to", "fees"], "`fees` is the bank's own account"),
        (&["--from", "ben"], "--from and --to name the same account"),
        (&["--sum", "5"], "unexpected argument '--sum'"),
    ] {
        run(PROGRAM, arguments, &[]).is_refused("transfer: ", expected);
    }
}

#[test]
fn a_bad_url_is_refused_without_its_password() {
    let refused = on("redis://:hunter2@localhost:port", &[]);
    refused.is_refused("transfer: ", "CACHE_URL");
    assert!(!refused.stderr.contains("hunter2"), "{}", refused.stderr);
}

#[test]
fn help_names_the_options_and_the_variables() {
    let help = run(PROGRAM, &["--help"], &[]).succeeded();
    for word in ["--from", "--to", "--amount", "CACHE_URL", "CACHE_PREFIX"] {
        assert!(help.contains(word), "{word} is not in\n{help}");
    }
}
