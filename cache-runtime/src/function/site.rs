//! The constant description of one annotated function.

use crate::entry::codec::form::Encoding;
use crate::entry::freshness::Grace;
use std::time::Duration;

/// A piece of a key template or of an invalidation pattern.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    /// Text as the user wrote it.
    Text(&'static str),
    /// The value of the argument with this number, in the order in which they are hashed.
    Argument(usize),
    /// The place of one placeholder's value.
    Value,
}

/// Whether the in-process tier keeps a function's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Local {
    /// If the handle has one, for as long as that says.
    AsTheHandle,
    /// If the handle has one, for this time at most.
    UpTo(Duration),
    Never,
}

/// Whether a function's values are stored compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compress {
    /// From as many bytes on as the handle says, if it does.
    AsTheHandle,
    /// From as many bytes on.
    From(usize),
    Never,
}

/// Who wrote a word of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writer {
    /// The author of the function, or of what a macro was given.
    Hand,
    /// A `macro_rules!`: each of its expansions has the word.
    Macro,
}

/// Who describes a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Describer {
    /// The function itself.
    Function,
    /// Its companion, which names calls and makes none.
    Companion,
}

/// When the calls are known that an attribute invalidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Calls {
    /// All before the body runs.
    Early,
    /// Some have what the function returns among their arguments.
    Late,
}

/// What one `#[cached]` or `#[invalidates]` attribute says, known at compile time.
///
/// Free of generics and of run-time state: statistics hang on it, and one day a linker section may hold all of them.
#[derive(Debug)]
pub struct Site {
    pub(crate) module: &'static str,
    pub(crate) name: &'static str,
    pub(crate) file: &'static str,
    pub(crate) line: u32,
    pub(crate) column: u32,
    /// What the function is made of and where it stands, as a number: another function with its path has another.
    pub(crate) own: u64,
    pub(crate) name_by: Writer,
    pub(crate) id_by: Writer,
    /// Some of the function's own types and constants are no part of the key: they occur in skipped parameters alone.
    pub(crate) leaves_out: bool,
    pub(crate) by: Describer,
    pub(crate) id: Option<&'static str>,
    pub(crate) version: u32,
    pub(crate) ttl: Option<Duration>,
    /// The name of a TTL that the handle knows.
    pub(crate) ttl_name: Option<&'static str>,
    pub(crate) ttl_from_value: bool,
    pub(crate) none_ttl: Option<Duration>,
    pub(crate) single_flight: bool,
    pub(crate) lease: Option<Duration>,
    pub(crate) wait: Option<Duration>,
    pub(crate) local: Local,
    pub(crate) grace: Grace,
    /// The codec, unless it is the user's own.
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

    /// Whether the key's readable part shows the argument with this number.
    pub(crate) fn shows(&self, argument: usize) -> bool {
        let mut template = self.key.into_iter().flatten();
        template.any(|part| matches!(part, Part::Argument(shown) if *shown == argument))
    }

    /// Tells whether both describe functions that are written alike, at one place.
    pub(crate) fn is_written_as(&self, other: &Self) -> bool {
        let written =
            |site: &Self| (site.file, site.line, site.column, site.name, site.id, site.own);
        written(self) == written(other)
    }

    /// What statistics and log lines call this function.
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
    /// Says what the function is made of, as a number.
    own(own: u64) => own = own;
    /// Says that some of the function's types are no part of the key.
    leaves_out_types() => leaves_out = true;
    /// Says that a companion describes its function.
    companion() => by = Describer::Companion;
    /// Option `id`.
    id(id: &'static str) => id = Some(id);
    /// Option `version`.
    version(version: u32) => version = version;
    /// Option `ttl`, when it is a literal.
    ttl_ms(ms: u64) => ttl = Some(Duration::from_millis(ms));
    /// Option `ttl`, when it is the name of one.
    ttl_named(name: &'static str) => ttl_name = Some(name);
    /// Option `ttl`, when it is a closure: only a load can know the TTL.
    ttl_from_value() => ttl_from_value = true;
    /// Option `none_ttl`. With zero, `None` is not stored.
    none_ttl_ms(ms: u64) => none_ttl = Some(Duration::from_millis(ms));
    /// Option `single_flight`. Without it, callers of one key neither share a load nor wait for one.
    single_flight(on: bool) => single_flight = on;
    /// Option `lease`.
    lease_ms(ms: u64) => lease = Some(Duration::from_millis(ms));
    /// Option `wait`.
    wait_ms(ms: u64) => wait = Some(Duration::from_millis(ms));
    /// Option `local`, when it is a time.
    local_ms(ms: u64) => local = Local::UpTo(Duration::from_millis(ms));
    /// Option `local`, when it is `false`.
    // mutant: no function can do without the tier
    not_local() => local = Local::Never;
    /// Option `stale`.
    stale_ms(ms: u64) => grace.stale = Some(Duration::from_millis(ms));
    /// Option `stale_if_error`.
    stale_if_error_ms(ms: u64) => grace.stale_if_error = Some(Duration::from_millis(ms));
    /// Option `early`.
    early(beta: f64) => grace.early = beta;
    /// Option `jitter`.
    jitter(part: f64) => grace.jitter = part;
    /// Option `codec`, when it is a codec of ours.
    codec(name: &'static str) => codec = Some(Encoding::named(name));
    /// Option `codec`, when it is a type of the user's.
    own_codec() => codec = None;
    /// Option `compress`, when it is a number of bytes.
    compress_from(bytes: usize) => compress = Compress::From(bytes);
    /// Option `compress`, when it is `false`.
    not_compressed() => compress = Compress::Never;
    /// Says that calls of `#[invalidates]` have the `result` among their arguments.
    calls_with_result() => calls = Calls::Late;
    /// Option `again_after` of `#[invalidates]`.
    again_after_ms(ms: u64) => again_after = Some(Duration::from_millis(ms));
    /// Option `key`.
    key(parts: &'static [Part]) => key = Some(parts);
    /// The patterns of `#[invalidates]`.
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
