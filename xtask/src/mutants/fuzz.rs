//! What the fuzz of random types must notice, in its short form.

use super::{Mutant, mutant};

const VALUES: &str = "random_values_have_keys_entries_and_shapes_of_their_own";

pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "the fuzz: a character looks like a string",
        (
            "self.text(value.encode_utf8(&mut [0; 4]), b'\\'');",
            "self.text(value.encode_utf8(&mut [0; 4]), b'\"');",
        ),
        ("fuzz", VALUES),
    ),
    mutant(
        "the fuzz: a float of 32 bits looks like one of 64",
        (
            "self.float(value, value.is_finite(), b\"f\")",
            "self.float(value, value.is_finite(), b\"\")",
        ),
        ("fuzz", VALUES),
    ),
    mutant(
        "the fuzz: integers of all kinds look alike",
        ("if self.rules.is_readable || is_integer(self.type_name) {", "if true {"),
        ("fuzz", VALUES),
    ),
    mutant(
        "the fuzz: structs of all names look alike",
        ("!self.rules.is_readable && !is_called(self.type_name, name)", "false"),
        ("fuzz", VALUES),
    ),
    mutant(
        "the fuzz: in process integers of all widths look alike",
        ("serialize_u8(u8) as u64: U8 8 9;", "serialize_u8(u8) as u64: U16 8 9;"),
        ("fuzz", VALUES),
    ),
    mutant(
        "the fuzz: a newtype looks like what is in it",
        (
            "self.out.put_byte(b'<');\n        self.content(value, b\">\")",
            "self.content(value, b\"\")",
        ),
        ("fuzz", VALUES),
    ),
    mutant(
        "the fuzz: a `Some` looks like what is in it",
        (
            "            Whole::No => {\n                self.out.put(b\"+\");",
            "            Whole::No => {",
        ),
        ("fuzz", VALUES),
    ),
    mutant(
        "the fuzz: the sets of the standard library have an order",
        ("    \"std::collections::hash::set::HashSet<\",\n", "    \"-\",\n"),
        ("fuzz", VALUES),
    ),
    mutant(
        "the fuzz: the readable part has an order",
        ("let sorts_all = self.rules.is_readable && ", "let sorts_all = false && "),
        ("fuzz", VALUES),
    ),
    mutant(
        "the fuzz: in process a `Some` looks like what is in it",
        ("        Plain(&mut *self.0).kind(Kind::Some)?;\n", ""),
        ("fuzz", VALUES),
    ),
    mutant(
        "the fuzz: in process nothing ends a list",
        ("        Plain(self.0).kind(Kind::End)\n", "        Plain(self.0).put(&[])\n"),
        ("fuzz", VALUES),
    ),
    mutant(
        "the fuzz: a `Some` of nothing is stored",
        (
            "value.serialize(Self { in_option: true, ..self })",
            "value.serialize(Self { in_option: false, ..self })",
        ),
        ("fuzz", VALUES),
    ),
    mutant(
        "the fuzz: the names of fields are no part of a shape",
        ("quote!(.text(#name) #rules #part)", "quote!(#rules #part)"),
        ("fuzz", VALUES),
    ),
];
