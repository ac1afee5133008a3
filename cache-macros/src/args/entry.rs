//! Items of an attribute's list: `name`, `name = value` or `name(…)`.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::token::Brace;
use syn::{Expr, ExprBlock, ExprPath, Lit, LitBool, LitStr, Member, Path, Token, parenthesized};

use super::Part;
use crate::errors::Errors;
use crate::options;

/// A `name`, `name = value` or `name(…)`.
pub(super) struct Entry {
    pub(super) name: Ident,
    pub(super) value: Value,
}

pub(super) enum Value {
    Missing,
    Is(Box<Expr>),
    Of(TokenStream),
}

/// Hands each item of a comma-separated list to `read`. If an item cannot be read, the rest of the
/// list still is.
pub(super) fn each_item(
    tokens: TokenStream,
    errors: &mut Errors,
    mut read: impl FnMut(ParseStream, &mut Errors) -> syn::Result<()>,
) {
    let list = |input: ParseStream| {
        while !input.is_empty() {
            let result = read(input, errors).and_then(|()| end_of_item(input));
            if errors.keep(result).is_none() {
                skip_item(input)?;
            }
        }
        Ok(())
    };
    // The list itself cannot fail, because `errors` keeps every mistake of its items.
    let _: syn::Result<()> = list.parse2(tokens);
}

fn end_of_item(input: ParseStream) -> syn::Result<()> {
    if input.is_empty() || input.parse::<Option<Token![,]>>()?.is_some() {
        return Ok(());
    }
    Err(input.error("expected `,` in front of this"))
}

fn skip_item(input: ParseStream) -> syn::Result<()> {
    while !input.is_empty() && input.parse::<Option<Token![,]>>()?.is_none() {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}

pub(super) fn parse_entry(input: ParseStream) -> syn::Result<Entry> {
    let name = Ident::parse_any(input)?;
    let value = if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        if input.is_empty() || input.peek(Token![,]) {
            Value::Missing
        } else {
            Value::Is(Box::new(parse_value(input)?))
        }
    } else if input.peek(syn::token::Paren) {
        let inside;
        parenthesized!(inside in input);
        Value::Of(inside.parse()?)
    } else {
        Value::Missing
    };
    Ok(Entry { name, value })
}

impl Entry {
    /// Returns an error that shows how the option is written.
    pub(super) fn misused(&self) -> syn::Error {
        let name = self.name.to_string();
        self.wrong(&format!("`{name}` is written {}", options::example(&name)))
    }

    /// Returns an error at the value, or at the option's name if there is no value.
    pub(super) fn wrong(&self, message: &str) -> syn::Error {
        match &self.value {
            Value::Is(expr) => syn::Error::new_spanned(expr, message),
            Value::Missing | Value::Of(_) => syn::Error::new_spanned(&self.name, message),
        }
    }

    pub(super) fn expression(self) -> syn::Result<Expr> {
        match self.value {
            Value::Is(expr) => Ok(*expr),
            Value::Missing | Value::Of(_) => Err(self.misused()),
        }
    }

    pub(super) fn literal(&self) -> Option<&Lit> {
        match &self.value {
            Value::Is(expr) => literal(expr),
            Value::Missing | Value::Of(_) => None,
        }
    }

    pub(super) fn text(&self) -> syn::Result<LitStr> {
        match self.literal() {
            Some(Lit::Str(text)) => Ok(text.clone()),
            _ => Err(self.misused()),
        }
    }

    /// Returns a number that may have a fraction. A sign is not part of a literal, so that negative
    /// numbers are errors.
    pub(super) fn factor(&self) -> syn::Result<f64> {
        let value = match self.literal() {
            Some(Lit::Float(number)) => number.base10_parse::<f64>(),
            Some(Lit::Int(number)) => number.base10_parse::<f64>(),
            _ => return Err(self.misused()),
        };
        value.ok().filter(|value| value.is_finite()).ok_or_else(|| self.misused())
    }

    pub(super) fn number(&self) -> syn::Result<u32> {
        match self.literal() {
            Some(Lit::Int(number)) => number
                .base10_parse()
                .map_err(|_| syn::Error::new_spanned(number, "`version` is at most 4294967295")),
            _ => Err(self.misused()),
        }
    }

    /// Returns the name of `each = ids`.
    pub(super) fn parameter(&self) -> syn::Result<Ident> {
        match &self.value {
            Value::Is(expr) => name_of(expr).ok_or_else(|| self.misused()),
            Value::Missing | Value::Of(_) => Err(self.misused()),
        }
    }

    /// Returns the path of the runtime. The path may be text, too, as serde has it.
    pub(super) fn runtime(&self) -> syn::Result<Path> {
        match (self.path(), self.literal()) {
            (Some(path), _) if path.qself.is_none() => Ok(path.path.clone()),
            (_, Some(Lit::Str(text))) => text.parse_with(Path::parse_mod_style),
            _ => Err(self.misused()),
        }
    }

    /// Returns the value if it is a path.
    pub(super) fn path(&self) -> Option<&ExprPath> {
        match &self.value {
            Value::Is(expr) => path_of(expr),
            Value::Missing | Value::Of(_) => None,
        }
    }

    pub(super) fn switch(&self) -> syn::Result<bool> {
        match self.literal() {
            Some(Lit::Bool(LitBool { value, .. })) => Ok(*value),
            _ => Err(self.misused()),
        }
    }

    /// Returns a lone word, or the word of `word = true`. Returns `None` for `word = false`.
    pub(super) fn word(self) -> syn::Result<Option<Ident>> {
        let is_on = matches!(self.value, Value::Missing) || self.switch()?;
        Ok(is_on.then_some(self.name))
    }

    /// Returns the names of `skip(a, b)`. A name that stands twice is a mistake, and is returned
    /// once.
    pub(super) fn names(&self, errors: &mut Errors) -> syn::Result<Vec<Ident>> {
        let Value::Of(tokens) = &self.value else {
            return Err(self.misused());
        };
        let mut names: Vec<Ident> = Vec::new();
        for name in parse_names(tokens.clone()).map_err(|error| self.not_names(&error))? {
            if names.contains(&name) {
                errors.at(
                    &name,
                    format!(
                        "`{name}` is named twice in `{}(...)`; remove one of the two",
                        self.name
                    ),
                );
            } else {
                names.push(name);
            }
        }
        if names.is_empty() { Err(self.misused()) } else { Ok(names) }
    }

    /// Returns the parts of `unordered(a, b.c)`. A part that stands twice is a mistake, and is
    /// returned once.
    pub(super) fn parts(&self, errors: &mut Errors) -> syn::Result<Vec<Part>> {
        let Value::Of(tokens) = &self.value else {
            return Err(self.misused());
        };
        let exprs = Punctuated::<Expr, Token![,]>::parse_terminated;
        let exprs = exprs.parse2(tokens.clone()).map_err(|error| self.not_names(&error))?;
        let mut parts: Vec<Part> = Vec::new();
        for expr in exprs {
            let part = part_of(ungrouped(expr)).map_err(|error| self.not_names(&error))?;
            let name = part.name();
            if parts.iter().any(|earlier| earlier.name() == name) {
                let message = format!(
                    "`{name}` is named twice in `{}(...)`; remove one of the two",
                    self.name
                );
                errors.at(&part.expr, message);
            } else {
                parts.push(part);
            }
        }
        if parts.is_empty() { Err(self.misused()) } else { Ok(parts) }
    }

    fn not_names(&self, error: &syn::Error) -> syn::Error {
        let name = self.name.to_string();
        let message =
            format!("`{name}(...)` takes names of parameters, as in {}", options::example(&name));
        syn::Error::new(error.span(), message)
    }
}

fn parse_names(tokens: TokenStream) -> syn::Result<Punctuated<Ident, Token![,]>> {
    Parser::parse2(|input: ParseStream| input.parse_terminated(Ident::parse_any, Token![,]), tokens)
}

/// Returns an expression as a parameter, or as a field of a parameter.
fn part_of(expr: Expr) -> syn::Result<Part> {
    let mut path = Vec::new();
    let mut inner = &expr;
    while let Expr::Field(field) = inner {
        path.insert(
            0,
            match &field.member {
                Member::Named(name) => name.unraw().to_string(),
                Member::Unnamed(index) => index.index.to_string(),
            },
        );
        inner = &field.base;
    }
    let root = name_of(inner).ok_or_else(|| syn::Error::new_spanned(&expr, "no parameter"))?;
    Ok(Part { root, path, expr })
}

/// Returns the name if an expression is a lone name.
fn name_of(expr: &Expr) -> Option<Ident> {
    path_of(expr)?.path.get_ident().cloned()
}

/// Reads an expression without the groups in which a `macro_rules!` hands it on: around the whole
/// expression, and around the called function. Groups have no text of their own, and no other
/// function of this module has to handle them.
pub(super) fn parse_value(input: ParseStream) -> syn::Result<Expr> {
    let mut expr = ungrouped(input.parse()?);
    match &mut expr {
        Expr::Call(call) => {
            *call.func = ungrouped((*call.func).clone());
            call.args.iter_mut().for_each(|arg| *arg = ungrouped(arg.clone()));
        }
        Expr::MethodCall(call) => {
            call.args.iter_mut().for_each(|arg| *arg = ungrouped(arg.clone()));
        }
        _ => {}
    }
    Ok(expr)
}

fn ungrouped(expr: Expr) -> Expr {
    match expr {
        Expr::Group(group) => ungrouped(*group.expr),
        Expr::Block(block) => Expr::Block(unlinted(block)),
        expr => expr,
    }
}

/// Returns the block with braces that count as generated. Otherwise a lint would find the braces
/// unnecessary in some places, as in the argument of a method.
fn unlinted(mut block: ExprBlock) -> ExprBlock {
    let braces = &mut block.block.brace_token;
    *braces = Brace(Span::mixed_site().located_at(braces.span.join()));
    block
}

/// Returns the path if an expression is one. The base of a field access may be in a group.
fn path_of(expr: &Expr) -> Option<&ExprPath> {
    match expr {
        Expr::Path(path) => Some(path),
        Expr::Group(group) => path_of(&group.expr),
        _ => None,
    }
}

/// Returns the literal if an expression is one.
pub(super) fn literal(expr: &Expr) -> Option<&Lit> {
    match expr {
        Expr::Lit(lit) => Some(&lit.lit),
        _ => None,
    }
}
