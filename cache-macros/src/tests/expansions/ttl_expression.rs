async fn answer(settings: &Settings, question: String) -> u64 {
    let mut __call = ::cache_runtime::__private::call(
            const {
                &::cache_runtime::__private::Site::cached(
                    ::core::module_path!(),
                    "answer",
                    ::core::file!(),
                    ::core::line!(),
                    ::core::column!(),
                )
            },
            &|| (),
        )
        .arg(",\"question\":", ::cache_runtime::__private::Order::AsGiven, &question)
        .ttl(settings.ttl());
    let __outcome = ::cache_runtime::__private::outcome!(u64);
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
            if false {
                return ::cache_runtime::__private::never::<u64>();
            }
            '__body: { 42 }
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
fn __cache_key_of_answer(
    question: &::core::primitive::str,
) -> ::cache_runtime::__private::NamedCall<u64> {
    ::cache_runtime::__private::call_to_name(
            const {
                &::cache_runtime::__private::Site::cached(
                    ::core::module_path!(),
                    "answer",
                    ::core::file!(),
                    ::core::line!(),
                    ::core::column!(),
                )
            },
            &|| (),
        )
        .arg(",\"question\":", ::cache_runtime::__private::Order::AsGiven, &*question)
        .named()
}
