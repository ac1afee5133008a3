//! What keeps the values of a type that changed from being read as others.

use super::{Mutant, mutant};

pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "MessagePack reads what is of another type",
        (
            "T::deserialize(strict::in_message_pack(&mut reader(payload)))",
            "T::deserialize(&mut reader(payload))",
        ),
        ("shape", "a_number_is_not_the_variant_with_that_number"),
    ),
    mutant(
        "JSON reads what is of another type",
        ("T::deserialize(strict::in_json(&mut json))", "T::deserialize(&mut json)"),
        ("shape", "in_json::what_would_be_another_value_is_a_miss"),
    ),
    mutant(
        "an integer is read as a float",
        (
            "deserialize_f64: deserialize_f64(Double),",
            "deserialize_f64: deserialize_f64(std::convert::identity),",
        ),
        ("--lib", "codec::conversions::in_json::an_integer_is_no_float"),
    ),
    mutant(
        "a float is read in fewer bits than it has",
        (
            "match if JSON { written_as(value) } else { narrowed(value) } {",
            "match Some(nearest(value)) {",
        ),
        ("--lib", "codec::conversions::in_json::a_float_that_would_lose_digits_is_refused"),
    ),
    mutant(
        "MessagePack reads a float by its text",
        (
            "match if JSON { written_as(value) } else { narrowed(value) } {",
            "match written_as(value) {",
        ),
        ("--lib", "codec::conversions::a_short_float_is_one_text_in_json"),
    ),
    mutant(
        "a float that was rounded twice does not come back",
        ("[single, single.next_down(), single.next_up()]", "[single; 3]"),
        ("--lib", "codec::conversions::every_float_comes_back_in_its_own_width"),
    ),
    mutant(
        "a list is read as a struct",
        (
            "self.0.deserialize_map(Fields::<_, JSON>(visitor))",
            "self.0.deserialize_struct(_name, _fields, Strict::<_, JSON>(visitor))",
        ),
        ("--lib", "codec::conversions::in_message_pack::a_list_is_no_struct"),
    ),
    mutant(
        "a list is read as a variant with fields",
        (
            "self.0.struct_variant(fields, Fields::<_, JSON>(visitor))",
            "self.0.struct_variant(fields, Strict::<_, JSON>(visitor))",
        ),
        ("--lib", "codec::conversions::in_json::a_list_is_no_struct"),
    ),
    mutant(
        "JSON reads text as bytes",
        (
            "if JSON { self.0.deserialize_seq(binary) } else",
            "if JSON && false { self.0.deserialize_seq(binary) } else",
        ),
        ("--lib", "codec::conversions::in_json::text_is_neither_bytes_nor_a_list_nor_a_number"),
    ),
    mutant(
        "MessagePack reads bytes as text",
        (
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
            "else { self.0.deserialize_any(Wide(visitor)) }",
            "else { self.0.deserialize_u128(visitor) }",
        ),
        (
            "--lib",
            "codec::conversions::in_message_pack::an_integer_of_another_width_is_the_same_number",
        ),
    ),
    mutant(
        "a number out of range becomes the nearest one",
        (
            "deserialize_u8: deserialize_u8(Whole::<_, u8>::new),",
            "deserialize_u8: deserialize_u8(std::convert::identity),",
        ),
        ("--lib", "codec::conversions::in_json::a_number_that_saturates_is_refused"),
    ),
    mutant(
        "what is around a type in itself is no part of its shape",
        (
            "quote_spanned!(at(ty.span())=> .part::<#replaced>())",
            "if quote!(#replaced).to_string() == quote!(#ty).to_string() { \
             quote_spanned!(at(ty.span())=> .part::<#replaced>()) } else { text(ty) }",
        ),
        ("shape", "derived::around_itself::is_seen"),
    ),
    mutant(
        "a type's parameters inside itself are no part of its shape",
        (".part::<Inner>()", ""),
        ("shape", "derived::parameters_that_change_places::is_seen"),
    ),
    mutant(
        "two types that contain themselves are taken for one",
        (".part::<Outer>()", ""),
        ("shape", "derived::the_inner_of_two_with_parameters::is_seen"),
    ),
    mutant(
        "the numbers of variants are no part of a shape",
        (
            "variant.discriminant.as_ref().map(",
            "variant.discriminant.as_ref().filter(|_| false).map(",
        ),
        ("shape", "derived::numbers_of_variants::is_seen"),
    ),
    mutant(
        "the width of a variant's number is no part of a shape",
        ("attributes::width(&input.attrs).map(|width| text(&width))", "None::<TokenStream>"),
        ("shape", "derived::the_width_of_numbers::is_seen"),
    ),
    mutant(
        "const parameters are no part of a shape",
        ("quote!(.number(#ident as i128))", "quote!(.text(stringify!(#ident)))"),
        ("shape", "derived::a_number_as_a_parameter::is_seen"),
    ),
    mutant(
        "the length of an array is no part of its shape",
        (".number(N as i128)", ""),
        ("shape", "derived::the_length_of_an_array_by_name::is_seen"),
    ),
];
