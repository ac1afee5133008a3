//! The types of a later version of the program.

use super::model::{Body, Def, Field, Fields, Ty, Variant};
use crate::choices::Choices;

/// Changes some of the types, each in one place that serde can see.
pub(super) fn some(choices: &mut Choices, now: &[Def]) -> Vec<Def> {
    let mut next = now.to_vec();
    let chosen = next.iter_mut().filter(|_| choices.once_in(2)).collect::<Vec<_>>();
    // Each kind of change in its turn: of few types, too, all kinds are tried.
    for (turn, def) in chosen.into_iter().enumerate() {
        one(choices, turn % 5, def);
    }
    next
}

fn one(choices: &mut Choices, change: usize, def: &mut Def) {
    let may_move = !def.has("transparent");
    match &mut def.body {
        Body::Struct(Fields::Unit) => {}
        Body::Struct(Fields::Named(fields)) => in_fields(choices, change, fields, (true, may_move)),
        Body::Struct(Fields::Tuple(fields)) => {
            in_fields(choices, change, fields, (false, may_move));
        }
        Body::Enum(variants) => in_variants(change, variants, &def.attrs),
    }
}

fn in_fields(
    choices: &mut Choices,
    change: usize,
    fields: &mut Vec<Field>,
    (is_named, may_move): (bool, bool),
) {
    // What is skipped is nothing to serde, and attributes want the type that they have.
    let plain: Vec<_> = (0..fields.len()).filter(|at| fields[*at].attrs.is_empty()).collect();
    match (change, &plain[..]) {
        (0, _) if may_move => fields.insert(0, added(is_named)),
        (1, [at, ..]) if may_move && fields.len() > 1 => drop(fields.remove(*at)),
        (2, [at, ..]) if is_named => fields[*at].name = "renamed".into(),
        (3, [one, other, ..]) if may_move && fields[*one] != fields[*other] => {
            fields.swap(*one, *other);
        }
        (_, [at, ..]) => fields[*at].ty = retyped(choices, &fields[*at].ty),
        _ => {}
    }
}

fn added(is_named: bool) -> Field {
    let name = if is_named { "added" } else { "" };
    Field { name: name.into(), ty: Ty::Plain("u8"), attrs: Vec::new() }
}

fn retyped(choices: &mut Choices, ty: &Ty) -> Ty {
    let numbers = [Ty::Plain("u16"), Ty::Plain("i64"), Ty::Plain("u8")];
    match ty {
        Ty::Plain("u32" | "i32" | "i8") => choices.pick(&numbers),
        Ty::Of("Vec", parts) => Ty::of("Option", parts[0].clone()),
        Ty::Array(part, count) => Ty::Array(part.clone(), count + 1),
        _ => Ty::of(choices.pick(&["Option", "Vec"]), ty.clone()),
    }
}

fn in_variants(change: usize, variants: &mut Vec<Variant>, attrs: &[String]) {
    let is_external = attrs.is_empty();
    let plain: Vec<_> = (0..variants.len()).filter(|at| variants[*at].attrs.is_empty()).collect();
    match (change, &plain[..]) {
        (0, _) => variants.insert(0, added_variant()),
        (1, [one, other, ..]) => variants.swap(*one, *other),
        (2, [_, at, ..]) => drop(variants.remove(*at)),
        (3, [at, ..]) => variants[*at].attrs.push("rename = \"renamed\"".into()),
        (_, [at, ..]) if is_external && variants[*at].fields == Fields::Unit => {
            variants[*at].fields = Fields::Tuple(vec![added(false)]);
        }
        (_, [at, ..]) => variants[*at].name = "Renamed".into(),
        _ => {}
    }
}

fn added_variant() -> Variant {
    Variant { name: "Added".into(), fields: Fields::Unit, attrs: Vec::new() }
}
