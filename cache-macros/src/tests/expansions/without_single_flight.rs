fn users(
    db: Cow<'static, str>,
) -> impl ::core::future::Future<Output = Result<Vec<User>, &'static str>> {
    let __outcome = ::cache_runtime::__private::outcome!(
        @ compared @ copied[User] @ shared[] Result < Vec < User >, & 'static str >
    );
    let __outcome = ::cache_runtime::__private::typed(__outcome);
    ::cache_runtime::__private::through(
        __outcome,
        async move {
            if false {
                return ::cache_runtime::__private::never::<
                    Result<Vec<User>, &'static str>,
                >();
            }
            #[allow(
                clippy::redundant_locals,
                clippy::used_underscore_binding,
                clippy::no_effect_underscore_binding
            )]
            let db = db;
            let __call = match ::cache_runtime::__private::open(
                ::cache_runtime::__private::site!(
                    cached "users".own(3615097787300334939u64).single_flight(false)
                ),
                |__key| {
                    __key.arg("db", &db);
                },
                &__outcome,
            ) {
                ::core::ops::ControlFlow::Continue(__call) => __call,
                ::core::ops::ControlFlow::Break(__returned) => return __returned,
            };
            ::cache_runtime::__private::open_call(__call).await;
            '__body: { load(db).await }
        },
    )
}
#[doc(hidden)]
#[inline]
#[allow(dead_code, clippy::all, clippy::pedantic)]
fn __cache_key_of_users(
    db: &Cow<'static, str>,
) -> ::cache_runtime::__private::NamedCall<
    <fn(
        ::cache_runtime::__private::Hidden<'_>,
    ) -> ::core::result::Result<
        Vec<User>,
        (),
    > as ::cache_runtime::__private::Returns>::Returned,
> {
    ::cache_runtime::__private::call_to_name(
            ::cache_runtime::__private::site!(
                cached "users".own(3615097787300334939u64).companion()
                .single_flight(false)
            ),
            |__key| {
                __key.arg("db", &*db);
            },
        )
        .named()
}
