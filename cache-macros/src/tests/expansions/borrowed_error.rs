fn users<'a>(
    db: &'a Db,
) -> impl ::core::future::Future<Output = Result<Vec<User>, DbError<'a>>> {
    let __outcome = ::cache_runtime::__private::outcome!(
        @ compared @ copied[User] Result < Vec < User >, DbError < 'a > >
    );
    let __outcome = ::cache_runtime::__private::typed(__outcome);
    ::cache_runtime::__private::through(
        __outcome,
        async move {
            if false {
                return ::cache_runtime::__private::never::<
                    Result<Vec<User>, DbError<'a>>,
                >();
            }
            let __call = match ::cache_runtime::__private::open(
                ::cache_runtime::__private::site!(
                    cached "users".own(3925301048860786698u64)
                ),
                |_| {},
                &__outcome,
            ) {
                ::core::ops::ControlFlow::Continue(__call) => __call,
                ::core::ops::ControlFlow::Break(__returned) => return __returned,
            };
            ::cache_runtime::__private::open_call(__call).await;
            '__body: { db.users().await }
        },
    )
}
#[doc(hidden)]
#[inline]
#[allow(dead_code, clippy::all, clippy::pedantic)]
fn __cache_key_of_users() -> ::cache_runtime::__private::NamedCall<
    <fn(
        ::cache_runtime::__private::Hidden<'_>,
    ) -> ::core::result::Result<
        Vec<User>,
        (),
    > as ::cache_runtime::__private::Returns>::Returned,
> {
    ::cache_runtime::__private::call_to_name(
            ::cache_runtime::__private::site!(
                cached "users".own(3925301048860786698u64).companion()
            ),
            |_| {},
        )
        .named()
}
