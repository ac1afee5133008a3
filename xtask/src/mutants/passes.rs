//! What makes passes over the store's keys few, whole and short.

use super::{Mutant, mutant};

pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "a named call is deleted before the pass alone",
        ("if self.patterns.is_empty() { &[] } else { &self.keys }", "&[]"),
        (
            "passes",
            "nested::what_was_loaded_through_an_entry_that_the_pass_had_not_reached_goes_with_it",
        ),
    ),
    mutant(
        "a write is done with a pass that began before it",
        (
            "            answer(requests, ",
            "            let mut requests = requests;\n            \
             requests.extend(self.cache.passes().take(self.line));\n            \
             answer(requests, ",
        ),
        ("passes", "sharing::a_write_during_a_pass_is_not_done_with_it"),
    ),
    mutant(
        "a pass goes on with a cursor of another connection",
        (".map_or(0, |reads| reads.link.serial())", ".map_or(0, |_| 0)"),
        ("passes", "faults::a_pass_begins_anew_when_its_server_was_restarted_with_its_keys"),
    ),
    mutant(
        "a pass begins anew for ever",
        ("for _ in 0..=MAX_RESTARTS {", "for _ in 0..=MAX_RESTARTS * 100 {"),
        ("passes", "faults::a_connection_that_is_lost_again_and_again_fails_the_pass"),
    ),
    mutant(
        "a pass has no end",
        (
            "if self.until.is_some_and(|until| Instant::now() >= until) {",
            "if self.until.is_none_or(|until| until < self.started) {",
        ),
        ("--lib", "cache::invalidation::pass::tests::a_pass_that_takes_too_long_fails"),
    ),
    mutant(
        "a pass goes in a circle",
        ("if self.kept == Some(next) {", "if self.kept == Some(next) && self.steps == 0 {"),
        ("--lib", "cache::invalidation::pass::tests::a_circle_is_found_wherever_it_begins"),
    ),
    mutant(
        "a pass asks for the keys of one of its patterns",
        ("choice(beginnings, at)", "choice(&beginnings[..1], at)"),
        ("--lib", "key::patterns::tests::together_patterns_match_what_each_of_them_does"),
    ),
    mutant(
        "a pass overlooks keys by a segment that need not be there",
        ("let pieces = run.split(':').skip(1);", "let pieces = run.split(':').skip(0);"),
        ("--lib", "key::patterns::tests::together_patterns_match_what_each_of_them_does"),
    ),
    mutant(
        "a write hears nothing of a pass that panicked",
        (
            "passed.unwrap_or_else(|_| Err(cut_short()))",
            "passed.unwrap_or_else(|_| Ok(Vec::new()))",
        ),
        ("passes", "faults::a_pass_that_fails_leaves_each_of_its_patterns_overdue"),
    ),
    mutant(
        "a pattern is told of with each costly pass",
        (
            "told.insert((ptr::from_ref(site).addr(), parts.as_ptr().addr()))",
            "told.insert((ptr::from_ref(site).addr(), parts.as_ptr().addr())) || true",
        ),
        ("passes", "faults::a_costly_pattern_is_told_of_once"),
    ),
    mutant(
        "what the writes of a transaction delete counts for the first of them",
        (
            "let site = each.origin.site().map(|site| ptr::from_ref(site).addr());",
            "let site = each.origin.site().map(|_| 0);",
        ),
        ("passes", "sharing::the_writes_of_a_transaction_go_together_and_count_apart"),
    ),
    mutant(
        "keys go together or not at all",
        ("if keys.len() > 1 && failure", "if keys.is_empty() && failure"),
        ("passes", "sharing::exact_keys_go_one_by_one_where_they_may_not_go_together"),
    ),
    mutant(
        "what was made of what a pass had not reached stays",
        ("if self.walked == 0 {", "if true {"),
        ("passes", "nested::what_patterns_alone_name_goes_with_it"),
    ),
];
