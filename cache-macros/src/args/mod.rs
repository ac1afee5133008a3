//! Arguments of `#[cached(…)]`, of `#[invalidates(…)]` and of the macros that name a call.
//! Words and values each have their place in the source.

mod entry;
mod target;
mod time;

use proc_macro2::{Ident, Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, ExprPath, Lit, LitInt, LitStr, Path, Token};

use self::entry::{Entry, each_item, literal, parse_entry};
pub(crate) use self::target::{Macro, Named, Target};
use self::time::literal_ms;
use crate::duration;
use crate::errors::Errors;
use crate::options::{CACHED, INVALIDATES, OptionSet};

/// Options of `#[cached]`.
#[derive(Default)]
pub(crate) struct CachedArgs {
    pub(crate) ttl: Option<Ttl>,
    pub(crate) key: Option<LitStr>,
    pub(crate) skip: Vec<Ident>,
    pub(crate) unordered: Vec<Part>,
    pub(crate) each: Option<Ident>,
    pub(crate) id: Option<LitStr>,
    pub(crate) version: Option<u32>,
    pub(crate) store_if: Option<Expr>,
    pub(crate) none_ttl: Option<Time>,
    pub(crate) single_flight: Option<bool>,
    pub(crate) lease_ms: Option<u64>,
    pub(crate) local: Option<Local>,
    pub(crate) wait: Option<Wait>,
    pub(crate) stale: Option<Time>,
    pub(crate) stale_if_error: Option<Time>,
    pub(crate) early: Option<Factor>,
    pub(crate) jitter: Option<Factor>,
    pub(crate) codec: Option<Codec>,
    pub(crate) compress: Option<Compress>,
    /// Word `shape`, as it stands in the source.
    pub(crate) shape: Option<Ident>,
    pub(crate) cache: Option<Expr>,
    pub(crate) companion: Option<bool>,
    /// Path of the runtime.
    pub(crate) runtime: Option<Path>,
    /// `true` if an unknown word may have been about the parts of the key.
    pub(crate) is_unsure: bool,
}

/// Parts `ids` or `filter.tags` of `unordered(ids, filter.tags)`.
pub(crate) struct Part {
    pub(crate) root: Ident,
    /// Fields from the root inwards, as serde writes them: `tags`.
    pub(crate) path: Vec<String>,
    /// Part as it stands in the source.
    pub(crate) expr: Expr,
}

impl Part {
    /// Returns the part as text: `filter.tags`.
    pub(crate) fn name(&self) -> String {
        let root = self.root.unraw().to_string();
        self.path.iter().fold(root, |name, field| format!("{name}.{field}"))
    }
}

/// Option `wait = "2s"`.
pub(crate) struct Wait {
    pub(crate) ms: u64,
    /// Name of the option, as it stands in the source.
    pub(crate) name: Ident,
}

/// Options `stale = "1m"`, `stale_if_error = "1h"` and `none_ttl = "30s"`.
pub(crate) struct Time {
    pub(crate) ms: u64,
    /// Name of the option, as it stands in the source.
    pub(crate) name: Ident,
}

/// Options `early = 1.0` and `jitter = 0.1`.
pub(crate) struct Factor {
    pub(crate) value: f64,
    /// Name of the option, as it stands in the source.
    pub(crate) name: Ident,
}

/// Forms of `codec`, except for the default `"json"`.
pub(crate) enum Codec {
    /// `codec = "msgpack"`, at this place.
    MessagePack(Span),
    /// `codec = MyCodec`.
    Own(ExprPath),
}

/// Forms of `compress`.
pub(crate) enum Compress {
    /// `compress = 4096`.
    From(LitInt),
    /// `compress = false`.
    Never,
}

/// Forms of `local`.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Local {
    /// `local = "5s"`, in milliseconds.
    UpTo(u64),
    /// `local = false`.
    Never,
}

/// Forms of `ttl`.
pub(crate) enum Ttl {
    /// `ttl = 300`, `ttl = "5m"`.
    Milliseconds(u64),
    /// `ttl = "@name"`, without the `@`.
    Named(String),
    /// `ttl = expr`.
    Expression(Expr),
    /// `ttl = |value| …`.
    FromValue(Expr),
}

/// Arguments of `#[invalidates]`.
#[derive(Default)]
pub(crate) struct InvalidatesArgs {
    pub(crate) targets: Vec<Target>,
    /// Value of `when = "always"`.
    pub(crate) always: Option<LitStr>,
    /// Value of `on_error = "return"`.
    pub(crate) returns_error: Option<LitStr>,
    pub(crate) again_after_ms: Option<u64>,
    /// Word `refresh`, as it stands in the source.
    pub(crate) refresh: Option<Ident>,
    /// Path of the runtime.
    pub(crate) runtime: Option<Path>,
    pub(crate) cache: Option<Expr>,
}

/// Reads the options of `#[cached]`. A mistake in one option does not hide the mistakes in others.
pub(crate) fn cached(tokens: TokenStream, errors: &mut Errors) -> CachedArgs {
    let mut args = CachedArgs::default();
    let mut seen = Vec::new();
    each_item(tokens, errors, |input, errors| {
        if !input.peek(Ident::peek_any) {
            return Err(not_an_option(input));
        }
        let entry = parse_entry(input)?;
        let about_key = entry.name == "skip" || entry.name == "key" || entry.name == "each";
        if !is_usable(&entry, &CACHED, &mut seen, errors) {
            args.is_unsure = true;
        } else if let Err(error) = args.set(entry, errors) {
            args.is_unsure |= about_key;
            errors.push(error);
        }
        Ok(())
    });
    args
}

/// Reads the arguments of `#[invalidates]`.
pub(crate) fn invalidates(tokens: TokenStream, errors: &mut Errors) -> InvalidatesArgs {
    let mut args = InvalidatesArgs::default();
    let mut seen = Vec::new();
    each_item(tokens, errors, |input, errors| {
        if !is_option(input) {
            return target::parse(input).map(|target| args.targets.push(target));
        }
        let entry = parse_entry(input)?;
        if is_usable(&entry, &INVALIDATES, &mut seen, errors) {
            let result = args.set(entry);
            errors.keep(result);
        }
        Ok(())
    });
    args
}

/// Returns an error for an argument without a name, such as `#[cached(300)]`.
fn not_an_option(input: ParseStream) -> syn::Error {
    let hint = match input.fork().parse::<Lit>() {
        Ok(Lit::Int(number)) => format!("options are named; write `ttl = {number}`"),
        Ok(Lit::Str(text)) if duration::parse(&text.value()).is_ok() => {
            format!("options are named; write `ttl = \"{}\"`", text.value())
        }
        Ok(Lit::Str(text)) => format!("options are named; write `key = \"{}\"`", text.value()),
        _ => "expected an option, such as `ttl = 300`".to_owned(),
    };
    input.error(hint)
}

/// Reads the arguments of `key!`, `invalidate!` or `prime!`.
pub(crate) fn named(tokens: TokenStream, asked: Macro) -> syn::Result<Named> {
    target::named(tokens, asked)
}

/// Tells whether an option is known and given for the first time.
fn is_usable(entry: &Entry, set: &OptionSet, seen: &mut Vec<String>, errors: &mut Errors) -> bool {
    let name = entry.name.to_string();
    if let Some(message) = set.refusal(&name) {
        errors.at(&entry.name, message);
        return false;
    }
    if seen.contains(&name) {
        errors.at(&entry.name, format!("option `{name}` is given twice; remove one of the two"));
        return false;
    }
    seen.push(name);
    true
}

/// Tells whether an item of `#[invalidates]` is `name = …`, or a lone word that is an option.
fn is_option(input: ParseStream) -> bool {
    let named = input.peek2(Token![=]) && !input.peek2(Token![==]);
    let fork = input.fork();
    let lone = |word: &Ident| {
        INVALIDATES.knows(&word.to_string()) && (fork.is_empty() || fork.peek(Token![,]))
    };
    input.peek(Ident::peek_any)
        && (named || fork.call(Ident::parse_any).is_ok_and(|word| lone(&word)))
}

impl CachedArgs {
    /// Tells whether an earlier value may be served in place of a load.
    pub(crate) fn may_serve_stale(&self) -> bool {
        self.stale.is_some() || self.stale_if_error.is_some() || self.early.is_some()
    }

    fn set(&mut self, entry: Entry, errors: &mut Errors) -> syn::Result<()> {
        match entry.name.to_string().as_str() {
            "ttl" => self.ttl = Some(ttl(entry.expression()?)?),
            "key" => self.key = Some(entry.text()?),
            "skip" => self.skip = entry.names(errors)?,
            "each" => self.each = Some(entry.parameter()?),
            "unordered" => self.unordered = entry.parts(errors)?,
            "id" => self.id = Some(non_empty(entry.text()?)?),
            "version" => self.version = Some(entry.number()?),
            "store_if" => self.store_if = Some(entry.expression()?),
            "none_ttl" => self.none_ttl = Some(Time { ms: time::of(&entry)?, name: entry.name }),
            "companion" => self.companion = Some(entry.switch()?),
            "crate" => self.runtime = Some(entry.runtime()?),
            "single_flight" => self.single_flight = Some(entry.switch()?),
            "lease" => self.lease_ms = Some(time::lease(&entry)?),
            "local" => self.local = Some(local(&entry)?),
            "codec" => self.codec = codec(&entry)?,
            "compress" => self.compress = Some(compress(&entry)?),
            "shape" => self.shape = entry.word()?,
            "stale" => self.stale = Some(stale(entry)?),
            "stale_if_error" => self.stale_if_error = Some(stale(entry)?),
            "early" => self.early = Some(early(entry)?),
            "jitter" => self.jitter = Some(jitter(entry)?),
            "wait" => self.wait = Some(Wait { ms: time::of(&entry)?, name: entry.name }),
            _ => self.cache = Some(entry.expression()?),
        }
        Ok(())
    }
}

impl InvalidatesArgs {
    fn set(&mut self, entry: Entry) -> syn::Result<()> {
        match entry.name.to_string().as_str() {
            "again_after" => self.again_after_ms = Some(time::again_after(&entry)?),
            "crate" => self.runtime = Some(entry.runtime()?),
            "refresh" => self.refresh = entry.word()?,
            "on_error" => self.returns_error = returns_error(entry.text()?)?,
            "when" => self.always = always(entry.text()?)?,
            _ => self.cache = Some(entry.expression()?),
        }
        Ok(())
    }
}

/// Returns the value of `when = "always"`. Returns `None` for `"ok"`, the default.
fn always(when: LitStr) -> syn::Result<Option<LitStr>> {
    match when.value().as_str() {
        "always" => Ok(Some(when)),
        "ok" => Ok(None),
        _ => {
            let message =
                "`when` is `\"ok\"`, after success alone, or `\"always\"`, after errors too";
            Err(syn::Error::new_spanned(when, message))
        }
    }
}

/// Returns the value of `on_error = "return"`. Returns `None` for `"log"`, the default.
fn returns_error(on_error: LitStr) -> syn::Result<Option<LitStr>> {
    match on_error.value().as_str() {
        "return" => Ok(Some(on_error)),
        "log" => Ok(None),
        _ => {
            let message = "`on_error` is `\"log\"`, the default, or `\"return\"`, which makes it the function's error";
            Err(syn::Error::new_spanned(on_error, message))
        }
    }
}

fn non_empty(text: LitStr) -> syn::Result<LitStr> {
    if text.value().is_empty() {
        return Err(syn::Error::new_spanned(
            text,
            "`id` is empty; write a name such as `id = \"users.list\"`",
        ));
    }
    Ok(text)
}

fn local(entry: &Entry) -> syn::Result<Local> {
    match entry.switch() {
        Ok(false) => return Ok(Local::Never),
        Ok(true) => {
            let message = "values are kept in process wherever the handle was built with `local(entries)`; write for how long at \
                           most, as `local = \"5s\"`, or remove the option";
            return Err(entry.wrong(message));
        }
        Err(_) => {}
    }
    match time::of(entry)? {
        0 => Err(entry.wrong("write `local = false` to keep nothing in process")),
        ms => Ok(Local::UpTo(ms)),
    }
}

/// Reads the option `codec`.
fn codec(entry: &Entry) -> syn::Result<Option<Codec>> {
    if let Some(path) = entry.path() {
        return Ok(Some(Codec::Own(path.clone())));
    }
    let name = entry.text()?;
    match name.value().as_str() {
        "json" => Ok(None),
        "msgpack" => Ok(Some(Codec::MessagePack(name.span()))),
        _ => {
            let message = "`codec` is `\"json\"`, the default, or `\"msgpack\"`; for another one write the type that implements \
                           `cache_runtime::codec::Codec`, without quotes: `codec = MyCodec`";
            Err(syn::Error::new_spanned(name, message))
        }
    }
}

/// Reads the option `compress`.
fn compress(entry: &Entry) -> syn::Result<Compress> {
    if let Some(Lit::Int(bytes)) = entry.literal() {
        bytes.base10_parse::<u32>().map_err(|_| {
            entry.wrong(
                "`compress` says from how many bytes on a value is compressed, at most 4294967295",
            )
        })?;
        return Ok(Compress::From(bytes.clone()));
    }
    match entry.switch() {
        Ok(false) => Ok(Compress::Never),
        Ok(true) => {
            Err(entry
                .wrong("write from how many bytes on a value is compressed, as `compress = 4096`"))
        }
        Err(_) => Err(entry.misused()),
    }
}

/// Reads the options `stale` and `stale_if_error`.
fn stale(entry: Entry) -> syn::Result<Time> {
    match time::of(&entry)? {
        0 => Err(entry.wrong(&format!("zero keeps no expired value; remove `{}`", entry.name))),
        ms => Ok(Time { ms, name: entry.name }),
    }
}

/// Reads the option `early`, the factor of `XFetch`.
fn early(entry: Entry) -> syn::Result<Factor> {
    let value = entry.factor()?;
    if value <= 0.0 {
        return Err(entry.wrong(
            "zero never loads early; write `early = 1.0`, more to load earlier, or remove `early`",
        ));
    }
    Ok(Factor { value, name: entry.name })
}

/// Reads the option `jitter`, a part of the TTL.
fn jitter(entry: Entry) -> syn::Result<Factor> {
    let value = entry.factor()?;
    if value <= 0.0 || value >= 1.0 {
        return Err(entry.wrong("`jitter` is the part of its TTL by which a value may expire sooner, between 0 and 1; write `jitter = 0.1`"));
    }
    Ok(Factor { value, name: entry.name })
}

/// Reads a TTL by name, such as `"@templates"`.
fn named_ttl(text: &LitStr, name: &str) -> syn::Result<Ttl> {
    if name.is_empty() || name.contains(char::is_whitespace) {
        let message = "`@` stands before the name of a TTL that the handle's configuration has, as `ttl = \"@templates\"`";
        return Err(syn::Error::new_spanned(text, message));
    }
    Ok(Ttl::Named(name.to_owned()))
}

fn ttl(expr: Expr) -> syn::Result<Ttl> {
    if matches!(expr, Expr::Closure(_)) {
        return Ok(Ttl::FromValue(expr));
    }
    if let Some(Lit::Str(text)) = literal(&expr)
        && let Some(name) = text.value().strip_prefix('@')
    {
        return named_ttl(text, name);
    }
    match literal_ms(&expr)? {
        Some(0) => {
            let message =
                "a TTL of zero stores nothing; write at least `\"1ms\"`, or remove `#[cached]`";
            Err(syn::Error::new_spanned(expr, message))
        }
        Some(ms) => Ok(Ttl::Milliseconds(ms)),
        None => Ok(Ttl::Expression(expr)),
    }
}
