fn rows(table: &str) -> impl ::core::future::Future<Output = Result<Vec<Row>, Failed>> {
    let __outcome = ::cache_runtime::__private::outcome!(
        @ compared @ copied[Row] @ shared[Failed] Result < Vec < Row >, Failed >
    );
    let __outcome = ::cache_runtime::__private::typed(__outcome);
    ::cache_runtime::__private::through_or_stale(
        __outcome,
        async move {
            if false {
                return ::cache_runtime::__private::never::<Result<Vec<Row>, Failed>>();
            }
            let __call = match ::cache_runtime::__private::open(
                ::cache_runtime::__private::site!(
                    cached "rows".own(8964785642068221383u64).ttl_ms(60000u64)
                    .stale_ms(60000u64).stale_if_error_ms(3600000u64).early(1.5f64)
                    .jitter(0.1f64)
                ),
                |__key| {
                    __key.arg("table", &table);
                },
                &__outcome,
            ) {
                ::core::ops::ControlFlow::Continue(__call) => __call,
                ::core::ops::ControlFlow::Break(__returned) => return __returned,
            };
            ::cache_runtime::__private::open_call(__call).await;
            '__body: { find(table).await }
        },
    )
}
#[doc(hidden)]
#[inline]
#[allow(dead_code, clippy::all, clippy::pedantic)]
fn __cache_key_of_rows(
    table: &str,
) -> ::cache_runtime::__private::NamedCall<
    <fn(
        ::cache_runtime::__private::Hidden<'_>,
    ) -> ::core::result::Result<
        Vec<Row>,
        (),
    > as ::cache_runtime::__private::Returns>::Returned,
> {
    ::cache_runtime::__private::call_to_name(
            ::cache_runtime::__private::site!(
                cached "rows".own(8964785642068221383u64).companion().ttl_ms(60000u64)
                .stale_ms(60000u64).stale_if_error_ms(3600000u64).early(1.5f64)
                .jitter(0.1f64)
            ),
            |__key| {
                __key.arg("table", &table);
            },
        )
        .named()
}
