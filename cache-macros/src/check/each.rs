//! Option `each = ids`: the list whose elements are cached one by one.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::visit_mut::{self, VisitMut};
use syn::{FnArg, GenericArgument, PatIdent, PathArguments, Token, Type, parse_quote_spanned};

use super::marks::Marks;
use super::names::{find, unknown};
use super::place::{Place, Root};
use crate::errors::Errors;
use crate::facade;
use crate::function::{
    Function, Shape, bare, find_ident, first_type_argument, is_primitive, last_segment, type_span,
};

/// List of a function that is cached for each element.
pub(crate) struct Each {
    /// Index of the list among the parameters. The plan's function has the type of an element in
    /// its place.
    pub(crate) index: usize,
    /// Type of the list as it was written.
    pub(crate) list: Type,
    /// Name of the list in the function.
    pub(crate) ident: Ident,
    /// Names beside the list's, each with its `mut` if the body may change it. The function around
    /// the load does not change them.
    pub(crate) others: Vec<Other>,
    /// `mut` of the list, if there is one.
    pub(crate) mutability: Option<Token![mut]>,
}

/// Name that the body has for an argument, or for a part of an argument.
pub(crate) struct Other {
    pub(crate) ident: Ident,
    /// Type of the argument, if the name is that of the whole argument.
    pub(crate) ty: Option<Type>,
    pub(crate) mutability: Option<Token![mut]>,
}

impl Each {
    /// Tells whether the function borrows the list.
    pub(crate) fn is_borrowed(&self) -> bool {
        matches!(bare(&self.list), Type::Reference(_))
    }
}

/// Finds the list that `each` names, and puts the type of its elements in its place.
pub(super) fn take_each(
    function: &mut Function,
    name: &Ident,
    marks: &Marks,
    errors: &mut Errors,
) -> Option<Each> {
    let index = match find(function, &name.unraw().to_string()) {
        Some(Root::Param(index)) => index,
        Some(_) => {
            let message = format!(
                "`each` takes a parameter, and `{name}` is a part of one; give the list a parameter of its own"
            );
            errors.at(name, message);
            return None;
        }
        None => {
            errors.at(name, unknown(function, &name.unraw().to_string()));
            return None;
        }
    };
    check_marks(name, marks, index, errors);
    let list = function.params[index].ty.clone();
    let ident = function.params[index].ident.clone();
    let (mutability, others) = take_mutability(function, index);
    let each = Each { index, list, ident, others, mutability };
    check_list(function, &each, errors);
    let param = &mut function.params[index];
    param.ty = element(&each.list);
    // The element has another name than the list, so that no code can take the one for the other.
    param.ident = Ident::new("__element", each.ident.span().resolved_at(Span::mixed_site()));
    Some(each)
}

/// Takes `mut` off all names. Returns the `mut` of the list, and the names beside the list.
fn take_mutability(function: &mut Function, list: usize) -> (Option<Token![mut]>, Vec<Other>) {
    let inputs = function.sig.inputs.iter_mut().filter_map(|input| match input {
        FnArg::Typed(param) => Some(&mut *param.pat),
        FnArg::Receiver(_) => None,
    });
    let (mut of_list, mut others) = (None, Vec::new());
    for (index, (pattern, param)) in inputs.zip(&function.params).enumerate() {
        let mut taken = TakeMut(Vec::new());
        taken.visit_pat_mut(pattern);
        let mutability = |name: &Ident| {
            taken.0.iter().find(|(taken, _)| taken == name).map(|(_, mutability)| *mutability)
        };
        if index == list {
            of_list = mutability(&param.ident);
        } else if param.bindings.is_empty() {
            let (ident, ty) = (param.ident.clone(), Some(param.ty.clone()));
            others.push(Other { mutability: mutability(&ident), ident, ty });
        }
        others.extend(param.bindings.iter().map(|binding| Other {
            ident: binding.clone(),
            ty: None,
            mutability: mutability(binding),
        }));
    }
    (of_list, others)
}

/// Names that were `mut`, each with its token.
struct TakeMut(Vec<(Ident, Token![mut])>);

impl VisitMut for TakeMut {
    fn visit_pat_ident_mut(&mut self, pattern: &mut PatIdent) {
        // `ref mut` does not make the name `mut`.
        if pattern.by_ref.is_none() {
            self.0.extend(pattern.mutability.take().map(|token| (pattern.ident.clone(), token)));
        }
        visit_mut::visit_pat_ident_mut(self, pattern);
    }
}

fn check_marks(name: &Ident, marks: &Marks, index: usize, errors: &mut Errors) {
    if marks.skips(Root::Param(index)) {
        let message = format!(
            "`{name}` is in `skip(...)`, and each of its elements has a key of its own; remove one of the two"
        );
        errors.at(name, message);
    }
    if marks.reorders(index) {
        let message = format!(
            "each element of `{name}` has a key of its own, so that their order never matters; remove `unordered({name})`"
        );
        errors.at(name, message);
    }
}

fn check_list(function: &Function, each: &Each, errors: &mut Errors) {
    let list = &each.list;
    if find_ident(quote::quote!(#list), "impl").is_some() {
        let message = "`each` takes the list apart; name its type, such as `Vec<K>`";
        errors.at(list, message);
    } else if is_single(list) {
        let message = "`each` takes a list apart: `&[K]`, `Vec<K>`, `HashSet<K>` or `BTreeSet<K>`";
        errors.at(list, message);
    }
    let is_returned_as_future = matches!(function.shape(), Shape::Boxed | Shape::Opaque);
    if is_returned_as_future && each.is_borrowed() {
        let message = "the future that this function returns would borrow a list of the missing elements, which is gone by then; take \
                       the list by value, as `Vec<K>`";
        errors.at(list, message);
    }
}

/// Adds a mistake for a return type that is visibly neither a map nor a list of pairs.
pub(super) fn check_pairs(function: &Function, errors: &mut Errors) {
    let Some(ty) = function.value_type() else { return };
    let result = last_segment(ty).filter(|segment| segment.ident == "Result");
    let ty = result.and_then(first_type_argument).unwrap_or(ty);
    let elements = last_segment(ty).filter(|segment| segment.ident == "Vec");
    let no_pairs = elements.and_then(first_type_argument).is_some_and(
        |element| !matches!(bare(element), Type::Tuple(pair) if pair.elems.len() == 2),
    );
    if let Some(value) = value_of_map(ty).filter(|value| is_option(value)) {
        let message = "an id without a value is left out of the map, and remembered so; write the type inside `Option`";
        errors.at(value, message);
    }
    if no_pairs || is_single(ty) {
        let message = "`each` stores a value for each id; return `HashMap<K, V>`, `BTreeMap<K, V>` or `Vec<(K, V)>`, in a `Result` or not";
        errors.at(ty, message);
    }
}

/// Returns `V` of `HashMap<K, V>`, `BTreeMap<K, V>` and `Vec<(K, V)>`.
fn value_of_map(ty: &Type) -> Option<&Type> {
    let segment = last_segment(ty)?;
    match first_type_argument(segment).map(bare) {
        Some(Type::Tuple(pair)) if segment.ident == "Vec" => pair.elems.iter().nth(1),
        _ => match &segment.arguments {
            PathArguments::AngleBracketed(arguments) => match arguments.args.iter().nth(1) {
                Some(GenericArgument::Type(value)) => Some(value),
                _ => None,
            },
            _ => None,
        },
    }
}

fn is_option(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident == "Option")
}

/// Tells whether a type is visibly neither a list of ids nor a map.
fn is_single(ty: &Type) -> bool {
    const OTHERS: [&str; 7] = ["Arc", "Box", "LinkedList", "Option", "Rc", "String", "VecDeque"];
    match bare(ty) {
        Type::Reference(reference) => is_single(&reference.elem),
        Type::Tuple(_) | Type::Array(_) => true,
        ty => last_segment(ty).is_some_and(|segment| {
            OTHERS.iter().any(|other| segment.ident == other) || is_primitive(&segment.ident)
        }),
    }
}

/// Adds a mistake for a placeholder that names a part of an element. The values that the load
/// returns are found by whole ids.
pub(super) fn check_places(
    function: &Function,
    each: &Each,
    places: &[&Place],
    errors: &mut Errors,
) {
    let parts = places
        .iter()
        .filter(|place| place.root == Root::Param(each.index) && !place.path.is_empty());
    for place in parts {
        let (whole, part) = (&function.params[each.index].name, place.name(function));
        let message = format!(
            "`<{part}>` is a part of an element, and values are told apart by whole elements; write `<{whole}>`"
        );
        errors.push(syn::Error::new(place.span, message));
    }
}

/// Returns the type of a list's elements: as it is written, otherwise as the compiler finds it.
fn element(list: &Type) -> Type {
    let inner = match bare(list) {
        Type::Reference(reference) => bare(&reference.elem),
        ty => ty,
    };
    let known = last_segment(inner).filter(|segment| {
        ["Vec", "HashSet", "BTreeSet"].iter().any(|known| segment.ident == known)
    });
    if let (Type::Slice(slice), _) = (inner, known) {
        return (*slice.elem).clone();
    }
    if let Some(element) = known.and_then(first_type_argument) {
        return element.clone();
    }
    let span = type_span(list);
    let runtime = facade::path(span);
    match bare(list) {
        Type::Reference(_) => parse_quote_spanned! {span=>
            <<#inner as ::std::borrow::ToOwned>::Owned as #runtime::__private::List>::Id
        },
        _ => parse_quote_spanned!(span=> <#inner as #runtime::__private::List>::Id),
    }
}
