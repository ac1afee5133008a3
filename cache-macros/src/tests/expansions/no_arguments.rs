async fn today() -> Date {
    let __call = ::cache_runtime::__private::call(
        const {
            &::cache_runtime::__private::Site::cached(
                ::core::module_path!(),
                "today",
                ::core::file!(),
                ::core::line!(),
                ::core::column!(),
            )
        },
        &|| (),
    );
    let __outcome = ::cache_runtime::__private::outcome!(Date);
    ::cache_runtime::__private::read_through(
            __call,
            __outcome,
            move || async move {
                if false {
                    return ::cache_runtime::__private::never::<Date>();
                }
                '__body: { fetch().await }
            },
        )
        .await
}
#[doc(hidden)]
#[allow(dead_code, clippy::ref_option_ref)]
fn __cache_key_of_today() -> ::cache_runtime::__private::NamedCall<Date> {
    ::cache_runtime::__private::call_to_name(
            const {
                &::cache_runtime::__private::Site::cached(
                    ::core::module_path!(),
                    "today",
                    ::core::file!(),
                    ::core::line!(),
                    ::core::column!(),
                )
            },
            &|| (),
        )
        .named()
}
