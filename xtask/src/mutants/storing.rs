//! What makes keys, entries and what is stored right.

use super::{Mutant, mutant};

pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "the embedded store evicts nothing for what grows in its place",
        ("self.entries.set_capacity(self.capacity);", ""),
        ("capacity", "loads_that_end_at_once_keep_the_bound"),
    ),
    mutant(
        "a promise is given where nothing will be told",
        ("heard.is_ok().then(", "true.then("),
        ("tier", "refusals::a_user_who_loses_the_right_to_be_told_keeps_nothing"),
    ),
    mutant(
        "an entry of the future is believed",
        ("header.is_ahead_of(now)", "header.is_ahead_of(u64::MAX)"),
        ("stale", "an_entry_of_a_clock_that_is_ahead_is_fresh_for_its_time_and_no_longer"),
    ),
    mutant(
        "type parameters are not hashed",
        ("self.hashed.put_type(name);", ""),
        ("identity", "type_parameters"),
    ),
    mutant(
        "the impl's type is not hashed",
        ("[self.owner, self.name].concat()", "[\"\", self.name].concat()"),
        ("signatures", "a_traits_default_method_keeps_its_implementors_apart"),
    ),
    mutant(
        "the owner of a method with an id is not hashed",
        ("path.names_types().then(||", "false.then(||"),
        ("identity", "type_parameters"),
    ),
    mutant(
        "an id that a macro writes stands alone",
        ("Some(_) if self.site.id_by == Writer::Hand => {", "Some(_) => {"),
        ("identity", "macros::methods_that_one_macro_call_writes"),
    ),
    mutant(
        "a function in a block is known by its path",
        ("|| !path.is_in_a_block(self.site.module)", "|| true"),
        ("identity", "macros::local_functions_of_the_same_words"),
    ),
    mutant(
        "the copies of a function that a macro writes share entries",
        (
            "Writer::Macro => Err(Refused::NamelessFunction),",
            "Writer::Macro => Ok(Some(self.site.own)),",
        ),
        ("identity", "macros::local_functions_that_one_macro_call_writes"),
    ),
    mutant(
        "a closure is taken for a type of its name",
        ("name.match_indices(\"}}\").any(", "name.match_indices(\"no\").any("),
        ("identity", "types::closures_of_one_function"),
    ),
    mutant(
        "types of one name share what is in process",
        (" && self.types == other.types && ", " && "),
        ("identity", "types::types_of_one_name_in_two_blocks"),
    ),
    mutant(
        "a function that is not called has no id",
        (
            ".or_else(|| declared::other_of(identity))",
            ".or_else(|| declared::other_of(identity).and(None))",
        ),
        ("identity", "a_function_that_shares_its_id_with_one_that_this_process_does_not_call"),
    ),
    mutant(
        "all methods of one id are one function",
        ("path.names_types().then_some(path.owner)", "path.names_types().then_some(\"\")"),
        ("identity", "methods_of_several_types_that_share_an_id_on_purpose"),
    ),
    mutant(
        "entries whose keys read alike keep their order in the readable part",
        (
            "Ties::ByValue | Ties::Refuse => elements.sort_unstable(),",
            "Ties::ByValue | Ties::Refuse => elements.sort_by_key(|(key, _)| *key),",
        ),
        ("--lib", "key::segment::tests::maps_have_one_text_whose_keys_read_alike"),
    ),
    mutant(
        "the first of two functions of one name keeps its entries",
        ("is_shared.store(true, Relaxed);", ""),
        ("keys", "of_two_functions_with_one_identity_neither_uses_the_cache"),
    ),
    mutant(
        "map entries are not sorted",
        (
            "Ties::ByValue | Ties::Refuse => elements.sort_unstable(),",
            "Ties::ByValue | Ties::Refuse => {}",
        ),
        ("identity", "maps_and_sets_hit_whatever_their_order"),
    ),
    mutant(
        "sets are not recognised",
        (
            "UNORDERED.iter().any(|collection| name.starts_with(collection))",
            "UNORDERED.iter().any(|_| false)",
        ),
        ("identity", "maps_and_sets_hit_whatever_their_order"),
    ),
    mutant(
        "every map is sorted",
        (
            "let sorts_all = self.rules.is_readable && ",
            "let sorts_all = matches!(kind, Kind::Map) || self.rules.is_readable && ",
        ),
        ("identity", "order::a_map_whose_order_means_something_has_a_key_for_each"),
    ),
    mutant(
        "the readable part has an order",
        ("Rules { is_readable: true,", "Rules { is_readable: false,"),
        ("identity", "order::equal_arguments_have_one_key_one_text_and_one_pattern"),
    ),
    mutant(
        "fields that have no order are sorted for nobody",
        ("inside.push(rest);", "let _ = (&mut inside, rest);"),
        ("identity", "order::equal_arguments_hit_whatever_holds_their_sets"),
    ),
    mutant(
        "a map that hides which key has which value has a key",
        ("Order::Meaningless => Ties::Refuse,", "Order::Meaningless => Ties::KeepOrder,"),
        ("--lib", "a_map_that_does_not_show_which_key_has_which_value_is_refused"),
    ),
    mutant(
        "a number of JSON has a key for each feature of serde_json",
        ("if name == JSON_NUMBER {", "if false {"),
        ("--lib", "a_number_of_json_has_one_text_whatever_features_serde_json_has"),
    ),
    mutant(
        "a value that cannot be read back is stored",
        ("if !function.trial.is_due() {", "if true {"),
        ("brought_back", "a_value_that_cannot_be_read_back_is_not_stored_and_said_once"),
    ),
    mutant(
        "a value that comes back different is not noticed",
        ("if differs && ", "if false && "),
        ("brought_back", "a_value_that_comes_back_different_is_said_once_for_each_function"),
    ),
    mutant(
        "a panic while a value is read back is its caller's",
        ("panic::catch_unwind(AssertUnwindSafe(run)).ok()", "Some(run())"),
        ("brought_back", "a_panic_while_a_value_is_read_back_is_not_the_callers"),
    ),
    mutant(
        "a value is shown whole to be compared",
        ("self.is_full |= text.len() > self.left;", ""),
        ("--lib", "function::trial::tests::a_text_is_compared_up_to_a_length"),
    ),
    mutant(
        "a command that a server has lost in scripts is not missed",
        (
            "or string.find(fault, 'nknown Redis command') or string.find(fault, 'nknown command') then",
            "then",
        ),
        ("rights", "a_server_without_a_command_has_no_cache_and_says_so"),
    ),
    mutant(
        "a command fills whatever stands at the key",
        ("set.arg(\"IFEQ\").arg(expected);", "set.arg(\"XX\");"),
        ("--lib", "store::redis::guard::tests::a_command_acts_for_the_holder_of_the_lease_alone"),
    ),
    mutant(
        "a server that compares no more loses what is stored",
        ("link.go_by(Way::Scripts);", "return Ok(Some(false));"),
        ("--lib", "store::redis::tests::a_server_that_compares_no_more_is_asked_by_scripts"),
    ),
    mutant(
        "a broken entry that begins with a lease counts as the lease",
        ("if line.len() < entry.len() && stands_alone(line) { beginning } else { line }", "line"),
        (
            "--lib",
            "entry::envelope::envelope::envelope::envelope::envelope::envelope::tests::a_lease_stands_alone_and_what_goes_on_behind_it_does_not",
        ),
    ),
    mutant(
        "what one connection may not do any more another one believes it may",
        ("self.rights.note_refusal();", ""),
        ("--lib", "store::redis::tests::a_right_that_one_connection_has_lost_is_asked_for_by_all"),
    ),
    mutant(
        "a user without rights takes leases",
        ("self.callers.rights.check(&connection, &self.found).await?;", ""),
        ("rights", "a_user_who_lacks_a_right_has_no_cache_and_is_told"),
    ),
    mutant(
        "a right that is taken away is not missed",
        ("if failure::is_about_rights(error) {", "if false {"),
        ("rights", "a_right_that_is_taken_and_given_back_while_the_cache_is_in_use"),
    ),
    mutant(
        "nested options look alike",
        ("                self.out.put(b\"+\");\n", ""),
        ("identity", "arguments_that_look_alike"),
    ),
    mutant(
        "a character looks like a string",
        (
            "self.text(value.encode_utf8(&mut [0; 4]), b'\\'');",
            "self.text(value.encode_utf8(&mut [0; 4]), b'\"');",
        ),
        ("identity", "order::no_value_imitates_a_value_of_another_kind"),
    ),
    mutant(
        "an error that was passed over is forgotten",
        ("        self.faults.set(Some(first));\n", ""),
        ("identity", "order::an_error_that_is_passed_over_yields_no_key"),
    ),
    mutant(
        "functions with one identity share entries",
        ("if function.is_ambiguous() ||", "if"),
        ("keys", "of_two_functions_with_one_identity_neither_uses_the_cache"),
    ),
    mutant(
        "a named call is whatever is called first",
        (
            "if identity.is_some_and(|identity| EXPECTED.get().is(identity)) {",
            "if identity.is_some() {",
        ),
        ("named", "a_method_that_is_not_cached_names_no_other_function"),
    ),
    mutant(
        "a named call is deleted on the handle of the write",
        (".filter(|_| owner == Owner::Function)", ".filter(|_| false && owner == Owner::Function)"),
        ("named", "a_named_call_goes_to_the_handle_of_its_function"),
    ),
    mutant(
        "the shape is no part of the key",
        ("shape.map(|shape| {", "shape.filter(|_| false).map(|shape| {"),
        ("shape", "versions_with_other_shapes_have_other_keys"),
    ),
    mutant(
        "a warm-up on which nothing succeeds keeps others from trying",
        ("Warmed::All(Report { loaded: 0, failed: 1.., .. }) => {}", ""),
        ("warmup", "a_node_on_which_nothing_succeeds_leaves_it_to_others"),
    ),
    mutant(
        "clearing the cache deletes a warm-up's lock",
        (".filter(|key| !scope::is_kept_key(key))", ""),
        ("warmup", "clearing_the_cache_leaves_the_lock"),
    ),
    mutant(
        "keys that JSON writes alike are stored",
        ("if is_another && ", "if false && is_another && "),
        ("codecs", "keys_that_json_writes_alike_are_not_stored"),
    ),
    mutant(
        "a call is invalidated for one shape",
        ("match self.shape {", "match self.shape.filter(|_| false) {"),
        ("shape", "a_call_is_invalidated_for_all_versions"),
    ),
    mutant(
        "who writes JSON does not read MessagePack",
        ("if encoding == Encoding::MESSAGE_PACK {", "if false {"),
        ("codecs", "a_fleet_that_changes_its_codec_reads_both"),
    ),
    mutant(
        "decompression has no bound",
        ("if size > max_entry_size {", "if size > usize::MAX - max_entry_size {"),
        ("codecs", "what_would_be_too_large_is_neither_decompressed_nor_deleted"),
    ),
    mutant(
        "what MessagePack would change is stored",
        ("if !lossless::in_message_pack(value) {", "if false {"),
        ("codecs", "message_pack_has_floats_that_are_not_finite"),
    ),
    mutant(
        "the version is not hashed",
        ("format(version)", "format(version * 0)"),
        ("identity", "versions_of_one_id_do_not_share_entries"),
    ),
    mutant(
        "glob characters in values are not escaped",
        ("&NON_ALPHANUMERIC.remove(b'.')", "&NON_ALPHANUMERIC.remove(b'*').remove(b'.')"),
        ("identity", "a_value_cannot_forge_a_pattern"),
    ),
    mutant(
        "what JSON changes is stored",
        ("if !lossless::in_json(value) {", "if false {"),
        ("identity", "a_hit_returns_what_the_function_returned_or_is_no_hit"),
    ),
    mutant(
        "a write that is dropped is forgotten",
        (
            "        if !due.is_empty() {\n            invalidation::spawn_in_doubt(due);",
            "        if false {\n            invalidation::spawn_in_doubt(due);",
        ),
        ("invalidation", "a_write_that_ends_on_the_way_is_invalidated"),
    ),
    mutant(
        "a write that did not begin is in doubt",
        ("progress: Progress::Named }", "progress: Progress::Begun }"),
        ("invalidation", "a_write_that_was_never_polled_has_not_happened"),
    ),
    mutant(
        "what no result tells is left out of a pattern",
        ("template.0.join(\"*\")", "template.0.concat()"),
        ("invalidation", "a_pattern_of_the_result_is_widened_after_an_error"),
    ),
    mutant(
        "a write reads the entry that it will delete",
        (
            "By::Write(patterns) => patterns.iter().any(|pattern| matches(pattern)),",
            "By::Write(patterns) => patterns.is_empty() && matches(key) && false,",
        ),
        ("invalidation", "a_write_reads_back_what_it_wrote"),
    ),
    mutant(
        "a write reads in process what it will delete",
        ("&& !pending::is_any()", "&& !pending::in_transaction()"),
        ("invalidation", "a_write_reads_back_what_it_wrote"),
    ),
    mutant(
        "a failed write invalidates",
        ("    if plan.always {\n", "    if true {\n"),
        ("signatures", "a_write_clears_its_patterns_and_the_calls_it_names"),
    ),
    mutant(
        "none_ttl is ignored",
        ("self.site().none_ttl.filter(|_| O::is_none(value)).map(Ttl::After)", "None"),
        ("options", "none_has_its_own_ttl"),
    ),
    mutant(
        "store_if is ignored",
        ("(verdict.keep && !expiry.is_zero())", "(!expiry.is_zero())"),
        ("options", "store_if_keeps_some_values"),
    ),
    mutant(
        "a zero TTL is stored",
        ("(verdict.keep && !expiry.is_zero())", "(verdict.keep)"),
        ("options", "a_ttl_of_zero_stores_nothing"),
    ),
    mutant(
        "ttl from the value is ignored",
        ("            .or(from_value)\n", ""),
        ("options", "every_form_of_ttl_reaches_the_store"),
    ),
    mutant(
        "the size limit is ignored",
        ("encode(value, session.cache().max_entry_size())", "encode(value, usize::MAX)"),
        ("options", "values_larger_than_the_limit_are_not_stored"),
    ),
    mutant(
        "a value that the embedded store evicts at once counts as stored",
        (
            "!evicted.iter().any(|(_, slot)| slot.number == number)",
            "!evicted.is_empty() || number < u64::MAX",
        ),
        ("--lib", "store::memory::tests::a_write_that_happened_is_there"),
    ),
    mutant(
        "values of a batch that evict each other count as stored",
        (
            "homeless += evicted.drain(..).filter(is_lost).count();",
            "evicted.retain(|slot| is_lost(slot) && false);",
        ),
        ("capacity", "values_that_are_too_many_for_the_store_are_an_error"),
    ),
    mutant(
        "a batch's value that is too large counts as stored",
        ("homeless += 1;", "homeless += 0;"),
        ("capacity", "a_value_that_is_too_large_is_an_error_alone_and_among_others"),
    ),
    mutant(
        "a load without a flight is not counted when its value has no room",
        (
            "        (Loaded::Keep { payload, .. }, member) => {\n            session.counters().skipped.increment();",
            "        (Loaded::Keep { payload, .. }, member) => {\n            session.counters().skipped.add(member.is_some().into());",
        ),
        ("capacity", "a_load_whose_value_has_no_room_is_counted_however_it_was_made"),
    ),
    mutant(
        "the deletion of what had expired counts on the embedded store",
        ("removed.is_some_and(|(_, slot)| !slot.is_expired())", "removed.is_some()"),
        ("--lib", "store::memory::tests::the_store_keeps_the_rules"),
    ),
    mutant(
        "the suite for stores does not look at the time that is left",
        ("if !is_right {", "if false {"),
        ("conformance", "every_fault_is_named"),
    ),
    mutant(
        "the suite for stores does not look at the value that is left",
        ("case.expect_value(\"`get` afterwards\", held.as_deref(), value);", ""),
        ("conformance", "every_fault_is_named"),
    ),
    mutant(
        "a service's address leads to this machine",
        (
            "(Self::Service { host, port }, None) => (host, port),",
            "(Self::Service { port, .. }, None) => (LOCALHOST.to_owned(), port),",
        ),
        ("--lib", "cache::config::env::tests::the_store_is_chosen_in_the_documented_order"),
    ),
    mutant(
        "a password from the environment is trimmed",
        ("self.exactly(\"REDIS_PASSWORD\")?", "self.get(\"REDIS_PASSWORD\")?"),
        ("--lib", "cache::config::env::tests::a_password_is_taken_as_it_is"),
    ),
    mutant(
        "what stands before a socket's path is dropped",
        ("if url.has_authority() && !url.authority().is_empty() {", "if false {"),
        ("--lib", "store::redis::address::tests::mistakes_are_named_and_secrets_are_not"),
    ),
    mutant(
        "a user without a password is dropped",
        (
            "(Some(_), None) => return Err(Error::config(NO_PASSWORD)),",
            "(Some(_), None) if NO_PASSWORD.is_empty() => {}\n            (Some(_), None) => {}",
        ),
        ("--lib", "store::redis::address::tests::mistakes_are_named_and_secrets_are_not"),
    ),
    mutant(
        "a time that is not of whole milliseconds is written as if it were",
        ("Ok(ms) if Duration::from_millis(ms) == self.0 =>", "Ok(_) =>"),
        ("config", "what_is_written_is_read"),
    ),
    mutant(
        "a password is written with the configuration",
        ("=> address.password().is_none(),", "=> !address.to_string().is_empty(),"),
        ("config", "it_can_be_written_and_shows_no_password"),
    ),
    mutant(
        "the crates read durations by different rules",
        ("(\"d\", 86_400_000),", "(\"d\", 86_400_001),"),
        ("durations", "what_an_attribute_takes_a_file_takes_and_in_the_same_words"),
    ),
    mutant(
        "a set of wide characters is taken",
        ("    one_byte(byte)?;\n", ""),
        ("glob", "a_pattern_that_seems_to_say_something_else_is_refused"),
    ),
    mutant(
        "a question mark beside a wide character is not logged",
        (
            "if lookalike::question_mark(text).is_some() &&",
            "if lookalike::question_mark(text).is_some_and(|says| says.is_empty()) &&",
        ),
        ("glob", "a_question_mark_matches_one_byte_and_the_log_says_where_it_seems_otherwise"),
    ),
    mutant(
        "embedded entries do not expire",
        ("self.expires.is_some_and(|at| at <= Instant::now())", "false"),
        ("options", "an_entry_is_gone_after_its_ttl"),
    ),
    mutant(
        "the checksum is not compared",
        ("if crc32fast::hash(payload) != checksum {", "if false {"),
        (
            "--lib",
            "entry::envelope::envelope::envelope::envelope::envelope::envelope::envelope::tests::every_truncation_and_every_flipped_bit_is_noticed",
        ),
    ),
    mutant(
        "a timer that fires early for a later call ends it",
        ("while Instant::now() < self.until {", "while false {"),
        ("--lib", "rt::timer::tests::a_call_has_all_its_time_under_a_timer_set_earlier"),
    ),
    mutant(
        "reads at the same time go one by one",
        ("if before < BATCH_FROM || most < 2 {", "if most > 0 {"),
        ("redis_reads", "many_reads_are_few_requests"),
    ),
    mutant(
        "answers to reads that went together are mixed up",
        ("let value = values.get_mut(place)?;", "let value = values.iter_mut().rev().nth(place)?;"),
        ("redis_reads", "many_reads_are_few_requests"),
    ),
    mutant(
        "large values are read together",
        ("(MAX_ANSWER / self.size.load(Relaxed).max(1)).min(MAX_BATCH)", "MAX_BATCH"),
        ("redis_reads", "large_values_wait_for_no_others"),
    ),
    mutant(
        "a large value is lost in the average",
        (
            "self.size.store(average.max(value.len()), Relaxed);",
            "self.size.store(average, Relaxed);",
        ),
        ("redis_reads", "one_large_value_is_enough_to_know"),
    ),
    mutant(
        "what is not known is taken for small",
        ("size: AtomicUsize::new(UNKNOWN)", "size: AtomicUsize::new(0)"),
        ("redis_reads", "values_of_unknown_size_go_together_in_small_parts"),
    ),
    mutant(
        "a runtime takes the timers of another",
        ("if self.runtime != runtime {", "if false {"),
        ("--lib", "rt::timer::tests::a_runtime_takes_no_timer_of_another"),
    ),
    mutant(
        "readers stay behind when their runtime ends",
        (
            "let left = self.0.take().map(|reads| mem::take(&mut *reads.lock()));",
            "let left = self.0.take();",
        ),
        ("redis_reads", "a_runtime_that_ends_leaves_no_reader_behind"),
    ),
    mutant(
        "what reads that go together cannot see is not looked for",
        ("self.repair_what_was_hidden().await;", ""),
        ("redis_reads", "what_is_no_entry_is_replaced_without_flights_too"),
    ),
    mutant(
        "a call waits before it loads what it may load",
        (
            "work.or_else(|| self.missing()).or_else(|| self.waiting())",
            "work.or_else(|| self.waiting()).or_else(|| self.missing())",
        ),
        ("each", "sharing::what_may_be_loaded_does_not_wait_for_what_others_load"),
    ),
    mutant(
        "a body that runs once keeps its elements while it waits",
        (
            "State::Granted(session, _) if rounds > 0 =>",
            "State::Granted(session, _) if rounds > ROUNDS =>",
        ),
        ("each", "sharing::a_body_that_runs_once_keeps_nothing_while_it_waits"),
    ),
    mutant(
        "an error goes to whoever asked for one of its ids",
        ("let is_ours = forms.iter().all(", "let is_ours = forms.iter().any("),
        ("each", "sharing::an_error_is_that_of_those_who_asked_for_all_that_failed"),
    ),
    mutant(
        "an id that comes twice is asked for twice",
        (
            "if !keys.insert(session.key().to_owned()) =>",
            "if !keys.insert(session.key().to_owned()) && false =>",
        ),
        ("each", "elements::equal_sets_are_one_element"),
    ),
    mutant(
        "an id that came back under another name is remembered as absent",
        ("None => are_all_known = false,", "None => are_all_known &= true,"),
        ("each", "elements::what_was_not_asked_for_is_returned_and_not_stored"),
    ),
    mutant(
        "of several values of one id the first is stored",
        ("                1 => {\n", "                1.. => {\n"),
        ("each", "elements::what_was_not_asked_for_is_returned_and_not_stored"),
    ),
    mutant(
        "an absent element is not remembered",
        ("0 if are_all_known => typed", "0 if are_all_known && false => typed"),
        ("each", "elements::what_is_absent_is_remembered"),
    ),
    mutant(
        "each element is loaded for itself",
        ("if sessions.len() < 2 || first", "if sessions.len() > 0 || first"),
        ("each", "elements::many_elements_cost_one_round_trip"),
    ),
    mutant(
        "a placeholder takes its argument's text as it is hashed",
        ("if !inside.contains(&b'\\\\')", "if !inside.contains(&b'/')"),
        ("--lib", "key::segment::tests::canonical_text_has_the_segment_of_its_value"),
    ),
    mutant(
        "an argument behind a long one is not part of the key",
        (
            "if self.hashed.identity.site.shows(number) {",
            "if self.hashed.identity.site.shows(number) && false {",
        ),
        ("--lib", "key::tests::a_placeholder_can_be_an_argument"),
    ),
    mutant(
        "a key's memory is not used again",
        ("let _ = SPARE.try_with(|fallback| fallback.set(Some(self)));", "drop(self);"),
        ("--lib", "key::draft::tests::memory_is_used_again"),
    ),
    mutant(
        "a question's memory is not used again",
        (
            "let _ = SPARE.try_with(|fallback| fallback.set(Some(self.out.into_memory())));",
            "drop(self.out.into_memory());",
        ),
        ("allocations", "a_hit_in_process_allocates_nothing"),
    ),
    mutant(
        "an error inside a value is stored",
        ("if names_result(type_name::<V>()) {", "if names_result(type_name::<V>()) && false {"),
        ("returns", "an_error_inside_a_value_is_not_stored_and_each_function_says_so_once"),
    ),
    mutant(
        "what holds of a whole function is said of each value",
        ("!self.has_warned.swap(true, Relaxed)", "true"),
        ("returns", "an_error_inside_a_value_is_not_stored_and_each_function_says_so_once"),
    ),
    mutant(
        "no type is seen to last for other callers",
        ("lasting::of_error(function).map(", "lasting::of_error(function).filter(|_| false).map("),
        ("returns", "an_error_whose_type_is_known_is_shared"),
    ),
    mutant(
        "no type is seen to last in this process",
        (
            "let types = lasting::of_value(function);",
            "let types = lasting::of_value(function).filter(|_| false);",
        ),
        ("returns", "a_value_whose_type_is_known_is_kept_as_it_is"),
    ),
    mutant(
        "a full server is well",
        (
            "Err(error) if error.is_server() => self.set_refusal(",
            "Err(error) if error.is_config() => self.set_refusal(",
        ),
        ("health", "a_full_server_is_not_well_until_there_is_room"),
    ),
    mutant(
        "what was delivered late is not counted",
        ("        self.manual().delivered_late.add(delivered);\n", "        _ = delivered;\n"),
        ("health", "an_invalidation_that_was_made_up_for_is_counted"),
    ),
    mutant(
        "a message repeats what a variable holds",
        ("        if expanded.has_variables {\n", "        if false {\n"),
        ("config", "what_a_variable_holds_is_in_no_message"),
    ),
    mutant(
        "text with a `${` is written as it is",
        ("text.replace(\"${\", \"$${\")", "text.to_owned()"),
        ("config", "what_is_written_is_read"),
    ),
];
