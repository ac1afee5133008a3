fn sum(
    __arg0: (u8, u8),
    __arg1: u8,
    __arg2: &[u8; 2],
    __arg3: Db,
) -> impl ::core::future::Future<Output = u8> {
    let __outcome = ::cache_runtime::__private::outcome!(@ compared @ copied[] u8);
    let __outcome = ::cache_runtime::__private::typed(__outcome);
    ::cache_runtime::__private::through(
        __outcome,
        async move {
            if false {
                return ::cache_runtime::__private::never::<u8>();
            }
            #[allow(
                clippy::redundant_locals,
                clippy::used_underscore_binding,
                clippy::no_effect_underscore_binding
            )]
            let __arg0 = __arg0;
            let (a, b) = __arg0;
            #[allow(
                clippy::redundant_locals,
                clippy::used_underscore_binding,
                clippy::no_effect_underscore_binding
            )]
            let __arg1 = __arg1;
            #[allow(
                clippy::redundant_locals,
                clippy::used_underscore_binding,
                clippy::no_effect_underscore_binding
            )]
            let __arg2 = __arg2;
            let [c, ..] = __arg2;
            #[allow(
                clippy::redundant_locals,
                clippy::used_underscore_binding,
                clippy::no_effect_underscore_binding
            )]
            let __arg3 = __arg3;
            let Db { pool, .. } = __arg3;
            let __call = match ::cache_runtime::__private::open(
                ::cache_runtime::__private::site!(
                    cached "sum".own(2952218983894973053u64)
                ),
                |__key| {
                    ::cache_runtime::__private::connection!(__key, pool);
                    __key.arg("1", &__arg1).arg("a", &a).arg("b", &b).arg("c", &c);
                },
                &__outcome,
            ) {
                ::core::ops::ControlFlow::Continue(__call) => __call,
                ::core::ops::ControlFlow::Break(__returned) => return __returned,
            };
            ::cache_runtime::__private::open_call(__call).await;
            let _ = __arg1;
            '__body: { a + b + c + pool.one().await }
        },
    )
}
#[doc(hidden)]
#[inline]
#[allow(dead_code, clippy::all, clippy::pedantic)]
fn __cache_key_of_sum(
    __arg0: &(u8, u8),
    __arg1: &u8,
    __arg2: &[u8; 2],
) -> ::cache_runtime::__private::NamedCall<u8> {
    #[allow(unused_variables)]
    let (a, b) = __arg0;
    #[allow(unused_variables)]
    let [c, ..] = __arg2;
    ::cache_runtime::__private::call_to_name(
            ::cache_runtime::__private::site!(
                cached "sum".own(2952218983894973053u64).companion()
            ),
            |__key| {
                __key.arg("1", &*__arg1).arg("a", a).arg("b", b).arg("c", c);
            },
        )
        .named()
}
