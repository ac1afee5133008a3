//! What keeps callers of a key from waiting for nobody: for themselves, for a turn that nobody uses, for what is stored already.

use super::{Mutant, mutant};

pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "a handle that was shut down looks at the marks of others",
        ("if ending.phase() == Phase::Closed {", "if false {"),
        ("shutdown", "every_task_of_a_handle_ends"),
    ),
    mutant(
        "a call waits for a load around it",
        (
            "let Some(ancestry) = current() else { return Ok(None) };",
            "let Some(ancestry) = None::<Ancestry> else { return Ok(None) };",
        ),
        ("flights", "circles::a_call_that_asks_for_itself_loads_at_once"),
    ),
    mutant(
        "of the loads around a call only the innermost counts",
        ("Some(&*inner.around.as_ref()?.0)", "Some(&*inner.around.as_ref()?.0).filter(|_| false)"),
        ("flights", "circles::two_functions_that_ask_for_each_other_do_not_wait"),
    ),
    mutant(
        "a load beside a call counts as one around it",
        ("let _ = AROUND.try_with(|around| around.set(before));", "drop(before);"),
        ("flights", "circles::calls_beside_each_other_share_one_load"),
    ),
    mutant(
        "a circle of several tasks is not seen",
        (
            "open.extend(waits.get(&next).into_iter().flatten());",
            "open.extend(waits.get(&next).into_iter().flatten().filter(|_| false));",
        ),
        ("flights", "circles::tasks_that_wait_for_each_other_are_told_apart"),
    ),
    mutant(
        "a spawned task does not know the loads around it",
        ("mode::as_here(ancestry::as_here(future))", "mode::as_here(future)"),
        ("flights", "circles::a_task_does_not_wait_for_the_load_that_has_spawned_it"),
    ),
    mutant(
        "a thread waits for a load around it",
        ("ancestry::run(loading.ancestry().as_ref(), load)", "ancestry::run(None, load)"),
        ("flights", "circles::a_thread_does_not_wait_for_itself"),
    ),
    mutant(
        "a call waits for the lease of a load around it",
        (
            "if around.as_ref().is_some_and(|around| around.holds(&lease)) =>",
            "if around.as_ref().is_some_and(|around| around.holds(&lease) && false) =>",
        ),
        ("flights", "circles::a_call_does_not_wait_for_itself_on_another_handle"),
    ),
    mutant(
        "a list waits for itself",
        ("        Ancestry::inside(loading)\n", "        Ancestry::inside(loading.take(0))\n"),
        ("each", "sharing::a_list_does_not_wait_for_itself"),
    ),
    mutant(
        "a wait goes on while its caller loads something else",
        ("self.round()).or_else(|| self.called_back());", "self.round());"),
        ("each", "sharing::a_turn_that_comes_during_a_load_is_left_to_others"),
    ),
    mutant(
        "a call keeps its place in a queue while it loads something else",
        ("State::More(session, more.put_down())", "State::More(session, more)"),
        ("each", "sharing::a_place_in_a_queue_is_left_to_others_during_a_load"),
    ),
    mutant(
        "what is stored when the wait is over is not looked for",
        (
            "            Lookup::Entry(found) => {\n",
            "            Lookup::Entry(found) if found.freshness.has_expired() => {\n",
        ),
        ("flights", "leases::who_has_waited_long_enough_takes_what_is_stored_by_then"),
    ),
    mutant(
        "all processes load beside a load that takes long",
        (".await.unwrap_or(true)", ".await.unwrap_or(true) || true"),
        ("flights", "long_loads::one_process_of_all_loads_beside"),
    ),
    mutant(
        "who comes late shares what was loaded beside",
        ("let joined_before = member.joined_before();", "let joined_before = usize::MAX;"),
        ("flights", "long_loads::what_a_write_has_overtaken_is_not_for_who_comes_late"),
    ),
    mutant(
        "what was loaded beside is stored over any lease",
        (
            "Bytes::copy_from_slice(envelope::fingerprint(held));\n        Ok(Lease",
            "Bytes::copy_from_slice(&held[..8]);\n        Ok(Lease",
        ),
        ("flights", "long_loads::a_lease_that_was_taken_since_is_not_filled"),
    ),
    mutant(
        "an error beside is for its own caller",
        (") => member.land(joined_before, error),", ") => drop((member, joined_before, error)),"),
        ("flights", "long_loads::an_error_beside_is_for_all_who_wait"),
    ),
];
