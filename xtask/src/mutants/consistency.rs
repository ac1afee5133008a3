//! What keeps values fresh and loads few: leases, flights, waiting, invalidations, transactions.

use super::{Mutant, mutant};

pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "a lease is taken whoever holds the key",
        ("self.take(Condition::Absent, budget)", "self.take(Condition::Always, budget)"),
        ("flights", "one_load::a_thousand_callers_of_four_processes_load_once"),
    ),
    mutant(
        "a fill overwrites whatever is there",
        (
            "let held = Condition::StartsWith(&self.stamp);\n        let filled",
            "let held = Condition::Always;\n        let filled",
        ),
        ("flights", "stale_fills::a_write_of_another_process_refuses_the_fill"),
    ),
    mutant(
        "all loads have one token",
        ("Ok(u128::from_ne_bytes(bytes).max(1))", "Ok(u128::from_ne_bytes([1; 16]))"),
        ("flights", "stale_fills::another_load_at_the_key_is_not_overwritten"),
    ),
    mutant(
        "leases are not renewed",
        ("        lease.renew();\n        Ok(Some(lease))", "        Ok(Some(lease))"),
        ("flights", "leases::a_load_that_takes_longer_than_its_lease_keeps_it"),
    ),
    mutant(
        "leases are renewed one after another",
        (
            "tokio::spawn(Arc::clone(&self).renew(number, kept));",
            "Arc::clone(&self).renew(number, kept).await;",
        ),
        ("flights", "leases::a_renewal_without_an_answer_costs_no_other_lease"),
    ),
    mutant(
        "an entry that is too large is deleted",
        (
            "lease.is_inside_entry() && !session.replaces() => {}",
            "false && !session.replaces() => {}",
        ),
        ("flights", "leases::an_entry_that_is_too_large_for_one_stays_for_others"),
    ),
    mutant(
        "a lease in the embedded store expires",
        ("self.backend.needs_tokio().then_some(self.time)", "Some(self.time)"),
        (
            "flights",
            "leases::a_load_that_takes_longer_than_its_lease_is_stored_in_the_embedded_store_too",
        ),
    ),
    mutant(
        "a load that was given up keeps its lease",
        ("        if self.owed != Owed::Nothing {\n", "        if false {\n"),
        ("flights", "cancellation::a_leader_that_nobody_waits_for_leaves_nothing_behind"),
    ),
    mutant(
        "a lease that was not there is not released again",
        ("given_back.is_ok_and(|was_there| was_there || certain)", "given_back.is_ok()"),
        ("flights", "cancellation::a_lease_that_is_taken_after_its_release_is_released_again"),
    ),
    mutant(
        "what a caller leaves behind waits for its runtime",
        (
            "        spawn_apart(work);",
            "drop(Handle::try_current().map(|runtime| runtime.spawn(work)));",
        ),
        ("flights", "failures::an_error_is_shared_when_its_runtime_stands_still"),
    ),
    mutant(
        "a refresh takes the old value away",
        (
            "if let Some(lease) = self.stamp(held, budget).await? {",
            "if let Some(lease) = self.stamp(b\"\", budget).await? {",
        ),
        ("flights", "modes::others_hit_the_old_value_until_the_new_one_takes_its_place"),
    ),
    mutant(
        "callers do not line up",
        ("self.site().single_flight.then(|| self.join())", "false.then(|| self.join())"),
        ("flights", "one_load::a_thousand_callers_of_one_process_load_once"),
    ),
    mutant(
        "a turn that is dropped is lost",
        (
            "        self.turn = None;\n        let mut flights",
            "        self.turn.take().map(OwnedSemaphorePermit::forget);\n        let mut flights",
        ),
        ("flights", "cancellation::a_leader_dropped_at_any_point_hands_over"),
    ),
    mutant(
        "a lease is left in a flight that has landed",
        (
            "        if self.flight.result.get().is_none() {\n            *left",
            "        if true {\n            *left",
        ),
        ("flights", "failures::a_lease_that_is_left_after_the_landing_is_released"),
    ),
    mutant(
        "an invalidation under way is lost with its runtime",
        ("            left.fail();\n", "            let _ = left.as_ref();\n"),
        ("flights", "store_away::an_invalidation_whose_runtime_ends_is_made_up_for"),
    ),
    mutant(
        "an invalidation that fails is tried before all others",
        ("        last = pattern;\n", "        last = String::new();\n"),
        ("flights", "store_away::an_invalidation_that_never_succeeds_holds_no_other_one_up"),
    ),
    mutant(
        "an invalidation leaves its flights",
        ("        self.flights().outdate(pattern);\n", ""),
        ("flights", "stale_fills::who_begins_after_a_write_does_not_wait_for_a_load_from_before"),
    ),
    mutant(
        "a value that was refused is shared",
        (
            "\"not stored: invalidated meanwhile\");\n            Landed::Nothing",
            "\"not stored: invalidated meanwhile\");\n            Landed::Value(payload)",
        ),
        ("flights", "stale_fills::a_write_of_another_process_refuses_the_fill"),
    ),
    mutant(
        "an error from before a write is shared",
        (
            "if give_up(session, lease).await && session",
            "if (give_up(session, lease).await || true) && session",
        ),
        ("flights", "failures::an_error_from_before_a_write_is_not_shared_after_it"),
    ),
    mutant(
        "errors are not shared",
        (
            "        let error = error.map(Landed::Error);",
            "        let error = error.map(Landed::Error).filter(|_| false);",
        ),
        ("flights", "failures::an_error_that_can_be_copied_is_shared"),
    ),
    mutant(
        "after a failure all load one after another",
        ("const TURNS_AFTER_FAILURE: usize = 8;", "const TURNS_AFTER_FAILURE: usize = 1;"),
        ("flights", "failures::an_error_without_a_copy_is_for_each_caller_a_load_of_a_few_at_once"),
    ),
    mutant(
        "after a failure all load at once",
        ("const TURNS_AFTER_FAILURE: usize = 8;", "const TURNS_AFTER_FAILURE: usize = 1000;"),
        ("flights", "failures::an_error_without_a_copy_is_for_each_caller_a_load_of_a_few_at_once"),
    ),
    mutant(
        "a lease that was left is passed by",
        (
            "    fn go_on_behind(self: Box<Self>, member: Member) -> Step {\n        if let Some(lease) = member.take_lease() {",
            "    fn go_on_behind(self: Box<Self>, member: Member) -> Step {\n        if let Some(lease) = member.take_lease().filter(|_| false) {",
        ),
        ("flights", "failures::who_comes_after_a_failure_takes_the_lease_that_was_left"),
    ),
    mutant(
        "who comes late shares a result",
        ("Some(landing) if self.number < landing.joined_before => ", "Some(landing) => "),
        ("--lib", "protocol::flight::tests::one_has_the_turn_and_the_others_get_its_value"),
    ),
    mutant(
        "who reaches the store shares a load without it",
        (
            "let joined_before = member.as_ref().map_or(0, Member::joined_before);\n        Step::Load(self, Permit::ShareOnly",
            "let joined_before = usize::MAX;\n        Step::Load(self, Permit::ShareOnly",
        ),
        ("flights", "store_away::who_reaches_the_store_gets_no_load_that_began_without_it"),
    ),
    mutant(
        "who waits is not woken",
        (
            "timeout_at(until, watch.changed())",
            "timeout_at(until, async { drop(watch); std::future::pending::<()>().await })",
        ),
        ("flights", "processes::who_is_told_looks_at_once"),
    ),
    mutant(
        "what the server tells is not heard",
        ("let told = self.lock().remove(key);", "let told = self.lock().remove(&key[..0]);"),
        ("flights", "processes::who_waits_for_another_process_is_woken"),
    ),
    mutant(
        "who waits does not look again",
        ("deadline.min(Instant::now() + backoff.pause())", "deadline"),
        ("flights", "processes::without_tracking_who_waits_looks_again"),
    ),
    mutant(
        "waiting has no end",
        (
            "let wait = self.site().wait.unwrap_or(self.call.cache.wait());",
            "let wait = std::time::Duration::from_secs(3600);",
        ),
        ("flights", "leases::who_has_waited_long_enough_loads_beside"),
    ),
    mutant(
        "what could not be deleted is read",
        ("covers(key) || self.overdue().covers(key)", "covers(key)"),
        ("flights", "store_away::what_an_invalidation_could_not_delete_counts_as_missing"),
    ),
    mutant(
        "a load from before a failed invalidation is stored",
        ("member) if session.is_overdue() => {", "member) if false && session.is_overdue() => {"),
        ("flights", "store_away::a_load_from_before_an_invalidation_that_failed_is_not_stored"),
    ),
    mutant(
        "a failed invalidation is not made up for",
        (
            "            bridge::spawn_apart(make_up(self.keeper()));",
            "            let _ = make_up;",
        ),
        ("flights", "store_away::a_frozen_server_is_made_up_for_when_it_is_back"),
    ),
    mutant(
        "an invalidation is not repeated",
        ("        due.invalidation.repeat_as_asked();\n        due.end();", "        due.end();"),
        ("flights", "store_away::an_invalidation_is_repeated_for_a_replica_that_lags_behind"),
    ),
    mutant(
        "what is in doubt is not repeated",
        ("        invalidation.repeat_after(DOUBT);\n", "        _ = (invalidation, DOUBT);\n"),
        ("transactions", "a_transaction_may_commit_after_its_caller_has_gone"),
    ),
    mutant(
        "an invalidation ends with its caller",
        (
            "        return Some(work.await);\n    }\n    if runs_by_itself()",
            "        return Some(work.await);\n    }\n    if true {\n        return Some(work.await);\n    }\n    if runs_by_itself()",
        ),
        ("futures", "a_caller_that_gives_up_after_the_write_does_not_end_its_invalidation"),
    ),
    mutant(
        "a transaction invalidates before its commit",
        (
            "        Ok(pending) => pending.keep(invalidations),",
            "        Ok(_) => Some(invalidations),",
        ),
        ("transactions", "invalidations_wait_for_the_commit"),
    ),
    mutant(
        "a rollback invalidates",
        ("        drop(self.pending.end());", ""),
        ("transactions", "a_rollback_leaves_the_cache_alone"),
    ),
    mutant(
        "a transaction reads what it has outdated",
        (
            "kept.iter().any(|each| matches(&each.pattern)),",
            "kept.is_empty() && matches(key) && false,",
        ),
        ("transactions", "invalidations_wait_for_the_commit"),
    ),
    mutant(
        "a transaction stores what it loads",
        (
            "let in_transaction = pending::in_transaction();",
            "let in_transaction = pending::in_transaction() && false;",
        ),
        ("transactions", "what_it_did_not_write_may_come_from_the_cache_and_never_goes_there"),
    ),
    mutant(
        "a savepoint invalidates by itself",
        (
            "            Some(around) if !kept.is_empty() => around.keep(kept),",
            "            Some(_) if false => None,",
        ),
        ("transactions", "savepoints_end_with_the_transaction_around_them"),
    ),
    mutant(
        "a failed invalidation is not returned",
        (
            "invalidated.map_or_else(self.failed, |()| O::restore(value))",
            "invalidated.map_or((), |()| ());\n        O::restore(value)",
        ),
        ("on_error", "a_failed_invalidation_is_returned_and_made_up_for"),
    ),
    mutant(
        "a turn is handed on before the load is gone",
        (
            "        #[pin]\n        load: F,\n        steps: Steps<O>,\n",
            "        steps: Steps<O>,\n        #[pin]\n        load: F,\n",
        ),
        ("flights", "cancellation::a_load_is_gone_before_the_next_one_begins"),
    ),
    mutant(
        "an argument that the body does not use is dropped before it",
        ("(mutable.is_some() || !is_simple(ty))", "mutable.is_some()"),
        ("futures", "arguments_are_dropped_after_the_body_whether_it_uses_them_or_not"),
    ),
    mutant(
        "the body of an async write runs beside it",
        (
            "Some(pending) => Pending::run(pending, || body.poll(context)),",
            "Some(_) => body.poll(context),",
        ),
        ("invalidation", "a_write_reads_back_what_it_wrote"),
    ),
    mutant(
        "a method that is named is not looked for in the future of its call",
        ("map_or(spelled, path::last_argument)", "map_or(spelled, |_| spelled)"),
        ("signatures", "a_write_clears_its_patterns_and_the_calls_it_names"),
    ),
    mutant(
        "an invalidation runs where its caller stands still",
        ("if runs_by_itself() && is_in_a_whole_runtime() {", "if is_in_a_whole_runtime() {"),
        ("shutdown", "an_invalidation_does_not_wait_for_a_runtime_that_stands_still"),
    ),
    mutant(
        "an invalidation that lost its caller is not overdue",
        (
            "self.0.iter().for_each(|due| due.leave());",
            "self.0.iter().for_each(|due| drop(due.lock()));",
        ),
        ("shutdown", "an_invalidation_does_not_wait_for_a_runtime_that_stands_still"),
    ),
    mutant(
        "a shutdown does not wait for what is owed",
        ("self.undelivered() == 0 && ", ""),
        ("shutdown", "what_the_store_has_failed_is_delivered"),
    ),
    mutant(
        "a shutdown leaves leases",
        ("            lease::release_all(&shared.renewals);\n", ""),
        ("shutdown", "leases_of_loads_that_run_are_released"),
    ),
    mutant(
        "the last clone of a handle leaves its tasks",
        ("            shutdown::abandon(&self.shared);\n", ""),
        ("shutdown", "what_cannot_be_delivered_ends_some_time_after_the_last_clone"),
    ),
    mutant(
        "a lease of one's own whose load is over is waited for",
        ("Some(_) if self.cache().renewals().is_orphan(&bytes) =>", "Some(_) if false =>"),
        ("flights", "cancellation::a_lease_of_ones_own_whose_load_is_over_is_not_waited_for"),
    ),
    mutant(
        "a release is given up before the server has answered",
        (
            "    let mut expired = None;\n",
            "    let mut expired = Some(Instant::now() + kept.time);\n",
        ),
        ("flights", "cancellation::a_lease_that_arrives_after_a_long_freeze_is_released"),
    ),
    mutant(
        "a shutdown leaves claims",
        ("if self.owed == Owed::Claim && self.place.backend.needs_tokio() {", "if false {"),
        ("shutdown", "claims_of_loads_that_run_are_taken_back"),
    ),
    mutant(
        "a call under way reads what could not be deleted",
        ("was_overdue || self.is_overdue()", "false && was_overdue"),
        ("fleet", "a_call_under_way_is_not_answered_with_the_past"),
    ),
];
