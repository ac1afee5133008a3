//! Types as Rust source.

use super::model::{Body, Def, Field, Fields, Ty, Variant};
use super::reachable;
use std::fmt::Write as _;

/// The whole file.
pub(super) fn file(seed: u64, now: &[Def], next: &[Def]) -> String {
    let (definitions, later) = (types(now), types(next));
    let values: String = now.iter().map(|def| value(now, def)).collect();
    let tests: String = now.iter().map(|def| test(def.number)).collect();
    let shapes: String = now.iter().map(|def| shapes(now, next, def.number)).collect();
    format!(
        r#"//! Random types, generated from the seed {seed}: do not edit them.

use fuzz::Suite;

pub mod now {{
    use cache_runtime::{{Shape, cached}};
    use fuzz::{{Choices, Marks, Tested, Value}};
    use serde::{{Deserialize, Serialize}};
    use std::collections::{{BTreeMap, BTreeSet, HashMap, HashSet}};
    use std::sync::Arc;

    {definitions}

    {values}
}}

/// The same types once more.
pub mod twin {{
    use cache_runtime::{{Shape, cached}};
    use serde::{{Deserialize, Serialize}};
    use std::collections::{{BTreeMap, BTreeSet, HashMap, HashSet}};
    use std::sync::Arc;

    {definitions}
}}

/// The types of a later version: some have changed.
pub mod next {{
    use cache_runtime::{{Shape, cached}};
    use serde::{{Deserialize, Serialize}};
    use std::collections::{{BTreeMap, BTreeSet, HashMap, HashSet}};
    use std::sync::Arc;

    {later}
}}

/// What is tested.
pub fn suite() -> Suite {{
    let mut suite = Suite::of(include_str!("generated.rs"));
    {tests}
    {shapes}
    suite
}}
"#
    )
}

fn test(number: usize) -> String {
    format!("suite.test::<now::T{number}>();\n")
}

fn shapes(now: &[Def], next: &[Def], number: usize) -> String {
    let differs = reachable(now, number).into_iter().any(|own| now[own] != next[own]);
    let keys = ["now", "twin", "next"].map(|module| {
        format!(
            "(<{module}::T{number} as cache_runtime::Shape>::SHAPE, cache_runtime::key!({module}::t{number}()))"
        )
    });
    format!("suite.shape(\"T{number}\", {}, {differs});\n", keys.join(", "))
}

fn types(defs: &[Def]) -> String {
    defs.iter().map(|def| definition(defs, def) + &function(def.number)).collect()
}

/// A function that returns the type, under one id in every version.
fn function(number: usize) -> String {
    format!(
        "#[cached(id = \"fuzz.t{number}\", shape)]\npub async fn t{number}() -> Option<T{number}> {{ None }}\n\n"
    )
}

fn definition(defs: &[Def], def: &Def) -> String {
    let is_key = Ty::Own(def.number).is_key(defs);
    let key = if is_key { "Eq, Hash, PartialOrd, Ord, " } else { "" };
    let mut text =
        format!("#[derive(Clone, Debug, PartialEq, {key}Serialize, Deserialize, Shape)]\n");
    text += &attributes(&def.attrs);
    let name = def.number;
    match &def.body {
        Body::Struct(fields) => {
            let end = if matches!(fields, Fields::Named(_)) { "" } else { ";" };
            let _ = writeln!(text, "pub struct T{name}{}{end}\n", body(fields, "pub "));
        }
        Body::Enum(variants) => {
            let variants: String = variants.iter().map(variant).collect();
            let _ = writeln!(text, "pub enum T{name} {{ {variants} }}\n");
        }
    }
    text
}

fn variant(variant: &Variant) -> String {
    format!("{}{}{},\n", attributes(&variant.attrs), variant.name, body(&variant.fields, ""))
}

fn body(fields: &Fields, visibility: &str) -> String {
    let list = |fields: &[Field], named: bool| -> String {
        let one = |field: &Field| {
            let name = if named { format!("{}: ", field.name) } else { String::new() };
            format!("{}{visibility}{name}{},\n", attributes(&field.attrs), ty(&field.ty))
        };
        fields.iter().map(one).collect()
    };
    match fields {
        Fields::Unit => String::new(),
        Fields::Tuple(fields) => format!("({})", list(fields, false)),
        Fields::Named(fields) => format!(" {{ {} }}", list(fields, true)),
    }
}

fn attributes(attrs: &[String]) -> String {
    if attrs.is_empty() { String::new() } else { format!("#[serde({})]\n", attrs.join(", ")) }
}

fn ty(of: &Ty) -> String {
    let list = |parts: &[Ty]| parts.iter().map(ty).collect::<Vec<_>>().join(", ");
    match of {
        Ty::Plain(name) => (*name).to_owned(),
        Ty::Of(name, parts) => format!("{name}<{}>", list(parts)),
        Ty::Tuple(parts) => format!("({})", list(parts)),
        Ty::Array(part, count) => format!("[{}; {count}]", ty(part)),
        Ty::Own(number) => format!("T{number}"),
    }
}

/// One way to build a type: a struct, or a variant.
struct Way<'a> {
    path: String,
    fields: &'a Fields,
    /// A set in its only field keeps its order.
    shows_inside: bool,
}

fn ways(def: &Def) -> Vec<Way<'_>> {
    match &def.body {
        Body::Struct(fields) => {
            let shows_inside = def.shows_inside(None);
            vec![Way { path: "Self".into(), fields, shows_inside }]
        }
        Body::Enum(variants) => variants
            .iter()
            .map(|variant| Way {
                path: format!("Self::{}", variant.name),
                fields: &variant.fields,
                shows_inside: def.shows_inside(Some(variant)),
            })
            .collect(),
    }
}

impl Way<'_> {
    /// `Self::V(f0, f1)`, as a pattern, or as an expression with what fills each field.
    fn with(&self, fill: impl Fn(&Field, usize) -> String) -> String {
        let fields = self.fields.list().iter().enumerate();
        let named = matches!(self.fields, Fields::Named(_));
        let parts: Vec<_> = fields
            .map(|(index, field)| {
                let name = if named { format!("{}: ", field.name) } else { String::new() };
                format!("{name}{}", fill(field, index))
            })
            .collect();
        match self.fields {
            Fields::Unit => self.path.clone(),
            Fields::Tuple(_) => format!("{}({})", self.path, parts.join(", ")),
            Fields::Named(_) => format!("{} {{ {} }}", self.path, parts.join(", ")),
        }
    }

    fn pattern(&self) -> String {
        self.with(|_, index| format!("f{index}"))
    }

    fn rebuilt(&self) -> String {
        let again = self.with(|_, index| format!("f{index}.rebuilt()"));
        format!("{} => {again},\n", self.pattern())
    }

    fn changed(&self) -> String {
        let arm = |index| format!("{index} => f{index}.change(choices),\n");
        let arms: Vec<String> = (0..self.fields.list().len()).map(arm).collect();
        let arms = arms.concat();
        let count = self.fields.list().len();
        if count == 0 {
            return format!("{} => {{}}\n", self.pattern());
        }
        format!("{} => match choices.below({count}) {{ {arms} _ => {{}} }},\n", self.pattern())
    }

    fn marked(&self) -> String {
        let mark = |(index, field): (usize, &Field)| {
            let hidden = self.shows_inside || field.has("flatten") || field.has("with");
            let inside = if hidden { "_inside" } else { "" };
            format!("f{index}.mark{inside}(marks);\n")
        };
        let marks: String = self.fields.list().iter().enumerate().map(mark).collect();
        format!("{} => {{ {marks} }}\n", self.pattern())
    }
}

/// `impl Value`, which knows what the definition says, and no more.
fn value(defs: &[Def], def: &Def) -> String {
    let ways = ways(def);
    let random = |(index, way): (usize, &Way)| {
        let number = if index + 1 == ways.len() { "_".into() } else { index.to_string() };
        format!("{number} => {},\n", way.with(|_, _| "Value::random(choices)".into()))
    };
    let random: Vec<String> = ways.iter().enumerate().map(random).collect();
    let random = random.concat();
    let renew = if ways.len() > 1 {
        "if choices.once_in(4) { *self = Self::random(choices); return; }"
    } else {
        ""
    };
    let (name, count) = (def.number, ways.len());
    let rebuilt: String = ways.iter().map(Way::rebuilt).collect();
    let changed: String = ways.iter().map(Way::changed).collect();
    let marked: String = ways.iter().map(Way::marked).collect();
    let (hides, lossy) = reach(defs, def.number);
    format!(
        "impl Value for T{name} {{
            fn random(choices: &mut Choices) -> Self {{ match choices.below({count}) {{ {random} }} }}

            fn rebuilt(&self) -> Self {{ match self {{ {rebuilt} }} }}

            fn change(&mut self, choices: &mut Choices) {{ {renew} match self {{ {changed} }} }}

            fn mark_inside(&self, marks: &mut Marks) {{ match self {{ {marked} }} }}
        }}

        impl Tested for T{name} {{
            const NAME: &'static str = \"T{name}\";
            const HIDES_ORDER: bool = {hides};
            const IS_LOSSY: bool = {lossy};
        }}\n\n"
    )
}

/// Whether the type, or one that it is made of, hides an order, or loses something.
fn reach(defs: &[Def], number: usize) -> (bool, bool) {
    let all = reachable(defs, number);
    let hides = all.iter().any(|own| defs[*own].hides_order(defs));
    (hides, all.iter().any(|own| defs[*own].is_lossy()))
}
