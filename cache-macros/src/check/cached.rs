//! Rules of `#[cached]`.

use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::{GenericParam, Type};

use super::each::{Each, check_pairs, check_places, take_each};
use super::marks::Marks;
use super::names::Mark;
use super::place::{Part, Place, Root, resolve};
use super::signature::{Attribute, check_signature, check_value};
use crate::args::{CachedArgs, Wait};
use crate::errors::Errors;
use crate::function::{
    Function, bare, find_ident, is_primitive, is_type_param, last_segment, mentions, named_type,
};
use crate::template;

/// A `#[cached]` function, ready to be expanded.
pub(crate) struct CachedPlan {
    pub(crate) function: Function,
    pub(crate) args: CachedArgs,
    /// List whose elements are cached one by one.
    pub(crate) each: Option<Each>,
    /// Readable part of the key, if the attribute has one.
    pub(crate) key: Option<Vec<Part>>,
    /// Values that are hashed, sorted by name.
    pub(crate) arguments: Vec<Argument>,
    /// Skipped parameters that may be connections to a database, and parts of such parameters.
    pub(crate) connections: Vec<Place>,
    /// Type and const parameters that are part of the key, in the order of their declaration.
    pub(crate) generics: Vec<Ident>,
    /// `true` if some of the function's types or constants are no part of the key.
    pub(crate) leaves_out: bool,
}

impl CachedPlan {
    /// Returns the number of the argument that a placeholder shows. Returns `None` if the
    /// placeholder shows no whole argument.
    pub(crate) fn argument_at(&self, place: &Place) -> Option<usize> {
        let is_same = |argument: &Argument| {
            argument.place.root == place.root && argument.place.path == place.path
        };
        self.arguments.iter().position(is_same)
    }

    /// Returns the placeholders that show a part of an argument.
    pub(crate) fn fills(&self) -> impl Iterator<Item = &Place> {
        let places = self.key.iter().flatten().filter_map(Part::place);
        places.filter(|place| self.argument_at(place).is_none())
    }
}

/// A value that is hashed into the key.
pub(crate) struct Argument {
    pub(crate) name: String,
    pub(crate) place: Place,
    /// Parts whose order has no meaning. `""` is the whole argument, and `"filter.tags"` is a field
    /// of a field.
    pub(crate) unordered: Vec<String>,
}

/// Checks a `#[cached]` function. The plan can be used only if no mistake was added.
pub(crate) fn cached(mut function: Function, args: CachedArgs, errors: &mut Errors) -> CachedPlan {
    let before = errors.count();
    let marks = Marks::find(&mut function, &args, errors);
    let key = args
        .key
        .as_ref()
        .map(|literal| resolve(&function, literal, template::key(&literal.value()), false, errors));
    let is_sure = errors.count() == before && !args.is_unsure;
    let places: Vec<&Place> = key.iter().flatten().filter_map(Part::place).collect();
    check_signature(&function, Attribute::Cached, errors);
    check_value(&function, errors);
    check_wait(&args, errors);
    check_marks(&function, &marks, errors);
    check_not_skipped(&function, &marks, &places, errors);
    if is_sure {
        check_receiver(&function, &marks, &places, errors);
        check_mutable(&function, &marks, errors);
    }
    check_grace(&args, errors);
    check_shape(&function, &args, errors);
    let each = args.each.as_ref().and_then(|name| take_each(&mut function, name, &marks, errors));
    if let Some(each) = &each {
        check_places(&function, each, &places, errors);
        check_pairs(&function, errors);
    }
    let arguments = arguments(&function, &marks, &places);
    if is_sure {
        check_unordered(&function, &marks, &arguments, errors);
    }
    let connections = connections(&function, &marks);
    let generics = kept_generics(&function, &marks);
    let leaves_out = leaves_out(&function, &marks, &generics);
    CachedPlan { function, args, each, key, arguments, connections, generics, leaves_out }
}

/// Adds a mistake for `shape` if the type of the value cannot be written down.
fn check_shape(function: &Function, args: &CachedArgs, errors: &mut Errors) {
    if let Some(word) = &args.shape
        && function.value_type().and_then(named_type).is_none()
    {
        let message = "`shape` asks for the shape of the value's type, which is borrowed or `impl Trait` here; return an owned type with a name, or remove it";
        errors.at(word, message);
    }
}

/// Adds mistakes for `stale`, `stale_if_error` and `early` if no earlier value can be served.
fn check_grace(args: &CachedArgs, errors: &mut Errors) {
    let names = [
        args.stale.as_ref().map(|stale| &stale.name),
        args.stale_if_error.as_ref().map(|stale| &stale.name),
        args.early.as_ref().map(|early| &early.name),
    ];
    if args.each.is_some() {
        for name in names.into_iter().flatten() {
            errors.at(
                name,
                format!("`{name}` cannot be given together with `each` yet; remove one of the two"),
            );
        }
    }
    if let (true, Some(Wait { ms: 0, name })) = (args.may_serve_stale(), &args.wait) {
        let message = "with `wait = 0` no load would ever end where there is an earlier value; write how long a caller waits for its own load, as `wait = \"2s\"`, or remove it";
        errors.at(name, message);
    }
    if let (Some(stale), Some(spare)) = (&args.stale, &args.stale_if_error)
        && spare.ms <= stale.ms
    {
        let message = "`stale_if_error` counts from when the value expires, as `stale` does, and ends before it; make it longer, or remove it";
        errors.at(&spare.name, message.to_owned());
    }
}

fn check_marks(function: &Function, marks: &Marks, errors: &mut Errors) {
    for (index, mark) in marks.skipped.iter().enumerate() {
        if marks.skipped[..index].iter().any(|earlier| earlier.root == mark.root) {
            let name = mark.root.name(function);
            errors.at(&mark.origin, format!("`{name}` is skipped twice; remove one of the two"));
        }
    }
}

/// Adds a mistake for a name in `unordered(…)` that is no part of the key.
fn check_unordered(
    function: &Function,
    marks: &Marks,
    arguments: &[Argument],
    errors: &mut Errors,
) {
    let is_used = |mark: &&Mark| arguments.iter().any(|argument| mark.is_in(&argument.place));
    for mark in marks.unordered.iter().filter(|mark| !is_used(mark)) {
        let name = mark
            .path
            .iter()
            .fold(mark.root.name(function), |name, field| format!("{name}.{field}"));
        let message = if mark.path.is_empty() {
            format!("`{name}` is in `skip(...)` and in `unordered(...)`; remove one of the two")
        } else {
            format!(
                "`{name}` is no part of the key; show it there, `key = \"…<{name}>\"`, or remove it from `unordered(...)`"
            )
        };
        errors.at(&mark.origin, message);
    }
}

/// Adds a mistake for `wait` if no caller ever waits.
fn check_wait(args: &CachedArgs, errors: &mut Errors) {
    // If there is an earlier value, `wait` is also the time that a caller waits for its own load.
    let waits_for_nobody = args.single_flight == Some(false) && !args.may_serve_stale();
    if let (true, Some(Wait { name, .. })) = (waits_for_nobody, &args.wait) {
        let message = "with `single_flight = false` no caller waits for another; remove one of the two options";
        errors.at(name, message);
    }
}

/// Adds a mistake for an argument that is both in the key and skipped.
fn check_not_skipped(function: &Function, marks: &Marks, places: &[&Place], errors: &mut Errors) {
    for mark in &marks.skipped {
        if places.iter().any(|place| place.root == mark.root && place.path.is_empty()) {
            let name = mark.root.name(function);
            let message =
                format!("`{name}` is in the key and in `skip(...)`; remove one of the two");
            errors.at(&mark.origin, message);
        }
    }
}

/// Adds a mistake for a parameter that the body may change. A hit would leave the parameter as it
/// is.
fn check_mutable(function: &Function, marks: &Marks, errors: &mut Errors) {
    for (index, param) in function.params.iter().enumerate() {
        let is_mutable =
            matches!(bare(&param.ty), Type::Reference(reference) if reference.mutability.is_some());
        if is_mutable && !marks.skips_all(function, index) {
            let name = &param.ident;
            let message = format!(
                "`{name}` is borrowed mutably, and a hit leaves it as it is; take it by value, or write `skip({name})` \
                 if it is a connection"
            );
            errors.at(&param.ty, message);
        }
    }
}

/// Adds a mistake for a `self` that the attribute does not mention.
fn check_receiver(function: &Function, marks: &Marks, places: &[&Place], errors: &mut Errors) {
    let Some(receiver) = function.sig.receiver() else {
        return;
    };
    if !marks.skips(Root::Receiver) && !places.iter().any(|place| place.root == Root::Receiver) {
        let message = "`self` is not part of the key; write `skip(self)`, or the part of it that matters: \
                       `key = \"…<self.field>\"`";
        errors.at(receiver, message);
    }
}

/// Returns whole parameters, and the parts of `self` and of skipped parameters that placeholders
/// name.
fn arguments(function: &Function, marks: &Marks, places: &[&Place]) -> Vec<Argument> {
    let whole = (0..function.params.len())
        .flat_map(|index| seen_of(function, index))
        .filter(|root| !marks.skips(*root))
        .map(|root| argument(function, marks, root));
    let parts = places
        .iter()
        .filter(|place| match place.root {
            root @ (Root::Param(_) | Root::Binding(..)) => marks.skips(root),
            Root::Receiver | Root::Result => true,
        })
        .map(|place| Argument {
            name: place.name(function),
            place: (*place).clone(),
            unordered: marks.unordered_in(place),
        });
    let mut arguments: Vec<Argument> = whole.chain(parts).collect();
    arguments.sort_by(|a, b| a.name.cmp(&b.name));
    arguments.dedup_by(|a, b| a.name == b.name && a.place.root == b.place.root);
    arguments
}

/// Returns what the body sees of a parameter: the whole, or the names that its pattern takes out of
/// it.
fn seen_of(function: &Function, index: usize) -> Vec<Root> {
    match function.params[index].bindings.len() {
        0 => vec![Root::Param(index)],
        names => (0..names).map(|name| Root::Binding(index, name)).collect(),
    }
}

fn argument(function: &Function, marks: &Marks, root: Root) -> Argument {
    let place = place_of(function, root);
    Argument { name: root.name(function), unordered: marks.unordered_in(&place), place }
}

fn place_of(function: &Function, root: Root) -> Place {
    let span =
        root.param().map_or_else(Span::call_site, |index| function.params[index].ident.span());
    Place { root, path: Vec::new(), span }
}

/// Returns skipped parameters that may be connections to a database. Skipped names of patterns are
/// among them, because their types are not visible.
fn connections(function: &Function, marks: &Marks) -> Vec<Place> {
    let seen = (0..function.params.len()).flat_map(|index| seen_of(function, index));
    let skipped = seen.filter(|root| marks.skips(*root));
    let connections = skipped.filter(|root| match root {
        Root::Param(index) => may_be_connection(function, &function.params[*index].ty),
        _ => true,
    });
    connections.map(|root| place_of(function, root)).collect()
}

/// Tells whether a type may be that of a connection. A shared reference is none, because queries
/// need a mutable connection. A type parameter by value is an executor, of which nothing is known.
fn may_be_connection(function: &Function, ty: &Type) -> bool {
    const NEVER: [&str; 5] = ["Arc", "Rc", "String", "Vec", "Option"];
    match bare(ty) {
        // mutant: a connection behind a reference is not asked
        Type::Reference(reference) => reference.mutability.is_some(),
        Type::Path(path) if is_type_param(function, path) => false,
        Type::Path(_) => last_segment(ty).is_some_and(|last| {
            !is_primitive(&last.ident) && NEVER.iter().all(|never| last.ident != never)
        }),
        _ => false,
    }
}

/// Returns the type and const parameters that are part of the key. Type parameters that occur in
/// skipped parameters alone are left out.
fn kept_generics(function: &Function, marks: &Marks) -> Vec<Ident> {
    let names = function.sig.generics.params.iter().filter_map(|param| match param {
        GenericParam::Type(param) => Some(&param.ident),
        GenericParam::Const(param) => Some(&param.ident),
        GenericParam::Lifetime(_) => None,
    });
    names.filter(|name| !is_skipped_type(function, marks, name)).cloned().collect()
}

/// Tells whether types or constants of the function's own are no part of the key. The types of
/// `impl Trait` count, too.
fn leaves_out(function: &Function, marks: &Marks, kept: &[Ident]) -> bool {
    let lifetimes = function.sig.generics.lifetimes().count();
    let mut params = function.params.iter().enumerate();
    let is_opaque = |ty: &Type| find_ident(ty.to_token_stream(), "impl").is_some();
    function.sig.generics.params.len() - lifetimes > kept.len()
        || params.any(|(index, param)| marks.skips_all(function, index) && is_opaque(&param.ty))
}

fn is_skipped_type(function: &Function, marks: &Marks, name: &Ident) -> bool {
    let in_params = |skipped: bool| {
        let mut params = function.params.iter().enumerate();
        params.any(|(index, param)| {
            marks.skips_all(function, index) == skipped && mentions(&param.ty, name)
        })
    };
    let in_result = function.declared().is_some_and(|ty| mentions(ty, name));
    in_params(true) && !in_params(false) && !in_result
}
