fn price<E>(
    db: &mut PgConnection,
    _lock: Guard<'_>,
    pool: &Pool,
    executor: E,
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
            let _lock = _lock;
            #[allow(
                clippy::redundant_locals,
                clippy::used_underscore_binding,
                clippy::no_effect_underscore_binding
            )]
            let executor = executor;
            #[allow(clippy::used_underscore_binding)]
            let __call = match ::cache_runtime::__private::open(
                ::cache_runtime::__private::site!(
                    cached "price".own(14859385014285363786u64).leaves_out_types()
                ),
                |__key| {
                    ::cache_runtime::__private::connection!(__key, db);
                    ::cache_runtime::__private::connection!(__key, _lock);
                },
                &__outcome,
            ) {
                ::core::ops::ControlFlow::Continue(__call) => __call,
                ::core::ops::ControlFlow::Break(__returned) => return __returned,
            };
            ::cache_runtime::__private::open_call(__call).await;
            '__body: { db.price().await }
        },
    )
}
