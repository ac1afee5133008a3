async fn answer(settings: &Settings, question: String) -> u64 {
    let __outcome = ::cache_runtime::__private::outcome!(@ copied[] u64);
    let __call = match ::cache_runtime::__private::open(
        {
            static __SITE: ::cache_runtime::__private::Site = ::cache_runtime::__private::Site::cached(
                    ::core::module_path!(),
                    "answer",
                    ::core::file!(),
                    ::core::line!(),
                    ::core::column!(),
                )
                .own(15497987081875971731u64);
            &__SITE
        },
        |__key| {
            __key.arg(",\"question\":", &question);
        },
        &__outcome,
    ) {
        ::core::result::Result::Ok(__call) => __call,
        ::core::result::Result::Err(__returned) => return __returned,
    };
    let __call = __call.ttl(settings.ttl());
    ::cache_runtime::__private::through(
            __call,
            __outcome,
            async move {
                if false {
                    return ::cache_runtime::__private::never::<u64>();
                }
                '__body: { 42 }
            },
        )
        .await
}
#[doc(hidden)]
#[inline]
#[allow(dead_code, clippy::all, clippy::pedantic)]
fn __cache_key_of_answer(
    question: &(impl ::cache_runtime::__private::Lent<String> + ?::core::marker::Sized),
) -> ::cache_runtime::__private::NamedCall<u64> {
    ::cache_runtime::__private::call_to_name(
            {
                static __SITE: ::cache_runtime::__private::Site = ::cache_runtime::__private::Site::cached(
                        ::core::module_path!(),
                        "answer",
                        ::core::file!(),
                        ::core::line!(),
                        ::core::column!(),
                    )
                    .own(15497987081875971731u64)
                    .companion();
                &__SITE
            },
            |__key| {
                __key
                    .arg(
                        ",\"question\":",
                        ::cache_runtime::__private::lent::<String, _>(question),
                    );
            },
        )
        .named()
}
