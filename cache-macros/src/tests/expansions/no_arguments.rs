fn today() -> impl ::core::future::Future<Output = Date> {
    let __outcome = ::cache_runtime::__private::outcome!(
        @ compared @ copied[Date] @ shared[Date] Date
    );
    let __outcome = ::cache_runtime::__private::typed(__outcome);
    ::cache_runtime::__private::through(
        __outcome,
        async move {
            if false {
                return ::cache_runtime::__private::never::<Date>();
            }
            let __call = match ::cache_runtime::__private::open(
                ::cache_runtime::__private::site!(
                    cached "today".own(11938500689962918411u64)
                ),
                |_| {},
                &__outcome,
            ) {
                ::core::ops::ControlFlow::Continue(__call) => __call,
                ::core::ops::ControlFlow::Break(__returned) => return __returned,
            };
            ::cache_runtime::__private::open_call(__call).await;
            '__body: { fetch().await }
        },
    )
}
#[doc(hidden)]
#[inline]
#[allow(dead_code, clippy::all, clippy::pedantic)]
fn __cache_key_of_today() -> ::cache_runtime::__private::NamedCall<
    <fn(
        ::cache_runtime::__private::Hidden<'_>,
    ) -> Date as ::cache_runtime::__private::Returns>::Returned,
> {
    ::cache_runtime::__private::call_to_name(
            ::cache_runtime::__private::site!(
                cached "today".own(11938500689962918411u64).companion()
            ),
            |_| {},
        )
        .named()
}
