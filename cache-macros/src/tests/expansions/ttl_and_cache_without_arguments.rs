fn answer(question: String) -> impl ::core::future::Future<Output = Answer> {
    let __outcome = ::cache_runtime::__private::outcome!(
        @ compared @ copied[Answer] @ shared[Answer] Answer
    );
    let __outcome = ::cache_runtime::__private::typed(__outcome);
    ::cache_runtime::__private::through(
        __outcome,
        async move {
            if false {
                return ::cache_runtime::__private::never::<Answer>();
            }
            #[allow(
                clippy::redundant_locals,
                clippy::used_underscore_binding,
                clippy::no_effect_underscore_binding
            )]
            let question = question;
            let __call = match ::cache_runtime::__private::open_on(
                &(global::<8>().cache),
                ::cache_runtime::__private::site!(
                    cached "answer".own(7152009679354735461u64)
                ),
                |__key| {
                    __key.arg("question", &question);
                },
                &__outcome,
            ) {
                ::core::ops::ControlFlow::Continue(__call) => __call,
                ::core::ops::ControlFlow::Break(__returned) => return __returned,
            };
            let __call = __call.ttl(DAY * 2);
            ::cache_runtime::__private::open_call(__call).await;
            '__body: { think(question).await }
        },
    )
}
#[doc(hidden)]
#[inline]
#[allow(dead_code, clippy::all, clippy::pedantic)]
fn __cache_key_of_answer(
    question: &(impl ::cache_runtime::__private::Lent<String> + ?::core::marker::Sized),
) -> ::cache_runtime::__private::NamedCall<
    <fn(
        ::cache_runtime::__private::Hidden<'_>,
    ) -> Answer as ::cache_runtime::__private::Returns>::Returned,
> {
    ::cache_runtime::__private::call_on(
            &(global::<8>().cache),
            ::cache_runtime::__private::site!(
                cached "answer".own(7152009679354735461u64).companion()
            ),
            |__key| {
                __key
                    .arg(
                        "question",
                        ::cache_runtime::__private::lent::<String, _>(question),
                    );
            },
        )
        .ttl(DAY * 2)
        .named()
}
