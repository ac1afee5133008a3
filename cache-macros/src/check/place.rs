//! Resolved placeholders: the argument of each, and the part of it.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::{Index, LitStr, Member};

use super::names::{find, unknown};
use crate::errors::Errors;
use crate::function::Function;
use crate::template::{Piece, Placeholder, Template};

/// Stretch of a key template or pattern.
pub(crate) enum Part {
    Text(String),
    Value(Place),
}

/// Value that comes from the function's caller or from its result.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) root: Root,
    /// Fields from the root inwards.
    pub(crate) path: Vec<Member>,
    /// Span of the placeholder.
    pub(crate) span: Span,
}

/// Start of a placeholder's path.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Root {
    /// Parameter with this index.
    Param(usize),
    /// Name in the pattern of a parameter: the index of the parameter, and that of the name.
    Binding(usize, usize),
    /// `self`.
    Receiver,
    /// Return value of the function.
    Result,
}

impl Part {
    /// Returns the value. Returns `None` for text.
    pub(crate) fn place(&self) -> Option<&Place> {
        match self {
            Self::Text(_) => None,
            Self::Value(place) => Some(place),
        }
    }
}

impl Place {
    /// Returns the names of the place's fields, from the root inwards.
    pub(crate) fn fields(&self) -> Vec<String> {
        let name = |member: &Member| match member {
            Member::Named(field) => field.unraw().to_string(),
            Member::Unnamed(index) => index.index.to_string(),
        };
        self.path.iter().map(name).collect()
    }

    /// Returns the place as text, as `tenant` or `self.tenant.id`.
    pub(crate) fn name(&self, function: &Function) -> String {
        let root = self.root.name(function);
        self.fields().iter().fold(root, |name, field| format!("{name}.{field}"))
    }
}

impl Root {
    /// Returns the root's name in the canonical arguments and in messages.
    pub(crate) fn name(self, function: &Function) -> String {
        match self {
            Self::Param(index) => function.params[index].name.clone(),
            Self::Binding(index, name) => function.params[index].bindings[name].unraw().to_string(),
            Self::Receiver => "self".to_owned(),
            Self::Result => "result".to_owned(),
        }
    }

    /// Returns the index of the parameter that the root is, or is a part of.
    pub(crate) fn param(self) -> Option<usize> {
        match self {
            Self::Param(index) | Self::Binding(index, _) => Some(index),
            Self::Receiver | Self::Result => None,
        }
    }
}

/// Finds the values that the placeholders of a template stand for.
pub(crate) fn resolve(
    function: &Function,
    literal: &LitStr,
    template: Template,
    with_result: bool,
    errors: &mut Errors,
) -> Vec<Part> {
    for mistake in template.mistakes {
        errors.at(literal, mistake);
    }
    let mut parts = Vec::new();
    for piece in template.pieces {
        match piece {
            Piece::Text(text) => {
                check_braces(function, literal, &text, errors);
                parts.push(Part::Text(text));
            }
            Piece::Value(placeholder) => match root(function, &placeholder.root, with_result) {
                Ok(root) => parts.push(Part::Value(place(root, &placeholder, literal.span()))),
                Err(message) => errors.at(literal, message),
            },
        }
    }
    parts
}

fn root(function: &Function, name: &str, with_result: bool) -> Result<Root, String> {
    match (find(function, name), name) {
        (Some(root), _) => Ok(root),
        (None, "self") if function.sig.receiver().is_some() => Ok(Root::Receiver),
        (None, "result") if with_result => Ok(Root::Result),
        (None, "result") => {
            Err("`<result>` is not known before the call; it is a placeholder of `#[invalidates]`"
                .to_owned())
        }
        (None, _) => Err(unknown(function, name)),
    }
}

fn place(root: Root, placeholder: &Placeholder, span: Span) -> Place {
    let path = placeholder.path.iter().map(|part| member(part, span)).collect();
    Place { root, path, span }
}

fn member(name: &str, span: Span) -> Member {
    if let Ok(index) = name.parse() {
        return Member::Unnamed(Index { index, span });
    }
    let keyword = syn::parse_str::<Ident>(name).is_err();
    Member::Named(if keyword { Ident::new_raw(name, span) } else { Ident::new(name, span) })
}

/// Adds a mistake for `{arg}`.
fn check_braces(function: &Function, literal: &LitStr, text: &str, errors: &mut Errors) {
    for inside in text.split('{').skip(1).filter_map(|rest| rest.split_once('}')) {
        let path = inside.0.split(':').next().unwrap_or_default();
        let root = path.split('.').next().unwrap_or_default();
        if find(function, root).is_some() || (root == "self" && function.sig.receiver().is_some()) {
            errors.at(
                literal,
                format!("placeholders are written `<{path}>`; braces are a Redis Cluster hash tag"),
            );
        }
    }
}
