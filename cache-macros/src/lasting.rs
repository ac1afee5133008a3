//! What of a return type has to outlive everything, so that other callers may have it: the compiler is asked, and has to be asked about each name.
//!
//! An attribute sees no `impl` around its function, and no definition of a type: `Row` may be a type parameter, and `Fault` may hide a lifetime.

use syn::visit::{self, Visit};
use syn::{
    AngleBracketedGenericArguments, Expr, GenericArgument, Generics, Ident, Lifetime, Path, Type,
    TypePath, TypeReference,
};

use crate::function::{Function, bare, is_of_std, is_primitive, parts_of_result};

/// The types that have to last for an error to be handed to other callers. Nothing, where there is no error, or it is seen to go away.
pub(crate) fn of_error(function: &Function) -> Option<Vec<Type>> {
    let ty = function.value_type().map(bare)?;
    let generics = &function.sig.generics;
    match parts_of_result(ty) {
        Some((_, error)) => named(error, generics),
        None => named_head(ty, generics),
    }
}

/// The types that have to last for a value to be kept in this process. Nothing, where it is seen to go away.
pub(crate) fn of_value(function: &Function) -> Option<Vec<Type>> {
    let ty = function.value_type()?;
    let value = parts_of_result(ty).map_or(ty, |(value, _)| value);
    named(value, &function.sig.generics)
}

/// Whether a value's type is of the standard library alone, and hides nothing.
pub(crate) fn is_known(function: &Function) -> bool {
    of_value(function).is_some_and(|types| types.is_empty())
}

/// A type that may be a `Result` by another name. What it is given for the value is taken to be no part of its error.
fn named_head(ty: &Type, generics: &Generics) -> Option<Vec<Type>> {
    let path = match ty {
        Type::Path(path) if hides_nothing(path) => return None,
        Type::Path(path) => path,
        Type::Macro(_) => return named(ty, generics),
        _ => return None,
    };
    if path.qself.is_some() || starts_with_self(&path.path) {
        return named(ty, generics);
    }
    let mut seen = Lifetimes(false);
    seen.visit_type(ty);
    (!seen.0).then(|| vec![ty.clone()])
}

/// Every type that a type names, whose definition nobody knows here.
fn named(ty: &Type, generics: &Generics) -> Option<Vec<Type>> {
    let mut names = Names { generics, types: Vec::new(), is_open: false, is_known: true };
    names.visit_type(ty);
    let mut lifetimes = Lifetimes(false);
    lifetimes.visit_type(ty);
    (!names.is_open && !lifetimes.0).then_some(names.types)
}

/// Whether a lifetime is seen, or what has no name.
struct Lifetimes(bool);

impl Visit<'_> for Lifetimes {
    fn visit_lifetime(&mut self, lifetime: &Lifetime) {
        self.0 |= lifetime.ident != "static";
    }

    fn visit_type_reference(&mut self, reference: &TypeReference) {
        self.0 |= reference.lifetime.is_none();
        visit::visit_type_reference(self, reference);
    }

    fn visit_type(&mut self, ty: &Type) {
        self.0 |= matches!(ty, Type::ImplTrait(_) | Type::Infer(_) | Type::Verbatim(_));
        visit::visit_type(self, ty);
    }
}

struct Names<'a> {
    /// The function's own.
    generics: &'a Generics,
    types: Vec<Type>,
    /// `Self` is among them: the `impl` may have lifetimes.
    is_open: bool,
    /// What is looked at are the arguments of a type of the standard library: none is a constant.
    is_known: bool,
}

impl Visit<'_> for Names<'_> {
    fn visit_type_path(&mut self, path: &TypePath) {
        let is_known = hides_nothing(path);
        if !is_known {
            self.types.push(Type::Path(path.clone()));
        }
        self.is_open |= path.qself.is_none() && starts_with_self(&path.path);
        let around = std::mem::replace(&mut self.is_known, is_known);
        visit::visit_type_path(self, path);
        self.is_known = around;
    }

    fn visit_type(&mut self, ty: &Type) {
        match ty {
            Type::Macro(_) => self.types.push(ty.clone()),
            ty => visit::visit_type(self, ty),
        }
    }

    fn visit_angle_bracketed_generic_arguments(&mut self, list: &AngleBracketedGenericArguments) {
        for argument in &list.args {
            match plain_name(argument).filter(|_| !self.is_known) {
                Some(name) if self.is_constant(name) => {}
                Some(name) if self.may_be_constant(name) => self.is_open = true,
                _ => self.visit_generic_argument(argument),
            }
        }
    }

    /// The length of an array, and other constants.
    fn visit_expr(&mut self, _: &Expr) {}
}

impl Names<'_> {
    /// Whether a name is that of a constant, as it is written or declared.
    fn is_constant(&self, name: &Ident) -> bool {
        let text = name.to_string();
        let is_shouted = text.len() > 1 && !text.contains(char::is_lowercase);
        is_shouted || self.generics.const_params().any(|param| param.ident == *name)
    }

    /// Whether a name could be a constant's: one capital letter. A constant in the place of a type would not compile.
    fn may_be_constant(&self, name: &Ident) -> bool {
        let is_own = self.generics.type_params().any(|param| param.ident == *name);
        name.to_string().len() == 1 && !is_own
    }
}

/// An argument that is a single name: of a type or of a constant.
fn plain_name(argument: &GenericArgument) -> Option<&Ident> {
    match argument {
        GenericArgument::Type(Type::Path(path)) if path.qself.is_none() => path.path.get_ident(),
        _ => None,
    }
}

fn starts_with_self(path: &Path) -> bool {
    path.segments.first().is_some_and(|first| first.ident == "Self")
}

/// Whether a type is one of the standard library's that hide nothing.
fn hides_nothing(path: &TypePath) -> bool {
    let is_known = path.qself.is_none() && is_of_std(&path.path);
    let Some(last) = path.path.segments.last().filter(|_| is_known) else { return false };
    match &*last.ident.to_string() {
        // With one argument it is somebody's own, with an error that does not show.
        "Result" => parts_of_result(&Type::Path(path.clone())).is_some(),
        "Arc" | "BTreeMap" | "BTreeSet" | "BinaryHeap" | "Box" | "Duration" | "HashMap"
        | "HashSet" | "LinkedList" | "Option" | "Rc" | "String" | "SystemTime" | "Vec"
        | "VecDeque" => true,
        _ => is_primitive(&last.ident),
    }
}
