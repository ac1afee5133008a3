//! Names in a return type that have to be `'static`, so that other callers may get the value or its
//! error.
//!
//! Generated code asks the compiler about each of these names. An attribute sees no `impl` around
//! its function, and no definition of a type. `Row` may be a type parameter, and `Fault` may hide a
//! lifetime.

use syn::visit::{self, Visit};
use syn::{
    AngleBracketedGenericArguments, Expr, GenericArgument, Generics, Ident, Lifetime, Path, Type,
    TypePath, TypeReference,
};

use crate::function::{Function, bare, is_of_std, is_primitive, parts_of_result};

/// Returns the types that have to be `'static` before an error can be handed to other callers.
/// Returns `None` if there is no error, or if the error visibly borrows.
pub(crate) fn of_error(function: &Function) -> Option<Vec<Type>> {
    let ty = function.value_type().map(bare)?;
    let generics = &function.sig.generics;
    match parts_of_result(ty) {
        Some((_, error)) => named(error, generics),
        None => named_head(ty, generics),
    }
}

/// Returns the types that have to be `'static` before a value can stay in the tier of this process.
/// Returns `None` if the value visibly borrows.
pub(crate) fn of_value(function: &Function) -> Option<Vec<Type>> {
    let ty = function.value_type()?;
    let value = parts_of_result(ty).map_or(ty, |(value, _)| value);
    named(value, &function.sig.generics)
}

/// Tells whether a value's type consists of types of the standard library that hide no lifetime.
pub(crate) fn is_known(function: &Function) -> bool {
    of_value(function).is_some_and(|types| types.is_empty())
}

/// Returns a type that may be a `Result` by another name. Type arguments for the value are taken to
/// be no part of the error.
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

/// Returns every name in a type whose definition an attribute does not see.
fn named(ty: &Type, generics: &Generics) -> Option<Vec<Type>> {
    let mut names = Names { generics, types: Vec::new(), is_open: false, is_known: true };
    names.visit_type(ty);
    let mut lifetimes = Lifetimes(false);
    lifetimes.visit_type(ty);
    (!names.is_open && !lifetimes.0).then_some(names.types)
}

/// `true` if a type shows a lifetime other than `'static`, or a part without a name, such as
/// `impl Trait`.
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
    /// Generics of the function.
    generics: &'a Generics,
    types: Vec<Type>,
    /// `true` if `Self` is among the names. The `impl` around the function may have lifetimes.
    is_open: bool,
    /// `true` inside the arguments of a type of the standard library. No constant stands there.
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

    /// Skips the length of an array, and other constants.
    fn visit_expr(&mut self, _: &Expr) {}
}

impl Names<'_> {
    /// Tells whether a name is that of a constant, as the name is written or declared.
    fn is_constant(&self, name: &Ident) -> bool {
        let text = name.to_string();
        let is_shouted = text.len() > 1 && !text.contains(char::is_lowercase);
        is_shouted || self.generics.const_params().any(|param| param.ident == *name)
    }

    /// Tells whether a name could be a constant's: a single capital letter. A constant in the place
    /// of a type would not compile.
    fn may_be_constant(&self, name: &Ident) -> bool {
        let is_own = self.generics.type_params().any(|param| param.ident == *name);
        name.to_string().len() == 1 && !is_own
    }
}

/// Returns an argument that is a single name, of a type or of a constant.
fn plain_name(argument: &GenericArgument) -> Option<&Ident> {
    match argument {
        GenericArgument::Type(Type::Path(path)) if path.qself.is_none() => path.path.get_ident(),
        _ => None,
    }
}

fn starts_with_self(path: &Path) -> bool {
    path.segments.first().is_some_and(|first| first.ident == "Self")
}

/// Tells whether a type is one of those in the standard library that hide no lifetime.
fn hides_nothing(path: &TypePath) -> bool {
    let is_known = path.qself.is_none() && is_of_std(&path.path);
    let Some(last) = path.path.segments.last().filter(|_| is_known) else { return false };
    match &*last.ident.to_string() {
        // A `Result` with one argument is an alias, whose error does not show.
        "Result" => parts_of_result(&Type::Path(path.clone())).is_some(),
        "Arc" | "BTreeMap" | "BTreeSet" | "BinaryHeap" | "Box" | "Duration" | "HashMap"
        | "HashSet" | "LinkedList" | "Option" | "Rc" | "String" | "SystemTime" | "Vec"
        | "VecDeque" => true,
        _ => is_primitive(&last.ident),
    }
}
