async fn sum(__arg0: (u8, u8), __arg1: u8, __arg2: &[u8; 2], __arg3: Db) -> u8 {
    let mut __call = ::cache_runtime::__private::call(
            const {
                &::cache_runtime::__private::Site::cached(
                    ::core::module_path!(),
                    "sum",
                    ::core::file!(),
                    ::core::line!(),
                    ::core::column!(),
                )
            },
            &|| (),
        )
        .arg(",\"0\":", ::cache_runtime::__private::Order::AsGiven, &__arg0)
        .arg(",\"1\":", ::cache_runtime::__private::Order::AsGiven, &__arg1)
        .arg(",\"2\":", ::cache_runtime::__private::Order::AsGiven, &__arg2);
    let __outcome = ::cache_runtime::__private::outcome!(u8);
    if let ::core::option::Option::Some(__returned) = ::cache_runtime::__private::here(
        &mut __call,
        &__outcome,
    ) {
        return __returned;
    }
    let __loading = match ::cache_runtime::__private::look_up(__call, &__outcome).await {
        ::cache_runtime::__private::LookUp::Return(__returned) => return __returned,
        ::cache_runtime::__private::LookUp::Load(__loading) => __loading,
    };
    let __arrived = match ::cache_runtime::__private::arrived(
        async move {
            let (a, b) = __arg0;
            let _ = __arg1;
            let [c, ..] = __arg2;
            let Db { pool, .. } = __arg3;
            if false {
                return ::cache_runtime::__private::never::<u8>();
            }
            '__body: { a + b + c + pool.one().await }
        }
            .await,
        __loading,
        &__outcome,
    ) {
        ::core::result::Result::Ok(__arrived) => __arrived,
        ::core::result::Result::Err(__returned) => return __returned,
    };
    __arrived.finish().await
}
#[doc(hidden)]
#[allow(dead_code, clippy::ref_option_ref)]
fn __cache_key_of_sum(
    __arg0: &(u8, u8),
    __arg1: &u8,
    __arg2: &[u8; 2],
) -> ::cache_runtime::__private::NamedCall<u8> {
    ::cache_runtime::__private::call_to_name(
            const {
                &::cache_runtime::__private::Site::cached(
                    ::core::module_path!(),
                    "sum",
                    ::core::file!(),
                    ::core::line!(),
                    ::core::column!(),
                )
            },
            &|| (),
        )
        .arg(",\"0\":", ::cache_runtime::__private::Order::AsGiven, &*__arg0)
        .arg(",\"1\":", ::cache_runtime::__private::Order::AsGiven, &*__arg1)
        .arg(",\"2\":", ::cache_runtime::__private::Order::AsGiven, &__arg2)
        .named()
}
