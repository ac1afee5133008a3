//! Snapshots of the expansion for every shape of function. `UPDATE_EXPECT=1` rewrites the
//! snapshots.

mod forms;
mod options;

use expect_test::{ExpectFile, expect_file};
use proc_macro2::TokenStream;
use quote::quote;

use crate::args::Macro;
use crate::expand;

fn shown(tokens: &TokenStream) -> String {
    match syn::parse2(tokens.clone()) {
        Ok(file) => prettyplease::unparse(&file),
        Err(error) => format!("{error}\n{tokens}\n"),
    }
}

/// Checks that an expansion names the runtime only by the path that its attribute gives.
fn check_renamed(expand: impl Fn(TokenStream) -> TokenStream, args: &TokenStream) {
    let expansion = expand(quote!(crate = shop::runtime, #args)).to_string();
    let is_of_mistakes = expansion.contains("compile_error");
    assert!(is_of_mistakes || !expansion.contains("cache_runtime"), "{expansion}");
}

fn cached(args: TokenStream, item: &TokenStream, expected: &ExpectFile) {
    check_renamed(|args| expand::cached(args, item), &args);
    expected.assert_eq(&shown(&expand::cached(args, item)));
}

fn invalidates(args: TokenStream, item: &TokenStream, expected: &ExpectFile) {
    check_renamed(|args| expand::invalidates(args, item), &args);
    expected.assert_eq(&shown(&expand::invalidates(args, item)));
}

fn key(tokens: TokenStream, _item: &TokenStream, expected: &ExpectFile) {
    named(tokens, Macro::Key, expected);
}

fn invalidate(tokens: TokenStream, _item: &TokenStream, expected: &ExpectFile) {
    named(tokens, Macro::Invalidate, expected);
}

fn prime(tokens: TokenStream, _item: &TokenStream, expected: &ExpectFile) {
    named(tokens, Macro::Prime, expected);
}

fn named(tokens: TokenStream, asked: Macro, expected: &ExpectFile) {
    check_renamed(|tokens| expand::named(tokens, asked), &tokens);
    let call = expand::named(tokens, asked);
    expected.assert_eq(&shown(&quote!(const _: () = #call;)));
}

macro_rules! expansions {
    ($($name:ident: $attribute:ident($($args:tt)*) { $($item:tt)* })*) => {$(
        #[test]
        fn $name() {
            let expected = expect_file![concat!("expansions/", stringify!($name), ".rs")];
            $attribute(quote!($($args)*), &quote!($($item)*), &expected);
        }
    )*};
}

expansions! {
    invalidates_and_loads_anew: invalidates(get_user(db, id), refresh) {
        async fn rename(db: &Db, id: u64) -> Result<(), Error> {
            db.rename(id).await
        }
    }
    an_earlier_value: cached(ttl = 60, stale = "1m", stale_if_error = "1h", early = 1.5, jitter = 0.1) {
        async fn rows(table: &str) -> Result<Vec<Row>, Failed> {
            find(table).await
        }
    }
    async_fn: cached(ttl = 300, key = "sql:<table>", skip(db)) {
        /// Rows.
        #[inline]
        pub async fn rows(db: &Db, table: &str, columns: &[&str]) -> Result<Vec<Row>, sqlx::Error> {
            let rows = db.query(table, columns).await?;
            return Ok(rows);
        }
    }

    every_option: cached(
        ttl = "1h30m", key = "u:<id>:{<id>}", unordered(tags), id = "users.list", version = 2,
        store_if = |users| !users.is_empty(), none_ttl = 0, cache = state.cache, companion = false, lease = "10s",
        wait = 2, single_flight = true,
    ) {
        async fn users(id: u64, tags: Vec<String>) -> Vec<User> { load(id, tags).await }
    }

    without_single_flight: cached(single_flight = false) {
        async fn users(db: Cow<'static, str>) -> Result<Vec<User>, &'static str> { load(db).await }
    }

    borrowed_error: cached(skip(db)) {
        async fn users<'a>(db: &'a Db) -> Result<Vec<User>, DbError<'a>> { db.users().await }
    }

    ttl_expression: cached(ttl = settings.ttl()) {
        async fn answer(#[cached(skip)] settings: &Settings, question: String) -> u64 { 42 }
    }

    ttl_from_value: cached(ttl = |token: &Token| token.expires_in) {
        async fn token(scope: String) -> Result<Token, Error> { fetch(scope).await }
    }

    no_arguments: cached() {
        async fn today() -> Date { fetch().await }
    }

    blocking: cached(ttl = 5) {
        pub(crate) fn parse(text: &str, mut depth: usize) -> Option<Tree> { Some(tree(text, depth)?) }
    }

    method: cached(key = "user:<self.tenant>:<id>") {
        pub async fn get(&self, id: u64) -> Result<User, Error> { self.db.get(id).await }
    }

    method_by_value: cached(skip(self)) {
        async fn get(mut self: Arc<Self>, id: u64) -> Option<User> { self.get(id) }
    }

    part_of_skipped: cached(key = "<ctx.tenant.0>:<r#type>", skip(ctx)) {
        async fn get(ctx: &Ctx, r#type: Kind) -> u8 { ctx.load(r#type).await }
    }

    generics: cached(skip(db)) {
        #[cfg(feature = "users")]
        #[cfg_attr(feature = "x", cfg(feature = "y"), inline)]
        #[cfg_attr(feature = "trace", instrument)]
        pub async fn get<'a, 'b, D: Db<T>, T: From<D> + Serialize, const N: usize>(
            db: &'a D,
            id: &'b T,
            names: [T; N],
        ) -> Result<T, D::Error>
        where
            D: Sync,
            T: Sync,
        {
            db.get(id, names).await
        }
    }

    impl_trait: cached() {
        async fn length(name: impl AsRef<str> + Serialize, path: &impl Serialize) -> Result<usize, impl Error> {
            Ok(name.as_ref().len())
        }
    }

    blocking_impl_trait: cached() {
        fn length(name: &str) -> Result<usize, impl Error> { Ok(name.len()) }
    }

    destructured: cached() {
        async fn sum((a, b): (u8, u8), _: u8, [c, ..]: &[u8; 2], #[cached(skip)] Db { pool, .. }: Db) -> u8 {
            a + b + c + pool.one().await
        }
    }

    connection: cached(skip(db, _lock, pool, executor), companion = false) {
        async fn price<E>(db: &mut PgConnection, _lock: Guard<'_>, pool: &Pool, executor: E) -> u8 {
            db.price().await
        }
    }

    async_trait: cached(key = "u:<self.tenant>:<id>") {
        #[must_use]
        fn get<'life0, 'async_trait>(
            &'life0 self,
            id: u64,
        ) -> ::core::pin::Pin<Box<dyn ::core::future::Future<Output = Res<User>> + ::core::marker::Send + 'async_trait>>
        where
            'life0: 'async_trait,
            Self: 'async_trait,
        {
            Box::pin(async move {
                let __self = self;
                __self.db.get(id).await
            })
        }
    }

    async_trait_without_receiver: cached() {
        fn get<'async_trait>(id: u64) -> Pin<Box<dyn Future<Output = u8> + Send + 'async_trait>> {
            Box::pin(async move { 1 })
        }
    }

    box_future: cached() {
        fn get(name: &str) -> BoxFuture<'_, Option<User>> { async move { load(name).await }.boxed() }
    }

    impl_future: cached() {
        fn get(name: String) -> impl Future<Output = Option<User>> + Send { async move { load(&name).await } }
    }

    invalidates_patterns: invalidates("user:<id>:*", "tenant:<self.tenant>:[a-z]*", "all") {
        pub async fn rename(&self, id: u64, name: &str) -> Result<(), Error> { self.db.rename(id, name).await }
    }

    invalidates_result: invalidates("user:<result.id>:*", "list:<tenant>:<result.kind>", "all:<tenant>") {
        async fn create(tenant: String) -> Result<User, Error> { insert(tenant).await }
    }

    invalidates_calls: invalidates(
        get_user(id), users::find::<User>(&name, 1 + 1), Self::by_id(result.id), self.get(id), self.list(result.kind),
    ) {
        async fn update(&self, id: u64, name: String) -> Result<User, Error> { self.db.update(id, name).await }
    }

    invalidates_always: invalidates("users:*", when = "always", cache = self.cache, again_after = "2s") {
        fn touch(&self) { self.touched.set(true); }
    }

    invalidates_on_error: invalidates("users:*", on_error = "return") {
        async fn save(&self) -> Result<(), Error> { self.db.save().await }
    }

    invalidates_opaque_value: invalidates("users:*") {
        async fn handler(name: String) -> impl IntoResponse { "done" }
    }

    invalidates_opaque_ok: invalidates("users:*") {
        async fn handler(name: String) -> Result<impl IntoResponse, Error> { Ok("done") }
    }

    invalidates_box_future: invalidates("users:*") {
        fn write(name: String) -> BoxFuture<'static, Result<(), Error>> { Box::pin(store(name)) }
    }

    each_of_a_slice: cached(ttl = 300, key = "users:<ids>", each = ids, skip(db)) {
        async fn users(db: &Db, tenant: u32, ids: &[u64]) -> Result<HashMap<u64, User>, Error> {
            db.users(tenant, ids).await
        }
    }

    each_of_a_vec: cached(each = ids, store_if = |user| user.is_active, local = false) {
        fn users(mut ids: Vec<u64>) -> Vec<(u64, User)> { ids.sort(); load(ids) }
    }

    both: invalidates("users:*") {
        #[cached(ttl = 5)]
        async fn get((a, b): (u8, u8), #[cached(skip)] db: &Db) -> u8 { a }
    }

    ttl_and_cache_without_arguments: cached(ttl = DAY * 2, cache = global::<8>().cache) {
        async fn answer(question: String) -> Answer { think(question).await }
    }

    key_of_function: key(users::get_user::<User>(id, &["a"])) {}

    key_of_method: key(self.get_user(&self.db, id),) {}

    invalidate_function: invalidate(Self::get_user(id)) {}

    prime_function: prime(get_user(id), &user) {}

    prime_method: prime(repo.get_user(id), &User { id }) {}

    mistakes: cached(tll = 5, ttl = "5 min", key = "<id>:<idd>", key = "x", skip(db, db), 300) {
        pub async fn get(#[cached(skip)] db: &Db, id: u64) -> u8 { 1 }
    }

    not_a_function: invalidates() {
        pub struct User { id: u64 }
    }
}
