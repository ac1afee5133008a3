//! The attributes and macros of `cache-runtime`, which re-exports them: depend on that crate alone.

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
/// The signature stays as it is, and the body is carried untouched: `return` and `?` leave the body, not the cache.
/// With no cache installed the function simply runs, and no fault of the cache changes what it returns.
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
/// `Err` is never stored, and a value with a `Result` inside is refused: where its type shows it at compile time, else by a warning. A TTL of zero is refused; a TTL is at most half of what 64 bits of milliseconds hold.
///
/// # Keys
///
/// A placeholder is `<arg>`, `<arg.field>`, `<arg.0>` or `<self.field>`. Its value is percent-encoded, so that it can forge
/// neither `:` nor a wildcard. Braces are literal: they are a Redis Cluster hash tag. `*`, `?`, `[`, `]`, `\` and white
/// space are refused. Whatever the readable part says, all parameters that are not skipped are hashed behind it.
///
/// A method says what of `self` is part of the key: a field, as `<self.tenant>`, or nothing, `skip(self)`. A field of a
/// skipped parameter can be part of the key, too: `key = "<ctx.tenant>"` with `skip(ctx)`.
///
/// A type parameter is part of the key, unless it occurs in the types of skipped parameters alone. A closure or a future as a type has no name of
/// its own: such a call runs without the cache, and a warning says so once.
///
/// # Connections
///
/// With the feature `sqlx` of `cache-runtime`, a skipped parameter that is a connection of sqlx 0.9 is asked whether it is in a transaction: `&mut PgConnection`,
/// `&mut Transaction<'_, DB>`, `PoolConnection<DB>`, or `&mut` of what derefs to one of these. If it is, the call runs without the cache, and a warning says so
/// once: what it sees is nobody else's yet. Inside `defer` and `bypass` it is not asked. Nothing is known of
/// `impl Executor` and other type parameters by value, of `Arc<Mutex<…>>`, and of a connection in a field.
///
/// # Lists of ids
///
/// With `each = ids` all elements are looked up in one request. The body runs with those that are missing; it does not run when none
/// is, and an empty list is left to it. It runs again only if somebody else's load of an element fails, so that arguments by value have to
/// be `Clone`; with a `&mut` argument it runs once at most. Each value is stored under the key that a call with the element in place of the list would have, and `get_users(id)`
/// names that call. An id that the body returns nothing for is remembered as absent, for `none_ttl`. `store_if` and
/// <code>ttl = \|value\| …</code> see the value of one id.
///
/// The list is `&[K]`, `Vec<K>`, `HashSet<K>` or `BTreeSet<K>`, with `K: Serialize`, and `Clone` where it is borrowed. The function returns
/// `HashMap<K, V>`, `BTreeMap<K, V>` or `Vec<(K, V)>` or a `Result` of it; pairs come in the order of the ids. `K` of the list may be another type
/// than `K` of the result if it converts into that and is serialized alike, as `&str` and `String`. Pairs that were not asked for,
/// and several of one id, are returned and not stored.
///
/// # Functions
///
/// `async fn`, blocking `fn`, methods with any receiver, methods of traits and of their `impl` blocks, functions returning
/// `Pin<Box<dyn Future>>` (which `#[async_trait]` makes of methods), `BoxFuture` or `impl Future`; they return
/// `Result<T, E>`, `Option<T>` or `T`, where `T` is owned data that serde reads and writes, and `E` needs nothing. Parameters may be generic,
/// `impl Trait`, borrowed or destructured; they need `Serialize`, or `skip(...)`. Of `Path(slug): Path<String>` the argument is `slug`, in placeholders and `skip(...)`, too:
/// what the body does not see of a parameter is no part of the key.
///
/// # Companion
///
/// A function without a receiver gets a hidden companion, by which `#[invalidates(get_user(id))]`, [`key!`], [`invalidate!`] and
/// [`prime!`] name one call. It is evaluated without the call's arguments, so that it knows the options
/// `cache = expr` and `ttl = expr` only where these name no parameter, as `ttl = DAY` or `cache = global()`, and leave the function by no `?`.
/// Where it does not know the handle, `#[invalidates(get_user(id))]` is a compile error without a `cache = …` of its own. An
/// `impl` block of a trait takes no further function: write `companion = false` on a function without `self` there.
#[proc_macro_attribute]
pub fn cached(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::cached(args.into(), &item.into()).into()
}

/// Invalidates what a write made stale, after the write succeeded.
///
/// ```ignore
/// # // The runtime is not a dependency of this crate.
/// #[invalidates("sql:users:*", "user:<id>:*", get_user(id))]
/// async fn rename(db: &SqlitePool, id: i64, name: &str) -> Result<(), sqlx::Error> {
///     sqlx::query("UPDATE users SET name = ? WHERE id = ?").bind(name).bind(id).execute(db).await?;
///     Ok(())
/// }
/// ```
///
/// What to invalidate is settled before the body runs and carried out after it returned, so that the body can move its
/// arguments, and neither `return` nor `?` can skip the invalidation.
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
/// At least one pattern or call is needed; there may be several of both.
///
/// # Cancellation
///
/// A write that is dropped or panics on its way may have happened: servers drop the futures of
/// handlers whose clients have left, and databases commit all the same. Its invalidations run at
/// once, and once more two seconds later; `<result>` in a pattern matches anything then, and a call
/// that needs the `result` cannot be named.
///
/// # Reading back
///
/// Calls in the body that the write will invalidate run past the cache, and what they load is not
/// stored.
///
/// # Errors of the cache
///
/// By default a fault of the cache changes nothing of what the function returns. With `on_error = "return"` the function returns
/// `Err(fault.into())` where it would have returned `Ok`: its error type has to be `From<cache_runtime::Error>`. **The write has
/// happened all the same**: whoever runs it again writes twice. An error of the function's own is returned as it is. Inside
/// `cache_runtime::defer` the invalidation runs later, and the function cannot know of its fault: `Deferred::commit` returns it.
///
/// # Patterns
///
/// `*` matches any text, `?` one byte, `[a-z]` one byte of a set, `[^a-z]` one that is not in it, and `\` takes the next character as it
/// stands, in a set too. They go byte by byte, as in Redis: a set of characters outside ASCII and a `?` beside one are refused, and so is a
/// set that ends elsewhere than it seems, as in `[a-]`. A placeholder is `<arg>`, `<arg.field>`, `<self.field>`, `<result>` or `<result.field>`, where `result` is the value, inside
/// `Ok` if there is one; its value matches itself alone. In the arguments of a call, too, `result` is a reference to the value.
///
/// A key ends in a hash, so that a pattern for keys of cached functions ends in a wildcard: `"users:<id>:*"`.
///
/// # Functions
///
/// The same as for [`cached`](macro@cached), and those that return nothing. The attributes can stand together on one function, in either order: its body invalidates,
/// and a hit, which runs no body, does not.
#[proc_macro_attribute]
pub fn invalidates(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::invalidates(args.into(), &item.into()).into()
}

/// Gives a type a shape, for `#[cached(shape)]`: the names, order and types of its fields and variants, explicit discriminants and
/// `#[repr(u8)]`, the values of const parameters, and its serde attributes.
///
/// `#[shape(opaque)]` before a field leaves out what is in its type, for types of other crates; their name counts. The same holds for
/// `#[serde(skip)]`. Of a field that names the type it is in, all that is beside that counts. Type parameters need a shape.
///
/// `#[shape(crate = shop::cache_runtime)]` before the type names the path of `cache-runtime`, where another crate re-exports it.
#[proc_macro_derive(Shape, attributes(shape))]
pub fn shape(item: TokenStream) -> TokenStream {
    expand::shape(item.into()).into()
}

/// `None` when the call cannot be cached, because one of its arguments has no place in a key.
///
/// # Naming a call
///
/// * A function, associated or not, async or blocking, is named by its path and the arguments that are not skipped:
///   `users::get_user(7)`. A function of another module needs its path; importing it with `use` is not enough.
/// * An async method is named by the whole call: `repo.get_user(&db, 7)`, through `dyn Trait` too. Its arguments are evaluated, then its future is
///   polled once and dropped, and the body of a `#[cached]` method never begins. Another method begins to run, up to the first cached call in
///   it, which is not taken for the named one: [`invalidate!`] and [`prime!`] return an error then, and `key!` logs one.
/// * A blocking method cannot be named.
/// * Where another crate re-exports `cache-runtime`, its path stands in front: `key!(crate = shop::cache_runtime, get_user(7))`.
#[proc_macro]
pub fn key(tokens: TokenStream) -> TokenStream {
    expand::named(tokens.into(), Macro::Key).into()
}

/// The call is named as for [`key!`]. It deletes on the function's own handle, else the one in scope when the future is
/// polled, else the installed one. Nothing is deleted, and that is no error, when there is none or the call has no key.
///
/// An own handle is known for a method, and for a function whose `cache = expr` names no parameter. For another function,
/// write `handle.scope(invalidate!(get_user(7)))`: outside of a scope it is an error.
///
/// # Errors
///
/// The store failed or took longer than the budget; or a named method is not `#[cached]`.
#[proc_macro]
pub fn invalidate(tokens: TokenStream) -> TokenStream {
    expand::named(tokens.into(), Macro::Invalidate).into()
}

/// The call is named as for [`key!`], the handle is chosen as for [`invalidate!`]. The value is a reference to what is stored:
/// the `T` of `Result<T, E>`, else the whole return value, an `Option<T>` included.
///
/// It is kept for the function's `none_ttl` or `ttl`. A `ttl = expr` is known for a method, and for a function where it
/// names no parameter; for another function the handle's `default_ttl` stands in. `store_if` is not asked: priming is explicit.
///
/// # Concurrent writers
///
/// The value is what the caller claims. An invalidation that ran between reading the value and storing it is not noticed, and
/// an old value is then served until its TTL: prime where nobody else writes, and elsewhere invalidate, or call the function.
///
/// # Errors
///
/// The value cannot be stored or has a TTL of zero; an argument has no place in a key; the function's TTL comes from its
/// value, or it has a codec of its own; a named method is not `#[cached]`; the store failed or took longer than the budget. With no cache there is no error.
#[proc_macro]
pub fn prime(tokens: TokenStream) -> TokenStream {
    expand::named(tokens.into(), Macro::Prime).into()
}
