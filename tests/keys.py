#!/usr/bin/env python3
"""Computes keys as KEYS.md describes them. Reads one JSON object per line, prints one key per line.

    {"prefix": "cache", "owner": "shop::", "name": "user", "id": null, "local": null, "types": [], "version": 0,
     "template": "user:<id>", "unordered": {"ids": [""]}, "fields": {}, "arguments": {"id": {"int": "7"}}}

"template" is null without the option `key`; "fields" has the placeholders that are no arguments; "unordered" has the paths
of `unordered(...)` inside each argument, "" for the whole of it. A value says its type, because JSON alone does not have
all of them:

    {"bool": true} {"int": "-5"} {"f32": "3f800000"} {"f64": "3ff0000000000000"} (the bits) {"str": "a"} {"char": "a"}
    {"bytes": [0, 255]} {"none": null} {"some": V} {"unit": null} {"unit_struct": null} {"newtype": V}
    {"list": [V, …]} {"tuple": [V, …]} {"tuple_struct": [V, …]}
    {"set": [V, …]} {"map": [[V, V], …]} {"hash_map": [[V, V], …]} {"struct": [["field", V], …]}
    {"unit_variant": "A"} {"newtype_variant": ["A", V]} {"tuple_variant": ["A", [V, …]]}
    {"struct_variant": ["A", [["field", V], …]]}

A value that shows itself through a type of several kinds says which one: {"shown_int": ["5", "u64"]}, and
{"shown_struct": ["Name", V]} around a struct, newtype, tuple struct or unit struct.

A "set" and a "hash_map" are equal in any order; a "list" and a "map" are not. A value that cannot be in a key has the key
"uncached".
"""

import hashlib
import json
import re
import sys
from fractions import Fraction

SEGMENT_LIMIT = 64
UNESCAPED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}

# Width in bits -> bits of the mantissa, bias of the exponent.
FLOATS = {32: (23, 127), 64: (52, 1023)}


class Uncached(Exception):
    """A value cannot be part of a key."""


def hash_of(data):
    return hashlib.sha256(data).hexdigest()[:32]


# Section 1.


def key(case):
    readable = case["name"]
    if case["template"] is not None:
        places = {**case["fields"], **case["arguments"]}
        readable = re.sub("<([^>]*)>", lambda place: segment(places[place[1]]), case["template"])
    return f"{case['prefix']}:{readable}:{hash_of(hashed(case))}"


# Section 2.


def segment(value):
    if is_null(value):
        return "~"
    text = raw_text(value)
    encoded = "".join(chr(byte) if byte in UNESCAPED else f"%{byte:02X}" for byte in text.encode())
    if len(encoded) > SEGMENT_LIMIT:
        return "~" + hash_of(encoded.encode())
    return encoded


def is_null(value):
    (kind, content), = value.items()
    if kind == "shown_struct":
        return is_null(content[1])
    return kind in ("none", "unit", "unit_struct") or kind == "newtype" and is_null(content)


def raw_text(value, in_some=False):
    (kind, content), = value.items()
    if kind in ("str", "char", "unit_variant"):
        return content
    if kind == "newtype":
        return raw_text(content, in_some)
    if kind == "shown_struct":
        return raw_text(content[1], in_some)
    if kind == "some" and not in_some:
        return raw_text(content, True)
    text = canonical(value, readable=True)
    return "+" + text if in_some and kind in ("none", "unit", "unit_struct", "some") else text


# Section 3.


def hashed(case):
    arguments = sorted(case["arguments"].items(), key=lambda item: item[0].encode())
    unordered = case["unordered"]
    written = [f"{string(name)}:{canonical(value, unordered.get(name, []))}" for name, value in arguments]
    types = ",".join(map(string, case["types"]))
    return f"[{identity(case)},[{types}],{case['version']},{{{','.join(written)}}}]".encode()


# Section 4.


def identity(case):
    owner, name = case["owner"], case["id"]
    path = owner + case["name"]
    if name is None and case["local"] is None:
        return string(path)
    parts = {}
    if name is not None:
        parts["id"] = name
    if name is None:
        parts["of"] = path
    elif "<" in owner:
        parts["of"] = owner.removesuffix("::")
    if case["local"] is not None:
        parts["local"] = case["local"]
    return f"{{{','.join(f'{string(name)}:{string(part)}' for name, part in parts.items())}}}"


# Section 5.


def canonical(value, unordered=(), readable=False):
    """A value's text. `unordered` has the paths whose order means nothing; in a readable part nothing has an order."""
    (kind, content), = value.items()
    is_sorted = readable or "" in unordered

    def inside(value, paths=()):
        return canonical(value, paths, readable)

    if kind == "bool":
        return "true" if content else "false"
    if kind == "int":
        return content
    if kind == "shown_int":
        return content[0] if readable else f"%{content[1]}({content[0]})"
    if kind == "shown_struct":
        name, struct = content
        return ("" if readable else "%" + string(name)) + inside(struct, unordered)
    if kind in ("f32", "f64"):
        return float_text(int(content, 16), int(kind[1:])) + ("f" if kind == "f32" else "")
    if kind == "str":
        return string(content)
    if kind == "char":
        return f"'{escaped(content)}'"
    if kind == "bytes":
        return f'x"{bytes(content).hex()}"'
    if kind == "none":
        return "null"
    if kind == "unit":
        return "_"
    if kind == "unit_struct":
        return "_" if readable else "<>"
    if kind == "some":
        return "+" + inside(content, unordered)
    if kind == "newtype":
        return f"<{inside(content, unordered)}>"
    if kind in ("list", "set"):
        paths = [path for path in unordered if path]
        return f"[{listed((inside(part, paths) for part in content), is_sorted or kind == 'set')}]"
    if kind in ("tuple", "tuple_struct"):
        parts = [inside(part, behind(unordered, str(number))) for number, part in enumerate(content)]
        opens = "!(" if kind == "tuple_struct" and not readable else "("
        return f"{opens}{listed(parts, '' in unordered)})"
    if kind in ("map", "hash_map"):
        entries = [(inside(name), inside(entry, behind(unordered, name.get("str")))) for name, entry in content]
        if is_sorted or kind == "hash_map":
            # Sorted at every depth, two keys may have one text: their values decide.
            entries.sort(key=lambda entry: [part.encode() for part in entry[: 2 if readable else 1]])
        if kind == "hash_map" and not readable and len(set(entries)) > len({name for name, _ in entries}):
            raise Uncached
        return f"#{{{','.join(f'{name}:{entry}' for name, entry in entries)}}}"
    if kind == "struct":
        fields = (f"{string(name)}:{inside(field, behind(unordered, name))}" for name, field in content)
        return f"{{{','.join(fields)}}}"
    if kind == "unit_variant":
        return f"@{string(content)}"
    variant = f"@{string(content[0])}"
    if kind == "newtype_variant":
        return f"{variant}({inside(content[1], unordered)})"
    if kind == "tuple_variant":
        return f"{variant}[{','.join(map(inside, content[1]))}]"
    if kind == "struct_variant":
        return variant + inside({"struct": content[1]}, unordered)
    raise ValueError(f"unknown kind: {kind}")


def behind(paths, name):
    """The paths that begin with a name, from behind it on."""
    split = [path.partition(".") for path in paths if path]
    return [rest for first, _, rest in split if first == name]


def listed(texts, is_sorted):
    return ",".join(sorted(texts, key=str.encode) if is_sorted else texts)


def string(text):
    return f'"{"".join(map(escaped, text))}"'


def escaped(character):
    if character in SHORT_ESCAPES:
        return SHORT_ESCAPES[character]
    return f"\\u{ord(character):04x}" if character < " " else character


def float_text(bits, width):
    mantissa_bits, bias = FLOATS[width]
    sign = "-" if bits >> (width - 1) else ""
    exponent = bits >> mantissa_bits & 2 ** (width - 1 - mantissa_bits) - 1
    mantissa = bits & 2**mantissa_bits - 1
    if exponent == 2 ** (width - 1 - mantissa_bits) - 1:
        raise Uncached
    if exponent == 0 and mantissa == 0:
        return sign + "0e0"
    # The float is significand * unit; its neighbours bound what reads back as it.
    significand = mantissa if exponent == 0 else mantissa + 2**mantissa_bits
    unit = Fraction(2) ** (max(exponent, 1) - bias - mantissa_bits)
    value = significand * unit
    below = unit / 4 if mantissa == 0 and exponent > 1 else unit / 2
    digits, power = shortest(value, value - below, value + unit / 2, significand % 2 == 0)
    point = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{point}e{power}"


def shortest(value, low, high, inclusive):
    """The shortest decimal between low and high that is nearest to value, as digits and the first one's power of ten."""
    power = 0
    while Fraction(10) ** (power + 1) <= value:
        power += 1
    while Fraction(10) ** power > value:
        power -= 1
    for count in range(1, 20):
        step = Fraction(10) ** (power - count + 1)
        floor = value // step
        inside = [
            digits
            for digits in (floor, floor + 1)
            if low < digits * step < high or inclusive and digits * step in (low, high)
        ]
        if inside:
            digits = str(min(inside, key=lambda digits: (abs(digits * step - value), -digits)))
            return digits.rstrip("0"), power + len(digits) - count
    raise AssertionError("seventeen digits suffice for every float")


def main():
    for line in sys.stdin.buffer:
        try:
            print(key(json.loads(line)))
        except Uncached:
            print("uncached")


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    main()
