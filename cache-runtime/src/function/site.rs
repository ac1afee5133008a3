//! Describes one annotated function by a constant.

use crate::entry::codec::form::Encoding;
use crate::entry::freshness::Grace;
use std::time::Duration;

/// A piece of a key template or of an invalidation pattern.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    /// Text as the user wrote it.
    Text(&'static str),
    /// The value of the argument with this number, counted in the order of the hash.
    Argument(usize),
    /// The place of a placeholder's value.
    Value,
}

/// The rule for keeping a function's values in the in-process tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Local {
    /// If the handle has a tier, values are kept there for the handle's time.
    AsTheHandle,
    /// If the handle has a tier, values are kept there for this time at most.
    UpTo(Duration),
    Never,
}

/// The rule for compressing a function's values in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compress {
    /// Values are compressed from the handle's number of bytes on, if the handle has one.
    AsTheHandle,
    /// Values are compressed from this number of bytes on.
    From(usize),
    Never,
}

/// The writer of a word in a function's definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writer {
    /// The author of the function, or of the tokens that a macro was given.
    Hand,
    /// A `macro_rules!`, so that each of its expansions has the word.
    Macro,
}

/// The function that a description belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Describer {
    /// The function itself.
    Function,
    /// The companion, which names calls and makes none.
    Companion,
}

/// The time at which the calls are known that an attribute invalidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Calls {
    /// All calls are known before the body runs.
    Early,
    /// Some calls have the function's return value among their arguments.
    Late,
}

/// The content of one `#[cached]` or `#[invalidates]` attribute, known at compile time.
///
/// A site has no generics and no run-time state: statistics refer to it, and a later linker section
/// may hold all sites.
#[derive(Debug)]
pub struct Site {
    pub(crate) module: &'static str,
    pub(crate) name: &'static str,
    pub(crate) file: &'static str,
    pub(crate) line: u32,
    pub(crate) column: u32,
    /// A number made of the function's tokens and place. Another function with the same path has
    /// another number.
    pub(crate) own: u64,
    pub(crate) name_by: Writer,
    pub(crate) id_by: Writer,
    /// `true` if some of the function's own types and constants are no part of the key. Such types
    /// occur in skipped parameters alone.
    pub(crate) leaves_out: bool,
    pub(crate) by: Describer,
    pub(crate) id: Option<&'static str>,
    pub(crate) version: u32,
    pub(crate) ttl: Option<Duration>,
    /// The name of a TTL that is configured on the handle.
    pub(crate) ttl_name: Option<&'static str>,
    pub(crate) ttl_from_value: bool,
    pub(crate) none_ttl: Option<Duration>,
    pub(crate) single_flight: bool,
    pub(crate) lease: Option<Duration>,
    pub(crate) wait: Option<Duration>,
    pub(crate) local: Local,
    pub(crate) grace: Grace,
    /// The codec. `None` if the codec is the user's own.
    pub(crate) codec: Option<Encoding>,
    pub(crate) compress: Compress,
    pub(crate) again_after: Option<Duration>,
    pub(crate) calls: Calls,
    pub(crate) key: Option<&'static [Part]>,
    pub(crate) patterns: &'static [&'static [Part]],
}

impl Site {
    /// Describes a `#[cached]` function.
    #[must_use]
    pub const fn cached(
        module: &'static str,
        name: &'static str,
        file: &'static str,
        line: u32,
        column: u32,
    ) -> Self {
        Self {
            module,
            name,
            file,
            line,
            column,
            own: 0,
            name_by: Writer::Hand,
            id_by: Writer::Hand,
            leaves_out: false,
            by: Describer::Function,
            id: None,
            version: 0,
            ttl: None,
            ttl_name: None,
            ttl_from_value: false,
            none_ttl: None,
            single_flight: true,
            lease: None,
            wait: None,
            local: Local::AsTheHandle,
            grace: Grace { stale: None, stale_if_error: None, early: 0.0, jitter: 0.0 },
            codec: Some(Encoding::JSON),
            compress: Compress::AsTheHandle,
            again_after: None,
            calls: Calls::Early,
            key: None,
            patterns: &[],
        }
    }

    /// Describes an `#[invalidates]` function.
    #[must_use]
    pub const fn invalidates(
        module: &'static str,
        name: &'static str,
        file: &'static str,
        line: u32,
        column: u32,
    ) -> Self {
        Self::cached(module, name, file, line, column)
    }

    /// Says that a macro wrote the function's name, or its `id`.
    #[must_use]
    pub const fn by_macro(mut self, name: bool, id: bool) -> Self {
        self.name_by = if name { Writer::Macro } else { Writer::Hand };
        self.id_by = if id { Writer::Macro } else { Writer::Hand };
        self
    }

    /// Tells whether the key's readable part shows the argument with this number.
    pub(crate) fn shows(&self, argument: usize) -> bool {
        let mut template = self.key.into_iter().flatten();
        template.any(|part| matches!(part, Part::Argument(shown) if *shown == argument))
    }

    /// Tells whether both sites describe functions of the same text at one place.
    pub(crate) fn is_written_as(&self, other: &Self) -> bool {
        let written =
            |site: &Self| (site.file, site.line, site.column, site.name, site.id, site.own);
        written(self) == written(other)
    }

    /// Returns the function's name in statistics and log lines.
    pub(crate) fn label(&self) -> String {
        self.id.map_or_else(|| format!("{}::{}", self.module, self.name), str::to_owned)
    }
}

/// Writes a setter for each line `name(value: Type) => field = value;`.
macro_rules! setters {
    ($($(#[$doc:meta])+ $name:ident($($value:ident: $type:ty)?) => $($field:ident).+ = $set:expr;)+) => {
        impl Site {$(
            $(#[$doc])+
            #[must_use]
            pub const fn $name(mut self $(, $value: $type)?) -> Self {
                self.$($field).+ = $set;
                self
            }
        )+}
    };
}

setters! {
    /// Sets the number that is made of the function's tokens and place.
    own(own: u64) => own = own;
    /// Says that some of the function's types are no part of the key.
    leaves_out_types() => leaves_out = true;
    /// Says that a companion describes its function.
    companion() => by = Describer::Companion;
    /// Sets the option `id`.
    id(id: &'static str) => id = Some(id);
    /// Sets the option `version`.
    version(version: u32) => version = version;
    /// Sets the option `ttl` from a literal.
    ttl_ms(ms: u64) => ttl = Some(Duration::from_millis(ms));
    /// Sets the option `ttl` from the name of a TTL.
    ttl_named(name: &'static str) => ttl_name = Some(name);
    /// Sets the option `ttl` to a closure. Only a load can then know the TTL.
    ttl_from_value() => ttl_from_value = true;
    /// Sets the option `none_ttl`. With zero, `None` is not stored.
    none_ttl_ms(ms: u64) => none_ttl = Some(Duration::from_millis(ms));
    /// Sets the option `single_flight`. With `false`, callers of one key neither share a load nor
    /// wait for one.
    single_flight(on: bool) => single_flight = on;
    /// Sets the option `lease`.
    lease_ms(ms: u64) => lease = Some(Duration::from_millis(ms));
    /// Sets the option `wait`.
    wait_ms(ms: u64) => wait = Some(Duration::from_millis(ms));
    /// Sets the option `local` to a time.
    local_ms(ms: u64) => local = Local::UpTo(Duration::from_millis(ms));
    /// Sets the option `local` to `false`.
    // mutant: no function can do without the tier
    not_local() => local = Local::Never;
    /// Sets the option `stale`.
    stale_ms(ms: u64) => grace.stale = Some(Duration::from_millis(ms));
    /// Sets the option `stale_if_error`.
    stale_if_error_ms(ms: u64) => grace.stale_if_error = Some(Duration::from_millis(ms));
    /// Sets the option `early`.
    early(beta: f64) => grace.early = beta;
    /// Sets the option `jitter`.
    jitter(part: f64) => grace.jitter = part;
    /// Sets the option `codec` to a codec of this crate.
    codec(name: &'static str) => codec = Some(Encoding::named(name));
    /// Sets the option `codec` to a type of the user's.
    own_codec() => codec = None;
    /// Sets the option `compress` to a number of bytes.
    compress_from(bytes: usize) => compress = Compress::From(bytes);
    /// Sets the option `compress` to `false`.
    not_compressed() => compress = Compress::Never;
    /// Says that calls of `#[invalidates]` have the `result` among their arguments.
    calls_with_result() => calls = Calls::Late;
    /// Sets the option `again_after` of `#[invalidates]`.
    again_after_ms(ms: u64) => again_after = Some(Duration::from_millis(ms));
    /// Sets the option `key`.
    key(parts: &'static [Part]) => key = Some(parts);
    /// Sets the patterns of `#[invalidates]`.
    patterns(patterns: &'static [&'static [Part]]) => patterns = patterns;
}
/// Describes the function in which it stands: `site!(cached "name" .ttl_ms(300_000))`.
///
/// The description is a `static`, and no constant: its address is that of one function, in all its
/// instances. A `declared` one is told to the linker, too.
#[doc(hidden)]
#[macro_export]
macro_rules! __site {
    (declared $name:literal $($setters:tt)*) => {{
        $crate::__site!(@static cached $name $($setters)*);
        #[$crate::__private::linkme::distributed_slice($crate::__private::DECLARED)]
        #[linkme(crate = $crate::__private::linkme)]
        static __DECLARED: $crate::__private::Declared =
            $crate::__private::Declared::new(&__SITE, || ::core::any::type_name_of_val(&|| ()));
        &__SITE
    }};
    (@static $kind:ident $name:literal $($setters:tt)*) => {
        static __SITE: $crate::__private::Site = $crate::__private::Site::$kind(
            ::core::module_path!(),
            $name,
            ::core::file!(),
            ::core::line!(),
            ::core::column!(),
        ) $($setters)*;
    };
    ($kind:ident $name:literal $($setters:tt)*) => {{
        $crate::__site!(@static $kind $name $($setters)*);
        &__SITE
    }};
}
