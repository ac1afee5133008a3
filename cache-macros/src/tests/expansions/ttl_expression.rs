fn answer(
    settings: &Settings,
    question: String,
) -> impl ::core::future::Future<Output = u64> {
    let __outcome = ::cache_runtime::__private::outcome!(@ compared @ copied[] u64);
    let __outcome = ::cache_runtime::__private::typed(__outcome);
    ::cache_runtime::__private::through(
        __outcome,
        async move {
            if false {
                return ::cache_runtime::__private::never::<u64>();
            }
            #[allow(
                clippy::redundant_locals,
                clippy::used_underscore_binding,
                clippy::no_effect_underscore_binding
            )]
            let question = question;
            let __call = match ::cache_runtime::__private::open(
                ::cache_runtime::__private::site!(
                    cached "answer".own(15497987081875971731u64)
                ),
                |__key| {
                    __key.arg("question", &question);
                },
                &__outcome,
            ) {
                ::core::ops::ControlFlow::Continue(__call) => __call,
                ::core::ops::ControlFlow::Break(__returned) => return __returned,
            };
            let __call = __call.ttl(settings.ttl());
            ::cache_runtime::__private::open_call(__call).await;
            '__body: { 42 }
        },
    )
}
#[doc(hidden)]
#[inline]
#[allow(dead_code, clippy::all, clippy::pedantic)]
fn __cache_key_of_answer(
    question: &(impl ::cache_runtime::__private::Lent<String> + ?::core::marker::Sized),
) -> ::cache_runtime::__private::NamedCall<u64> {
    ::cache_runtime::__private::call_to_name(
            ::cache_runtime::__private::site!(
                cached "answer".own(15497987081875971731u64).companion()
            ),
            |__key| {
                __key
                    .arg(
                        "question",
                        ::cache_runtime::__private::lent::<String, _>(question),
                    );
            },
        )
        .named()
}
