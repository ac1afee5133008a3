//! Random types.

use super::model::{Body, Def, Field, Fields, Ty, Variant};
use crate::choices::Choices;

const SCALARS: [&str; 18] = [
    "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32",
    "f64", "bool", "char", "String", "()",
];

const CASES: [&str; 4] = ["camelCase", "SCREAMING_SNAKE_CASE", "kebab-case", "UPPERCASE"];

/// Names that serde writes in place of a field's or a variant's own; some look like values.
const RENAMED: [&str; 8] = ["1", "true", "null", "a:b", "~", "[1,2]", "a\\\"b", ""];

const FIELDS: [&str; 6] = ["a", "b", "r#type", "first_name", "c", "d"];

const VARIANTS: [&str; 7] = ["A", "B", "C", "One", "TwoWords", "E", "F"];

/// The number of the type that is a number in a struct.
const NEWTYPE: usize = 0;

/// How deep types are nested in each other.
const DEEPEST: usize = 3;

/// Invents types, each made of earlier ones.
pub(super) fn types(choices: &mut Choices, count: usize) -> Vec<Def> {
    let mut inventor = Inventor { choices, defs: Vec::new(), depths: Vec::new() };
    for number in 0..count {
        let def = inventor.def(number);
        let inner = def.owns().into_iter().filter(|own| *own != number);
        let depth = inner.map(|own| inventor.depths[own] + 1).max().unwrap_or(0);
        inventor.depths.push(depth);
        inventor.defs.push(def);
    }
    inventor.defs
}

struct Inventor<'a> {
    choices: &'a mut Choices,
    defs: Vec<Def>,
    depths: Vec<usize>,
}

impl Inventor<'_> {
    fn def(&mut self, number: usize) -> Def {
        let mut def = Def { number, body: Body::Struct(Fields::Unit), attrs: Vec::new() };
        match self.choices.below(16) {
            _ if number == NEWTYPE => def.body = Body::Struct(one(Ty::Plain("u8"))),
            _ if number == NEWTYPE + 1 => def.body = Body::Struct(one(lists())),
            _ if number == NEWTYPE + 2 => self.any_of_all(&mut def),
            0 => {}
            1..=4 => self.named_struct(&mut def),
            5 | 6 => self.tuple_struct(&mut def),
            7 => self.any_of_all(&mut def),
            _ => self.some_enum(&mut def),
        }
        def
    }

    fn named_struct(&mut self, def: &mut Def) {
        match self.choices.below(8) {
            0 => def.attrs.push("tag = \"kind\"".into()),
            1 => def.attrs.push("transparent".into()),
            2 => def.attrs.push(self.case()),
            _ => {}
        }
        let count = if def.has("transparent") { 1 } else { 1 + self.choices.below(4) };
        let mut fields = self.named(count, !def.has("transparent"), Some(def.number));
        if !def.has("transparent") && self.choices.once_in(3) {
            fields.push(self.flat_field());
        }
        def.body = Body::Struct(Fields::Named(fields));
    }

    fn tuple_struct(&mut self, def: &mut Def) {
        let count = 1 + self.choices.pick(&[0, 0, 1, 2]);
        if count == 1 && self.choices.once_in(3) {
            def.attrs.push("transparent".into());
        }
        def.body = Body::Struct(Fields::Tuple(self.tuple(count)));
    }

    /// Values of every kind, written as if they were one: each may imitate another.
    fn any_of_all(&mut self, def: &mut Def) {
        def.attrs.push("untagged".into());
        let plain = SCALARS.iter().map(|scalar| vec![field("", Ty::Plain(scalar))]);
        let mut fields: Vec<_> = plain.collect();
        if NEWTYPE < self.defs.len() {
            fields.extend(alike().map(|ty| vec![field("", ty)]));
        }
        fields.extend((0..6).map(|index| self.tuple(1 + index % 2)));
        let variants = fields.into_iter().enumerate().map(|(index, fields)| Variant {
            name: format!("V{index}"),
            fields: Fields::Tuple(fields),
            attrs: Vec::new(),
        });
        def.body = Body::Enum(variants.collect());
    }

    fn some_enum(&mut self, def: &mut Def) {
        match self.choices.below(8) {
            0 => def.attrs.push("tag = \"kind\"".into()),
            1 => def.attrs.extend(["tag = \"kind\"".into(), "content = \"of\"".into()]),
            2 => def.attrs.push("untagged".into()),
            3 => def.attrs.push(self.case()),
            _ => {}
        }
        let count = 1 + self.choices.below(5);
        let mut variants: Vec<_> =
            (0..count).map(|index| self.variant(def, VARIANTS[index])).collect();
        if def.has("tag") && self.choices.once_in(2) {
            let attrs = vec!["other".into()];
            variants.push(Variant { name: "Other".into(), fields: Fields::Unit, attrs });
        } else if !def.has("untagged") && !def.has("tag") && self.choices.once_in(3) {
            let attrs = vec!["untagged".into()];
            variants.push(Variant { name: "Bare".into(), fields: self.bare(), attrs });
        }
        self.rename_one(&mut variants);
        def.body = Body::Enum(variants);
    }

    fn bare(&mut self) -> Fields {
        if self.choices.once_in(2) {
            return Fields::Tuple(vec![field("", Ty::Plain("String"))]);
        }
        let count = 1 + self.choices.below(2);
        Fields::Tuple(self.tuple(count))
    }

    fn rename_one(&mut self, variants: &mut [Variant]) {
        let first = &mut variants[0];
        if first.attrs.is_empty() && self.choices.once_in(4) {
            first.attrs.push(format!("rename = \"{}\"", self.choices.pick(&RENAMED)));
        }
    }

    fn variant(&mut self, def: &Def, name: &str) -> Variant {
        let is_internal = def.has("tag") && !def.has("content");
        let fields = match self.choices.below(6) {
            0 | 1 => Fields::Unit,
            2 => {
                let count = 1 + self.choices.below(3);
                Fields::Named(self.named(count, false, Some(def.number)))
            }
            3 if !is_internal => {
                let count = 2 + self.choices.below(2);
                Fields::Tuple(self.tuple(count))
            }
            _ if is_internal && !self.choices.once_in(6) => {
                Fields::Tuple(vec![field("", self.flat())])
            }
            _ => Fields::Tuple(self.tuple(1)),
        };
        Variant { name: name.into(), fields, attrs: Vec::new() }
    }

    fn tuple(&mut self, count: usize) -> Vec<Field> {
        (0..count).map(|_| field("", self.ty(2))).collect()
    }

    fn named(&mut self, count: usize, with_attrs: bool, own: Option<usize>) -> Vec<Field> {
        let mut fields: Vec<_> = (0..count).map(|index| field(FIELDS[index], self.ty(2))).collect();
        if let Some(own) = own.filter(|_| count > 1 && self.choices.once_in(12)) {
            let own = Ty::Own(own);
            let held = [Ty::of("Vec", own.clone()), Ty::of("Option", Ty::of("Box", own))];
            fields[0].ty = self.choices.pick(&held);
        }
        if with_attrs {
            for (index, field) in fields.iter_mut().enumerate() {
                field.attrs = self.attrs(&field.ty, index == 0);
            }
        }
        fields
    }

    fn attrs(&mut self, ty: &Ty, may_rename: bool) -> Vec<String> {
        let has_default = ty.has_default();
        let is_empty = match ty {
            Ty::Of("Option", _) => Some("Option::is_none"),
            Ty::Of("Vec", _) => Some("Vec::is_empty"),
            _ => None,
        };
        match (self.choices.below(9), is_empty) {
            (0, _) if may_rename => vec![format!("rename = \"{}\"", self.choices.pick(&RENAMED))],
            (1, _) => vec!["alias = \"alias\"".into()],
            (2, _) if has_default => vec!["skip".into()],
            (3, _) if has_default => vec!["default".into()],
            (4, _) => vec!["with = \"fuzz::through\"".into()],
            (5..=7, Some(is_empty)) => {
                vec!["default".into(), format!("skip_serializing_if = \"{is_empty}\"")]
            }
            _ => Vec::new(),
        }
    }

    fn flat_field(&mut self) -> Field {
        let ty = self.flat();
        Field { name: "more".into(), ty, attrs: vec!["flatten".into()] }
    }

    /// A type that serde writes as the entries of a map.
    fn flat(&mut self) -> Ty {
        let owns: Vec<_> = (0..self.defs.len()).map(Ty::Own).collect();
        let is_fit = |ty: &Ty| match ty {
            Ty::Own(number) => ty.is_flat(&self.defs) && self.depths[*number] < DEEPEST,
            _ => false,
        };
        let owns: Vec<_> = owns.into_iter().filter(is_fit).collect();
        if owns.is_empty() || self.choices.once_in(2) {
            let map = self.choices.pick(&["HashMap", "BTreeMap"]);
            return Ty::Of(map, vec![Ty::Plain("String"), self.ty(1)]);
        }
        self.choices.pick(&owns)
    }

    fn case(&mut self) -> String {
        format!("rename_all = \"{}\"", self.choices.pick(&CASES))
    }

    fn ty(&mut self, depth: usize) -> Ty {
        if depth == 0 || self.choices.once_in(3) {
            return Ty::Plain(self.choices.pick(&SCALARS));
        }
        let inside = |this: &mut Self| this.ty(depth - 1);
        match self.choices.below(16) {
            0 | 1 => Ty::of("Option", inside(self)),
            2 => Ty::of("Option", Ty::of("Option", inside(self))),
            3 | 4 => Ty::of("Vec", inside(self)),
            5 => Ty::Tuple(vec![inside(self), inside(self)]),
            6 => Ty::Array(Box::new(inside(self)), 1 + self.choices.below(3)),
            7 => Ty::of(self.choices.pick(&["Box", "Arc"]), inside(self)),
            8 | 9 => Ty::of(self.choices.pick(&["HashSet", "BTreeSet"]), self.key(depth - 1)),
            10 | 11 => {
                let key = self.key(depth - 1);
                Ty::Of(self.choices.pick(&["HashMap", "BTreeMap"]), vec![key, inside(self)])
            }
            _ => self.own(),
        }
    }

    fn own(&mut self) -> Ty {
        let near: Vec<_> = (0..self.defs.len()).filter(|own| self.depths[*own] < DEEPEST).collect();
        if near.is_empty() { Ty::Plain("String") } else { Ty::Own(self.choices.pick(&near)) }
    }

    /// A key of a map, or an element of a set: mostly text or a number.
    fn key(&mut self, depth: usize) -> Ty {
        match self.choices.below(6) {
            0 | 1 => Ty::Plain("String"),
            2 | 3 => Ty::Plain(self.choices.pick(&SCALARS[..12])),
            _ => {
                let ty = self.ty(depth.max(1));
                if ty.is_key(&self.defs) { ty } else { Ty::Plain("char") }
            }
        }
    }
}

/// What looks like a number, or like two of them.
fn alike() -> [Ty; 10] {
    let number = || Ty::Plain("u8");
    let list = |inside| Ty::of("Vec", inside);
    [
        Ty::Own(NEWTYPE),
        Ty::of("Option", number()),
        Ty::of("Option", Ty::of("Option", number())),
        Ty::of("Option", Ty::of("Option", Ty::Plain("()"))),
        list(number()),
        list(list(number())),
        lists(),
        Ty::Tuple(vec![number(), number()]),
        Ty::Tuple(vec![list(number()), list(number())]),
        Ty::of("BTreeSet", number()),
    ]
}

fn one(ty: Ty) -> Fields {
    Fields::Tuple(vec![field("", ty)])
}

/// Lists that differ by where they end alone.
fn lists() -> Ty {
    Ty::of("Vec", Ty::of("Vec", Ty::of("Vec", Ty::Plain("()"))))
}

fn field(name: &str, ty: Ty) -> Field {
    Field { name: name.into(), ty, attrs: Vec::new() }
}
