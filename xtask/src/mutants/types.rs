//! What keeps the values of a type that changed from being read as others.

use super::{Mutant, mutant};

const STRICT: &str = "cache-runtime/src/codec/strict.rs";

pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "MessagePack reads what is of another type",
        (
            "cache-runtime/src/codec/message_pack.rs",
            "T::deserialize(strict::in_message_pack(&mut reader(payload)))",
            "T::deserialize(&mut reader(payload))",
        ),
        ("schema", "a_number_is_not_the_variant_with_that_number"),
    ),
    mutant(
        "JSON reads what is of another type",
        (
            "cache-runtime/src/codec/mod.rs",
            "T::deserialize(strict::in_json(&mut json))",
            "T::deserialize(&mut json)",
        ),
        ("schema", "in_json::what_would_be_another_value_is_a_miss"),
    ),
    mutant(
        "an integer is read as a float",
        (
            STRICT,
            "deserialize_f64: deserialize_f64(Double),",
            "deserialize_f64: deserialize_f64(std::convert::identity),",
        ),
        ("--lib", "codec::conversions::in_json::an_integer_is_no_float"),
    ),
    mutant(
        "a float is read in fewer bits than it has",
        (
            STRICT,
            "match if JSON { written_as(value) } else { narrowed(value) } {",
            "match Some(nearest(value)) {",
        ),
        ("--lib", "codec::conversions::in_json::a_float_that_would_lose_digits_is_refused"),
    ),
    mutant(
        "MessagePack reads a float by its text",
        (
            STRICT,
            "match if JSON { written_as(value) } else { narrowed(value) } {",
            "match written_as(value) {",
        ),
        ("--lib", "codec::conversions::a_short_float_is_one_text_in_json"),
    ),
    mutant(
        "a float that was rounded twice does not come back",
        (STRICT, "[single, single.next_down(), single.next_up()]", "[single; 3]"),
        ("--lib", "codec::conversions::every_float_comes_back_in_its_own_width"),
    ),
    mutant(
        "a list is read as a struct",
        (
            STRICT,
            "self.0.deserialize_map(Fields::<_, JSON>(visitor))",
            "self.0.deserialize_struct(_name, _fields, Strict::<_, JSON>(visitor))",
        ),
        ("--lib", "codec::conversions::in_message_pack::a_list_is_no_struct"),
    ),
    mutant(
        "a list is read as a variant with fields",
        (
            STRICT,
            "self.0.struct_variant(fields, Fields::<_, JSON>(visitor))",
            "self.0.struct_variant(fields, Strict::<_, JSON>(visitor))",
        ),
        ("--lib", "codec::conversions::in_json::a_list_is_no_struct"),
    ),
    mutant(
        "JSON reads text as bytes",
        (
            STRICT,
            "if JSON { self.0.deserialize_seq(binary) } else",
            "if JSON && false { self.0.deserialize_seq(binary) } else",
        ),
        ("--lib", "codec::conversions::in_json::text_is_neither_bytes_nor_a_list_nor_a_number"),
    ),
    mutant(
        "MessagePack reads bytes as text",
        (
            STRICT,
            "deserialize_string: deserialize_string(Text),",
            "deserialize_string: deserialize_string(std::convert::identity),",
        ),
        (
            "--lib",
            "codec::conversions::in_message_pack::text_is_neither_bytes_nor_a_list_nor_a_number",
        ),
    ),
    mutant(
        "a negative integer loses its sign",
        (
            STRICT,
            "else { self.0.deserialize_any(Wide(visitor)) }",
            "else { self.0.deserialize_u128(visitor) }",
        ),
        (
            "--lib",
            "codec::conversions::in_message_pack::an_integer_of_another_width_is_the_same_number",
        ),
    ),
];
