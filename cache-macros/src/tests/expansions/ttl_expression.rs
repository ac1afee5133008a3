async fn answer(settings: &Settings, question: String) -> u64 {
    let __call = ::cache_runtime::__private::call(
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
        .arg("question", ::cache_runtime::__private::Order::AsGiven, &question)
        .ttl(settings.ttl());
    let __outcome = ::cache_runtime::__private::outcome!(u64);
    ::cache_runtime::__private::read_through(
            __call,
            __outcome,
            move || async move {
                if false {
                    return ::cache_runtime::__private::never::<u64>();
                }
                '__body: { 42 }
            },
        )
        .await
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
        .arg("question", ::cache_runtime::__private::Order::AsGiven, &*question)
        .named()
}
