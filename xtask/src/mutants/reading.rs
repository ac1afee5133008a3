//! What keeps the in-process tier true, and what makes a scope stale in one step.

use super::{Mutant, mutant};

pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "a connection that is in a transaction is not heard",
        ("if is_in_one && counts()", "if false && is_in_one && counts()"),
        ("connections", "what_is_not_committed_is_neither_stored_nor_answered_from_the_cache"),
    ),
    mutant(
        "a call in a transaction asks this process",
        ("_ if self.is_in_transaction() => None,", ""),
        ("connections", "what_is_not_committed_is_neither_stored_nor_answered_from_the_cache"),
    ),
    mutant(
        "a call that is only named has no key in a transaction",
        ("&& !record::is_on();", ";"),
        ("connections", "a_write_in_a_transaction_invalidates_what_it_names"),
    ),
    mutant(
        "a connection behind a reference is not asked",
        (
            "Type::Reference(reference) => reference.mutability.is_some(),",
            "Type::Reference(_) => false,",
        ),
        ("connections", "a_connection_is_known_in_every_shape"),
    ),
    mutant(
        "a claim that was not answered is not taken back",
        (
            "let owed = if self.claim.is_some() { Owed::PerhapsClaim }",
            "let owed = if false { Owed::PerhapsClaim }",
        ),
        ("stale", "a_caller_who_is_cancelled_while_it_claims_leaves_no_claim"),
    ),
    mutant(
        "a claim counts however long it is",
        (
            "now < until && until - now <= envelope::millis(longest)",
            "now < until && envelope::millis(longest) > 0",
        ),
        ("stale", "a_claim_of_a_clock_that_is_ahead_does_not_count"),
    ),
    mutant(
        "a run goes on without its lock",
        ("if !lock.is_safe() {", "if false {"),
        ("warmup", "a_node_that_stood_still_stores_nothing"),
    ),
    mutant(
        "a warm-up's lock is not extended",
        ("let until = asked + self.time;", "let until = asked;"),
        ("warmup", "a_lock_is_held_as_long_as_the_run"),
    ),
    mutant(
        "each node runs in each interval",
        ("=> self.mark(started).await,", "=> {}"),
        ("warmup", "one_node_of_the_fleet_runs_in_each_interval"),
    ),
    mutant(
        "namespaces share values in process",
        ("known.made += 1;", ""),
        ("namespaces", "each_namespace_has_entries_of_its_own"),
    ),
    mutant(
        "a namespace's name is not escaped",
        (
            "_ = segment::push(&mut prefix, name.as_ref());",
            "prefix.push_str(name.as_ref()); _ = segment::push::<str>;",
        ),
        ("namespaces", "each_namespace_has_entries_of_its_own"),
    ),
    mutant(
        "nothing is loaded after a write",
        (
            "_ = AssertUnwindSafe(calls()).catch_unwind().await;",
            "_ = AssertUnwindSafe(calls()).catch_unwind();",
        ),
        ("write_through", "the_new_values_are_there_when_the_write_returns"),
    ),
    mutant(
        "a transaction loads what is not committed",
        ("if !pending::in_transaction() && ", "if "),
        ("write_through", "a_transaction_loads_nothing_before_its_end"),
    ),
    mutant(
        "a claim is overlooked",
        (
            "let is_claimed = self.is_claimed(header.claimed_until(), now);",
            "let is_claimed = false;",
        ),
        ("stale", "an_expired_value_is_served_while_one_caller_loads_it_anew"),
    ),
    mutant(
        "a claim is not taken back",
        (
            "Some(plain) => backend.restamp(key, stamp, &plain, &mut budget).await,",
            "Some(_) => Ok(true),",
        ),
        ("stale", "a_load_that_is_given_up_leaves_the_entry_to_the_next_caller"),
    ),
    mutant(
        "an earlier value is forgotten when the load fails",
        ("self.has_fallback |= freshness != Freshness::Fresh;", ""),
        ("stale", "a_load_that_fails_is_no_reason_to_serve_nothing"),
    ),
    mutant(
        "the store forgets a value when it expires",
        ("time.saturating_add(grace)", "time.saturating_add(grace * 0)"),
        ("stale", "shapes::every_shape_of_function_falls_back"),
    ),
    mutant(
        "nothing is loaded early",
        ("let is_early = grace.early > 0.0", "let is_early = grace.early < 0.0"),
        ("stale", "one_caller_loads_before_the_value_expires"),
    ),
    mutant(
        "jitter is forgotten",
        ("shortened(expiry, grace.jitter)", "shortened(expiry, 0.0 * grace.jitter)"),
        ("stale", "values_expire_at_times_of_their_own"),
    ),
    mutant(
        "a value is served behind its time",
        ("if freshness == Freshness::Over {", "if false {"),
        ("stale", "behind_its_time_an_expired_value_is_served_to_nobody"),
    ),
    mutant(
        "promises are taken after the reading",
        (
            "let watched = validities.zip(looked.validity);",
            "let watched = tier.map(|tier| tier.promises_for(key)).zip(looked.validity);",
        ),
        ("tier", "coherence::what_was_read_before_a_push_is_not_kept_after_it"),
    ),
    mutant(
        "what this process writes stays in its tier",
        (
            "let Some(tier) = self.tier else { return };",
            "let Some(tier) = self.tier.filter(|_| false) else { return };",
        ),
        ("tier", "coherence::an_own_invalidation_is_seen_at_once"),
    ),
    mutant(
        "a connection that does not answer keeps its promises",
        ("    fn drop(&mut self) {\n        self.0.revoke();", "    fn drop(&mut self) {"),
        ("tier", "coherence::nothing_is_served_while_the_server_does_not_answer"),
    ),
    mutant(
        "nobody hears what other processes change",
        ("listener.changed(key);", "_ = listener;"),
        ("tier", "coherence::another_process_is_heard"),
    ),
    mutant(
        "nobody hears that everything has changed",
        ("listener.all_changed();", "_ = listener;"),
        ("tier", "coherence::an_empty_server_is_heard"),
    ),
    mutant(
        "what is in process is served for ever",
        (" && Moment::now() < self.until", ""),
        ("tier", "keeping::a_value_is_read_again_when_its_time_here_is_over"),
    ),
    mutant(
        "no function can do without the tier",
        ("local = Local::Never;", "local = Local::AsTheHandle;"),
        ("tier", "keeping::a_function_can_do_without"),
    ),
    mutant(
        "modes do not pass the tier by",
        ("mode::current() == Mode::Normal", "true"),
        ("tier", "keeping::modes_and_transactions_pass_it_by"),
    ),
    mutant(
        "functions with the same arguments share what is in process",
        ("\n            && self.identity == other.identity", ""),
        ("tier", "keeping::functions_and_receivers_are_kept_apart"),
    ),
    mutant(
        "what stands in the key alone is not asked for",
        ("Form::LocalKey(writing) => writing.add(value),", "Form::LocalKey(_) => {}"),
        ("tier", "keeping::what_stands_in_the_key_alone_keeps_calls_apart"),
    ),
    mutant(
        "a call that is named is answered from this process",
        ("&& !record::is_on();", "&& !false;"),
        ("tier", "asking::a_call_can_be_named_while_its_value_is_kept"),
    ),
    mutant(
        "a call that is named is made on the handle that it finds",
        (
            "Handle::Ambient(_) | Handle::Nowhere if record::is_on()",
            "Handle::Ambient(_) | Handle::Nowhere if false && record::is_on()",
        ),
        ("futures", "a_named_call_is_found_whatever_handle_is_in_scope"),
    ),
    mutant(
        "maps are not asked for",
        (
            "Unfit::Unordered => self.add_canonically(&[], value),",
            "Unfit::Unordered => self.is_whole = false,",
        ),
        ("tier", "asking::sets_and_maps_are_the_same_in_any_order"),
    ),
    mutant(
        "a question does not say which field a value is of",
        ("Plain(self.0).name(Kind::Field, name)?;", ""),
        (
            "--lib",
            "key::local_encoding::tests::different_values_of_one_type_are_written_differently",
        ),
    ),
    mutant(
        "an argument may be written differently each time",
        ("key.refuse(Refused::Unsteady);", "_ = Refused::Unsteady;"),
        ("tier", "asking::an_argument_that_is_written_differently_each_time_has_no_place_in_a_key"),
    ),
    mutant(
        "an error that a Serialize passes over is forgotten",
        ("Some(reason) => Err(reason),", "Some(_) => written,"),
        ("--lib", "key::local_encoding::tests::an_error_that_was_passed_over_counts"),
    ),
    mutant(
        "a question takes a variant for another one of the same name",
        ("self.name(Kind::UnitVariant, variant)", "self.variant(variant, Kind::Unit).map(drop)"),
        (
            "--lib",
            "key::local_encoding::tests::different_values_of_one_type_are_written_differently",
        ),
    ),
    mutant(
        "a question does not say where a list ends",
        ("Plain(self.0).kind(Kind::End)", "Plain(self.0).put(&[])"),
        ("--lib", "key::local_encoding::tests::lists_of_values_are_written_differently"),
    ),
    mutant(
        "the clock of a hit is not allowed to be behind",
        ("time.saturating_sub(*LAG)", "time + *LAG"),
        ("--lib", "rt::clock::tests::a_moment_is_never_reached_too_late"),
    ),
    mutant(
        "a server that does not tell gets a tier",
        (
            "wire.hub.map(|_| ()).ok_or_else(|| Error::config(DOES_NOT_TELL))",
            "wire.hub.map_or(Ok(()), |_| Ok(()))",
        ),
        ("tier", "refusals::a_server_that_does_not_tell_is_refused"),
    ),
    mutant(
        "the tier has as many entries as its bytes allow",
        (
            "(OVERHEAD + (asked.len() + slot.size) as u64).max(self.least)",
            "OVERHEAD + (asked.len() + slot.size) as u64",
        ),
        ("--lib", "store::tier::tests::entries_and_bytes_are_bounded"),
    ),
    mutant(
        "an entry is read whatever its epochs",
        (
            "Ok((header, _)) if !self.epochs.vouch_for(header.scopes)",
            "Ok((header, _)) if header.scopes == 1",
        ),
        ("scoped", "one_scope_is_made_stale_by_one_command"),
    ),
    mutant(
        "a missing epoch counts as one",
        ("all.map_or(Self::Unknown,", "all.map_or(Self::Are(0),"),
        ("scoped", "a_missing_epoch_is_a_miss"),
    ),
    mutant(
        "a fill speaks for its scopes",
        ("Ok(true) if is_current =>", "Ok(true) if true | is_current =>"),
        ("scoped", "who_begins_after_an_invalidation_gets_no_load_from_before"),
    ),
    mutant(
        "a lease from before an invalidation is waited for",
        (
            "Some(scopes) if self.epochs.may_become(scopes)",
            "Some(scopes) if scopes > 0 || self.epochs.may_become(scopes)",
        ),
        ("scoped", "a_lease_from_before_is_not_waited_for"),
    ),
    mutant(
        "what is of the present is deleted behind, too",
        ("(!is_current).then_some(", "(!is_current || true).then_some("),
        ("scoped", "what_is_stale_is_deleted_behind_and_nothing_else"),
    ),
    mutant(
        "the fleet: a handle with scopes does not ask who scans",
        ("if is_mixed || !self.backend().is_scoped() {", "if !self.backend().is_scoped() {"),
        ("fleet", "a_load_of_the_other_strategy_from_before_is_not_stored"),
    ),
    mutant(
        "the fleet: a handle that scans leaves its mark for an hour",
        (
            "Some(fleet) if !fleet.is_marked_for(ttl) =>",
            "Some(fleet) if false && !fleet.is_marked_for(ttl) =>",
        ),
        ("fleet", "a_mark_stays_for_as_long_as_the_entries"),
    ),
    mutant(
        "the fleet: marks are cleared",
        (" || key.ends_with(MARK)", ""),
        ("fleet", "what_handles_leave_for_each_other_is_not_cleared"),
    ),
    mutant(
        "the fleet: a server that came back is believed",
        ("AfterOutage::Check => may_be_past,", "AfterOutage::Check => false && may_be_past,"),
        ("fleet", "a_server_that_comes_back_with_the_past_is_not_believed"),
    ),
    mutant(
        "the fleet: nobody says which server is believed",
        (
            "let expected = before.as_deref().map(str::as_bytes).or(trusted);",
            "let expected = before.as_deref().map(str::as_bytes);",
        ),
        ("fleet", "a_process_that_starts_later_does_not_believe_it_either"),
    ),
    mutant(
        "the fleet: an epoch stays for an hour",
        ("twice.min(MAX_LIFE)", "twice.clamp(Duration::from_secs(3600), MAX_LIFE)"),
        ("fleet", "epochs_go_soon_after_their_entries"),
    ),
    mutant(
        "the fleet: a renewal forgets the epochs",
        (
            "let _ = kept.backend.prolong_epochs(&kept.key, life, &mut budget).await;",
            "let _ = (life, &mut budget);",
        ),
        ("fleet", "a_slow_load_keeps_its_epochs"),
    ),
    mutant(
        "the fleet: scopes begin outside the prefix",
        ("colons.filter(move |at| *at >= prefix)", "colons.filter(move |at| *at > 0 * prefix)"),
        ("fleet", "a_handle_touches_no_key_outside_its_prefix"),
    ),
    mutant(
        "the fleet: every policy is good",
        ("_ if !policy.is_limited => None,", "_ if !policy.is_limited || true => None,"),
        ("fleet", "a_policy_that_harms_is_told"),
    ),
];
