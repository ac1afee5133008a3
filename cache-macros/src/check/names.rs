//! Names that an attribute may use: the function's parameters and `self`.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::{FnArg, Meta};

use super::place::{Place, Root};
use crate::args::Part;
use crate::errors::Errors;
use crate::function::Function;
use crate::suggest::{listed, nearest};

/// A parameter that an option names, and the tokens that name it.
pub(crate) struct Mark {
    pub(crate) root: Root,
    /// Fields of the parameter, as `unordered(…)` names them. Empty for the whole parameter.
    pub(crate) path: Vec<String>,
    pub(crate) origin: proc_macro2::TokenStream,
}

impl Mark {
    fn new(root: Root, path: Vec<String>, origin: proc_macro2::TokenStream) -> Self {
        Self { root, path, origin }
    }

    /// Returns the rest of the mark's path behind a place. Returns `None` if the path does not lead
    /// there.
    pub(crate) fn inside(&self, place: &Place) -> Option<String> {
        let fields = place.fields();
        let rest = self.path.strip_prefix(fields.as_slice())?;
        (self.root == place.root).then(|| rest.join("."))
    }

    /// Tells whether the mark's path leads to a place, or into it.
    pub(crate) fn is_in(&self, place: &Place) -> bool {
        self.inside(place).is_some()
    }
}

/// Returns the parameter of this name, or the name in a parameter's pattern.
pub(crate) fn find(function: &Function, name: &str) -> Option<Root> {
    function.params.iter().enumerate().find_map(|(index, param)| {
        let binding = param.bindings.iter().position(|binding| binding.unraw() == name);
        match binding {
            Some(binding) => Some(Root::Binding(index, binding)),
            None => (param.pattern.is_none() && param.name == name).then_some(Root::Param(index)),
        }
    })
}

/// Returns a message that there is no such argument, with the names of those that there are.
pub(crate) fn unknown(function: &Function, name: &str) -> String {
    let receiver = function.sig.receiver().map(|_| "self".to_owned());
    let names: Vec<String> = receiver.into_iter().chain(function.names()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    if names.is_empty() {
        return format!("no argument `{name}`; this function has none");
    }
    let known = format!("no argument `{name}`; this function has {}", listed(&names));
    match nearest(name, &names) {
        Some(near) => format!("{known}; did you mean `{near}`?"),
        None => known,
    }
}

/// Returns the message of [`unknown`] for `skip(…)`, with a hint if a parameter has no name.
fn unknown_mark(function: &Function, name: &str) -> String {
    let unknown = unknown(function, name);
    if function.params.iter().any(|param| param.pattern.is_some() && param.bindings.is_empty()) {
        return format!(
            "{unknown}; write `#[cached(skip)]` in front of a parameter without a name"
        );
    }
    unknown
}

/// Finds the parameters that `skip(…)` names.
pub(crate) fn skipped(function: &Function, names: &[Ident], errors: &mut Errors) -> Vec<Mark> {
    let mut marks = Vec::new();
    for ident in names {
        if let Some(root) = root(function, ident, true, errors) {
            marks.push(Mark::new(root, Vec::new(), quote::quote!(#ident)));
        }
    }
    marks
}

/// Finds the parameters whose parts `unordered(…)` names. Only a field of `self` can be named,
/// and not the whole.
pub(crate) fn unordered(function: &Function, parts: &[Part], errors: &mut Errors) -> Vec<Mark> {
    let mut marks = Vec::new();
    for Part { root: ident, path, expr } in parts {
        if let Some(root) = root(function, ident, !path.is_empty(), errors) {
            marks.push(Mark::new(root, path.clone(), quote::quote!(#expr)));
        }
    }
    marks
}

/// Returns the parameter or the receiver of this name. Adds a mistake if there is none.
fn root(function: &Function, ident: &Ident, with_self: bool, errors: &mut Errors) -> Option<Root> {
    let name = ident.unraw().to_string();
    if let Some(root) = find(function, &name) {
        return Some(root);
    }
    if with_self && name == "self" && function.sig.receiver().is_some() {
        return Some(Root::Receiver);
    }
    errors.at(ident, unknown_mark(function, &name));
    None
}

/// Takes `#[cached(skip)]` off the parameters.
pub(crate) fn take_skip_attributes(function: &mut Function, errors: &mut Errors) -> Vec<Mark> {
    let has_receiver = function.sig.receiver().is_some();
    let mut marks = Vec::new();
    for (index, input) in function.sig.inputs.iter_mut().enumerate() {
        let attrs = match input {
            FnArg::Receiver(receiver) => &mut receiver.attrs,
            FnArg::Typed(param) => &mut param.attrs,
        };
        let param = if has_receiver { index.checked_sub(1) } else { Some(index) };
        let root = param.map_or(Root::Receiver, Root::Param);
        for attr in attrs.extract_if(.., |attr| is_cached(attr)) {
            if says_skip(&attr.meta) {
                marks.push(Mark::new(root, Vec::new(), quote::quote!(#attr)));
            } else {
                errors.at(
                    attr,
                    "a parameter takes `#[cached(skip)]` alone; other options go on the function",
                );
            }
        }
    }
    marks
}

/// Tells whether an attribute is `#[cached]`, by any path.
pub(super) fn is_cached(attr: &syn::Attribute) -> bool {
    attr.path().segments.last().is_some_and(|segment| segment.ident == "cached")
}

fn says_skip(meta: &Meta) -> bool {
    match meta {
        Meta::List(list) => list.parse_args::<Ident>().is_ok_and(|word| word == "skip"),
        Meta::Path(_) | Meta::NameValue(_) => false,
    }
}
