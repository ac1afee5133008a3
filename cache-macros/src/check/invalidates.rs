//! Rules of `#[invalidates]`.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::visit::Visit;
use syn::{Expr, ExprPath, LitStr, Macro, Type};

use super::names::find;
use super::place::{Part, resolve};
use super::signature::{Attribute, check_signature};
use crate::args::{InvalidatesArgs, Target};
use crate::errors::Errors;
use crate::function::{Function, Shape, bare, last_segment};
use crate::template;

/// An `#[invalidates]` function, ready to be expanded.
pub(crate) struct InvalidatesPlan {
    pub(crate) function: Function,
    pub(crate) patterns: Vec<Vec<Part>>,
    pub(crate) calls: Vec<Call>,
    pub(crate) always: bool,
    pub(crate) returns_error: bool,
    pub(crate) again_after_ms: Option<u64>,
    /// `true` if the named calls are made after the invalidation.
    pub(crate) refreshes: bool,
    pub(crate) cache: Option<Expr>,
}

/// A named call of a cached function.
pub(crate) struct Call {
    pub(crate) expr: Expr,
    /// The user's `result`, if the call needs the function's return value.
    pub(crate) result: Option<Ident>,
}

/// Checks an `#[invalidates]` function. The plan can be used only if no mistake was added.
pub(crate) fn invalidates(
    function: Function,
    args: InvalidatesArgs,
    errors: &mut Errors,
) -> InvalidatesPlan {
    check_signature(&function, Attribute::Invalidates, errors);
    if args.targets.is_empty() && errors.count() == 0 {
        let message = "nothing to invalidate; write a pattern: `#[invalidates(\"users:*\")]`";
        errors.push(syn::Error::new(Span::call_site(), message));
    }
    let mut patterns = Vec::new();
    let mut calls = Vec::new();
    for target in args.targets {
        match target {
            Target::Pattern(literal) => patterns.push(pattern(&function, &literal, errors)),
            Target::Call(expr) => calls.push(call(&function, expr)),
        }
    }
    let plan = InvalidatesPlan {
        function,
        patterns,
        calls,
        always: args.always.is_some(),
        returns_error: args.returns_error.is_some(),
        again_after_ms: args.again_after_ms,
        refreshes: args.refresh.is_some(),
        cache: args.cache,
    };
    if let Some(word) = &args.refresh {
        check_refresh(&plan, word, errors);
    }
    check_always(&plan, args.always.as_ref(), errors);
    if let Some(word) = &args.returns_error {
        check_result(&plan.function, word, errors);
    }
    plan
}

fn pattern(function: &Function, literal: &LitStr, errors: &mut Errors) -> Vec<Part> {
    resolve(function, literal, template::pattern(&literal.value()), true, errors)
}

fn call(function: &Function, expr: Expr) -> Call {
    let result = match find(function, "result") {
        Some(_) => None,
        None => result_in(&expr),
    };
    Call { expr, result }
}

/// Returns the word `result` if it stands for a value. A field, a method, and the last part of a
/// path do not count.
fn result_in(expr: &Expr) -> Option<Ident> {
    struct Find(Option<Ident>);
    impl Visit<'_> for Find {
        fn visit_expr_path(&mut self, path: &ExprPath) {
            let name = path.path.get_ident().filter(|name| *name == "result");
            self.0 = self.0.take().or_else(|| name.cloned());
        }

        fn visit_macro(&mut self, found: &Macro) {
            self.0 = self.0.take().or_else(|| result_among(found.tokens.clone()));
        }
    }
    let mut find = Find(None);
    find.visit_expr(expr);
    find.0
}

/// Returns the word `result` among the tokens of a macro, as in `vec![result]`.
fn result_among(tokens: TokenStream) -> Option<Ident> {
    let mut is_behind = false;
    tokens.into_iter().find_map(|token| {
        let is_part = is_behind;
        is_behind =
            matches!(&token, TokenTree::Punct(punct) if matches!(punct.as_char(), '.' | ':'));
        match token {
            TokenTree::Ident(word) if word == "result" && !is_part => Some(word),
            TokenTree::Group(group) => result_among(group.stream()),
            _ => None,
        }
    })
}

/// Adds mistakes for `refresh` if nothing can be loaded.
fn check_refresh(plan: &InvalidatesPlan, word: &Ident, errors: &mut Errors) {
    if plan.function.shape() == Shape::Blocking {
        errors.at(word, "`refresh` awaits the calls, which a blocking function cannot; make it async, or remove `refresh`");
    }
    if plan.calls.is_empty() {
        errors.at(word, "`refresh` loads the named calls anew, and none is named; add one, whole as it would be made: `get_user(db, id)`");
    }
    if plan.again_after_ms.is_some() {
        errors.at(
            word,
            "`again_after` would delete what `refresh` has loaded; remove one of the two",
        );
    }
    for call in plan.calls.iter().filter(|call| call.result.is_some()) {
        let message = "`refresh` takes its calls before the body runs, when there is no `result` yet; name a call without it, or remove `refresh`";
        errors.at(&call.expr, message);
    }
}

/// Adds a mistake for a call that needs the `result` after an error, when there is none. A pattern
/// is widened then.
fn check_always(plan: &InvalidatesPlan, always: Option<&LitStr>, errors: &mut Errors) {
    let Some(always) = always else { return };
    if plan.calls.iter().any(|call| call.result.is_some()) {
        let message = "after an error there is no `result` to call with; name a pattern, whose `<result>` matches anything then, or remove `when = \"always\"`";
        errors.at(always, message);
    }
}

/// Adds a mistake for `on_error = "return"` on a function that returns no errors. Names unknown to
/// this check may be aliases, which the compiler checks.
fn check_result(function: &Function, returns_error: &LitStr, errors: &mut Errors) {
    let ty = function.value_type().map(bare);
    let is_none = match ty {
        None | Some(Type::Tuple(_) | Type::ImplTrait(_)) => true,
        Some(ty) => last_segment(ty).is_some_and(|segment| segment.ident == "Option"),
    };
    if is_none {
        let message = "the function returns no `Result` that could hold the fault; return one, or remove `on_error`";
        errors.at(returns_error, message);
    }
}
