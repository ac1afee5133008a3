//! What the comparison of a web service with its twin must notice, in its short form.

use super::{Mutant, mutant};

const SAME: &str = "a_service_answers_as_its_twin_without_the_cache_does";

pub(super) const MUTANTS: &[Mutant] = &[mutant(
    "twins: a write of the web service leaves the ranking alone",
    (
        "#[invalidates(user(id), \"ranking:*\", \"front:*\")]",
        "#[invalidates(user(id), \"front:*\")]",
    ),
    ("twins", SAME),
)];
