//! Attributes and macros of `cache-runtime`. Depend on `cache-runtime` alone, which re-exports
//! them.

mod args;
mod check;
mod duration;
mod errors;
mod expand;
mod facade;
mod function;
mod lasting;
mod manifest;
mod options;
mod origin;
mod pattern;
mod suggest;
mod template;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

use crate::args::Macro;

/// Reads a function's value from the cache, or runs the function and stores its value.
///
/// ```ignore
/// # // The runtime is not a dependency of this crate.
/// #[cached(ttl = 300, key = "sql:<table>", skip(db))]
/// async fn rows(db: &SqlitePool, table: &str) -> Result<Vec<Row>, sqlx::Error> {
///     sqlx::query_as(&format!("SELECT * FROM {table}")).fetch_all(db).await
/// }
/// ```
///
/// The signature and the body stay as they are written. `return` and `?` end the body, and the
/// cache still handles the value. If no cache is installed, the function runs without one. A fault
/// of the cache changes nothing of what the function returns.
///
/// # Options
///
/// | option | meaning | default |
/// |---|---|---|
/// | `ttl = 300` | how long a value is fresh, in seconds | the cache's `default_ttl` |
/// | `ttl = "5m"` | the same as text: numbers with `w`, `d`, `h`, `m`, `s` or `ms`, the largest first (`"1h30m"`) | |
/// | `ttl = "@templates"` | the same, by a name that the handle has: from `[ttls]` of its configuration or from `CacheBuilder::named_ttl`. A name that it does not have is logged, and the default TTL is used | |
/// | `ttl = expr` | the same as a `Duration`; the arguments are in scope. A call that is answered in process does not look at it | |
/// | <code>ttl = \|value\| …</code> | the same, from the value that is stored | |
/// | `key = "sql:<table>"` | the readable part of the key, with placeholders | the function's name |
/// | `skip(db, self)` | parameters that are not part of the key; `#[cached(skip)]` in front of a parameter says the same | none |
/// | `each = ids` | caches every element of a list of ids under a key of its own, see below | the list as a whole |
/// | `unordered(ids, filter.tags)` | lists and maps whose order does not matter: parameters, or fields of them by the name that serde writes; `HashSet`, `HashMap` and their `BTree` kin are known, at any depth | none |
/// | `id = "users.list"` | what the function is called in the hash of the key; survives renaming | its path |
/// | `version = 2` | part of the hash, a `u32`: raise it when stored values no longer fit | 0 |
/// | <code>store_if = \|value\| …</code> | stores a value only if this is true | every value |
/// | `none_ttl = 30` | how long a `None` is fresh, in seconds or as text; `0` does not store it; for `Option<T>` and `Result<Option<T>, E>` | as other values |
/// | `stale = "1m"` | an expired value is served for this time, while one caller loads it anew | it is gone |
/// | `stale_if_error = "1h"` | an expired value is served for this time where the load fails | the error is the caller's |
/// | `early = 1.0` | one caller loads a value anew before it expires, the sooner the longer its load takes (`XFetch`'s beta) | after it has expired |
/// | `jitter = 0.1` | a value expires sooner by a random part of its TTL, up to this one | at its TTL |
/// | `codec = "msgpack"`, `codec = MyCodec` | stores values as `MessagePack` with named fields, which takes the feature `msgpack`; or by a type that implements `Codec` | JSON |
/// | `compress = 4096`, `compress = false` | stores values from so many bytes on compressed, which takes the feature `zstd`; or never | the cache's |
/// | `shape` | the shape of the value's type stands behind the key, so that versions of a program with other types never read each other's entries; the type derives `Shape` | it does not |
/// | `single_flight = false` | callers of one key neither share a load nor wait for one | they do |
/// | `lease = "10s"` | how long others wait for a process that died while it loaded; renewed as long as the load runs; `"100ms"` to `"1h"` | the cache's |
/// | `wait = "2s"` | how long callers wait for another's load, then one of them loads beside it; `0`: not at all | the cache's |
/// | `local = "5s"`, `local = false` | how long a value may be served from this process without asking the store; or never. Without effect where the handle has no in-process tier | the cache's, 5 s |
/// | `cache = self.cache` | another handle than the installed one | the one in `scope`, else the installed one |
/// | `companion = false` | leaves out the hidden function described below | `true` |
/// | `crate = shop::cache_runtime` | the path of `cache-runtime`, where another crate re-exports it | the name that `Cargo.toml` gives the dependency |
///
/// An `Err` is never stored. A value with a `Result` inside is refused: at compile time if its type
/// shows the `Result`, otherwise by a warning. A TTL of zero is refused. A TTL is at most half of
/// the milliseconds that 64 bits hold.
///
/// # Keys
///
/// A placeholder is `<arg>`, `<arg.field>`, `<arg.0>` or `<self.field>`. The value of a placeholder
/// is percent-encoded, so that the value can forge neither `:` nor a wildcard. Braces are literal:
/// they are a Redis Cluster hash tag. `*`, `?`, `[`, `]`, `\` and white space are refused. All
/// parameters that are not skipped are hashed behind the readable part, also those that it does not
/// show.
///
/// A method states which part of `self` is in the key: a field, as `<self.tenant>`, or nothing, as
/// `skip(self)`. A field of a skipped parameter can be in the key, too: `key = "<ctx.tenant>"` with
/// `skip(ctx)`.
///
/// A type parameter is part of the key, unless the parameter occurs in the types of skipped
/// parameters alone. The type of a closure or a future has no name. A call with such a type runs
/// without the cache, and a warning says so once.
///
/// # Connections
///
/// With the feature `sqlx` of `cache-runtime`, a skipped parameter that is a connection of sqlx 0.9
/// is asked whether it is in a transaction. Connections are `&mut PgConnection`,
/// `&mut Transaction<'_, DB>`, `PoolConnection<DB>`, and `&mut` of a type that derefs to one of
/// these.
///
/// If the connection is in a transaction, the call runs without the cache, and a warning says so
/// once. Only the transaction sees its own changes yet. Inside `defer` and `bypass` no connection
/// is asked. Nothing is known of `impl Executor` and other type parameters by value, of
/// `Arc<Mutex<…>>`, and of a connection in a field.
///
/// # Lists of ids
///
/// With `each = ids` all elements are looked up in one request. The body runs with the elements
/// that are missing. If no element is missing, the body does not run. An empty list is passed to
/// the body.
///
/// The body runs again only if another caller's load of an element fails. Arguments by value
/// therefore have to be `Clone`. With a `&mut` argument the body runs once at most.
///
/// Each value is stored under the key of a call with the element in place of the list.
/// `get_users(id)` names that call. An id for which the body returns nothing is stored as absent,
/// for `none_ttl`. `store_if` and <code>ttl = \|value\| …</code> see the value of one id.
///
/// The list is `&[K]`, `Vec<K>`, `HashSet<K>` or `BTreeSet<K>`. `K` is `Serialize`, and `Clone` if
/// the list is borrowed. The function returns `HashMap<K, V>`, `BTreeMap<K, V>` or `Vec<(K, V)>`,
/// or a `Result` of one of them. Pairs come in the order of the ids.
///
/// `K` of the list may be another type than `K` of the result. The first type has to convert into
/// the second, and both have to be serialized alike, as `&str` and `String`. Pairs that were not
/// asked for, and several pairs of one id, are returned and not stored.
///
/// # Functions
///
/// The attribute takes `async fn`, blocking `fn`, methods with any receiver, and methods of traits
/// and of their `impl` blocks. Functions may also return `Pin<Box<dyn Future>>` (which
/// `#[async_trait]` makes of methods), `BoxFuture` or `impl Future`.
///
/// Functions return `Result<T, E>`, `Option<T>` or `T`. `T` is owned data that serde reads and
/// writes. `E` needs nothing.
///
/// Parameters may be generic, `impl Trait`, borrowed or destructured. Parameters need `Serialize`,
/// or `skip(...)`. The argument of `Path(slug): Path<String>` is `slug`, in placeholders and
/// `skip(...)`, too. Parts of a parameter that the body does not see are no part of the key.
///
/// # Companion
///
/// A function without a receiver gets a hidden companion. `#[invalidates(get_user(id))]`, [`key!`],
/// [`invalidate!`] and [`prime!`] name one call by the companion.
///
/// The companion is evaluated without the call's arguments. The options `cache = expr` and
/// `ttl = expr` are therefore known to the companion under two conditions. The expression names no
/// parameter, and leaves the function by no `?`. Examples are `ttl = DAY` and `cache = global()`.
/// If the companion does not know the handle, `#[invalidates(get_user(id))]` is a compile error
/// without a `cache = …` of its own.
///
/// An `impl` block of a trait takes no further function. Write `companion = false` on a function
/// without `self` there.
#[proc_macro_attribute]
pub fn cached(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::cached(args.into(), &item.into()).into()
}

/// Invalidates the entries that a write made stale, after the write succeeded.
///
/// ```ignore
/// # // The runtime is not a dependency of this crate.
/// #[invalidates("sql:users:*", "user:<id>:*", get_user(id))]
/// async fn rename(db: &SqlitePool, id: i64, name: &str) -> Result<(), sqlx::Error> {
///     let update = sqlx::query("UPDATE users SET name = ? WHERE id = ?");
///     update.bind(name).bind(id).execute(db).await?;
///     Ok(())
/// }
/// ```
///
/// Patterns and calls that do not use the `result` are evaluated before the body runs, so that the
/// body can move its arguments. The invalidation runs after the body, so that neither `return` nor
/// `?` can skip it.
///
/// # Arguments
///
/// | argument | meaning | default |
/// |---|---|---|
/// | `"users:<id>:*"` | a pattern; every key under the cache's prefix that it matches is deleted | |
/// | `get_user(id)` | one call of a cached function, by its path and the arguments that are not skipped; its entry is deleted on the function's own handle, if it has one | |
/// | `self.get_user(id)` | one call of a cached async method, as it would be made | |
/// | `when = "ok"` | after `Ok`, and after every value that is no `Result` | yes |
/// | `when = "always"` | after errors, too | |
/// | `on_error = "log"` | an invalidation that fails is counted, logged and tried again until it succeeds | yes |
/// | `on_error = "return"` | the same, and the function returns the fault, though the write has happened | |
/// | `refresh` | then makes the named calls, each written whole, as `get_user(db, id)`, so that their new values are stored | |
/// | `again_after = "2s"` | invalidates once more after this time, for loads that read from a replica that lags behind | once |
/// | `cache = self.cache` | another handle than the installed one | the installed one |
/// | `crate = shop::cache_runtime` | the path of `cache-runtime`, where another crate re-exports it | the name that `Cargo.toml` gives the dependency |
///
/// At least one pattern or call is needed. Several of both can be given.
///
/// # Cancellation
///
/// A write that is dropped or panics before its end may have happened. Servers drop the futures of
/// handlers whose clients have left, and databases commit all the same. The invalidations of such a
/// write run at once, and once more two seconds later. `<result>` in a pattern matches anything
/// then. A call that needs the `result` is not invalidated then.
///
/// # Reading back
///
/// Calls in the body that the write will invalidate run without the cache. The values that these
/// calls load are not stored.
///
/// # Errors of the cache
///
/// By default a fault of the cache changes nothing of what the function returns. With
/// `on_error = "return"` the function returns `Err(fault.into())` in place of `Ok`. The function's
/// error type has to be `From<cache_runtime::Error>`. **The write has happened all the same**: a
/// caller that runs the function again writes twice. An error of the function's own is returned as
/// it is.
///
/// Inside `cache_runtime::defer` the invalidation runs later, and the function cannot know of a
/// fault. `Deferred::commit` returns the fault.
///
/// # Patterns
///
/// `*` matches any text, `?` one byte, `[a-z]` one byte of a set, and `[^a-z]` one byte outside a
/// set. `\` takes the next character as it stands, in a set too. Patterns match byte by byte, as in
/// Redis. A set of characters outside ASCII and a `?` beside one are therefore refused. A set that
/// ends elsewhere than it seems, as in `[a-]`, is refused, too.
///
/// A placeholder is `<arg>`, `<arg.field>`, `<self.field>`, `<result>` or `<result.field>`.
/// `result` is the value, inside `Ok` if there is one. The value of a placeholder matches itself
/// alone. In the arguments of a call, `result` is a reference to the value.
///
/// A key ends in a hash. A pattern for keys of cached functions therefore ends in a wildcard:
/// `"users:<id>:*"`.
///
/// # Functions
///
/// The attribute takes every function that [`cached`](macro@cached) takes, and functions that
/// return nothing. Both attributes can stand together on one function, in either order. The body
/// then invalidates. A hit, which runs no body, invalidates nothing.
#[proc_macro_attribute]
pub fn invalidates(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::invalidates(args.into(), &item.into()).into()
}

/// Derives the shape of a type, for `#[cached(shape)]`.
///
/// The shape covers the names, order and types of fields and variants, and the serde attributes.
/// Explicit discriminants, `#[repr(u8)]` and the values of const parameters are covered, too.
///
/// `#[shape(opaque)]` before a field leaves out what is in the field's type, for types of other
/// crates. The type's name still counts. `#[serde(skip)]` has the same effect. If a field names the
/// type that contains the field, everything beside that name counts. Type parameters need a shape.
///
/// `#[shape(crate = shop::cache_runtime)]` before the type names the path of `cache-runtime`, if
/// another crate re-exports it.
#[proc_macro_derive(Shape, attributes(shape))]
pub fn shape(item: TokenStream) -> TokenStream {
    expand::shape(item.into()).into()
}

/// `key!` is `None` if one of the call's arguments has no place in a key. Such a call cannot be
/// cached.
///
/// # Naming a call
///
/// * A function, associated or not, async or blocking, is named by its path and the arguments that
///   are not skipped: `users::get_user(7)`. A function of another module needs its path. Importing
///   the function with `use` is not enough.
/// * An async method is named by the whole call: `repo.get_user(&db, 7)`, through `dyn Trait` too.
///   The arguments are evaluated, then the future is polled once and dropped. The body of a
///   `#[cached]` method never begins. A method that is not `#[cached]` begins to run, up to the
///   first cached call in it. That inner call is not taken for the named one: [`invalidate!`] and
///   [`prime!`] return an error, and `key!` logs one.
/// * A blocking method cannot be named.
/// * If another crate re-exports `cache-runtime`, the path stands in front:
///   `key!(crate = shop::cache_runtime, get_user(7))`.
#[proc_macro]
pub fn key(tokens: TokenStream) -> TokenStream {
    expand::named(tokens.into(), Macro::Key).into()
}

/// The call is named as for [`key!`]. The entry is deleted on the function's own handle. If the
/// function has no own handle, the one in scope when the future is polled is used, otherwise the
/// installed one. If there is no handle, or the call has no key, nothing is deleted and `Ok` is
/// returned.
///
/// An own handle is known for a method, and for a function whose `cache = expr` names no parameter.
/// For another function, write `handle.scope(invalidate!(get_user(7)))`. Outside of a scope such a
/// call is an error.
///
/// # Errors
///
/// Returns an error if the store failed or took longer than the budget, or if a named method is not
/// `#[cached]`.
#[proc_macro]
pub fn invalidate(tokens: TokenStream) -> TokenStream {
    expand::named(tokens.into(), Macro::Invalidate).into()
}

/// The call is named as for [`key!`], and the handle is chosen as for [`invalidate!`]. The value is
/// a reference to what is stored. For `Result<T, E>` that is the `T`, otherwise the whole return
/// value, an `Option<T>` included.
///
/// The value is stored for the function's `none_ttl` or `ttl`. A `ttl = expr` is known for a
/// method, and for a function if the expression names no parameter. For another function the
/// handle's `default_ttl` is used. `store_if` is not asked, because priming is explicit.
///
/// # Concurrent writers
///
/// The caller vouches for the value. An invalidation between reading the value and storing it is
/// not noticed. The old value is then served until its TTL. Use `prime!` where nobody else writes,
/// and elsewhere invalidate or call the function.
///
/// # Errors
///
/// Returns an error in these cases:
///
/// * The value cannot be stored, or has a TTL of zero.
/// * An argument has no place in a key.
/// * The function's TTL comes from its value, or the function has a codec of its own.
/// * A named method is not `#[cached]`.
/// * The store failed or took longer than the budget.
///
/// If no cache is installed, there is no error.
#[proc_macro]
pub fn prime(tokens: TokenStream) -> TokenStream {
    expand::named(tokens.into(), Macro::Prime).into()
}
