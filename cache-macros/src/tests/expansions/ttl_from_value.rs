fn token(scope: String) -> impl ::core::future::Future<Output = Result<Token, Error>> {
    let __outcome = ::cache_runtime::__private::outcome!(
        @ compared @ copied[Token] @ shared[Error] Result < Token, Error >
    );
    let __outcome = ::cache_runtime::__private::typed(__outcome);
    let __judged = ::cache_runtime::__private::judged(
        __outcome,
        move |__value| {
            ::cache_runtime::__private::Verdict::new()
                .ttl(
                    ::cache_runtime::__private::decide(
                        __value,
                        |token: &Token| token.expires_in,
                    ),
                )
        },
    );
    ::cache_runtime::__private::through(
        __judged,
        async move {
            if false {
                return ::cache_runtime::__private::never::<Result<Token, Error>>();
            }
            #[allow(
                clippy::redundant_locals,
                clippy::used_underscore_binding,
                clippy::no_effect_underscore_binding
            )]
            let scope = scope;
            let __call = match ::cache_runtime::__private::open(
                ::cache_runtime::__private::site!(
                    cached "token".own(4142038357190314056u64).ttl_from_value()
                ),
                |__key| {
                    __key.arg("scope", &scope);
                },
                &__outcome,
            ) {
                ::core::ops::ControlFlow::Continue(__call) => __call,
                ::core::ops::ControlFlow::Break(__returned) => return __returned,
            };
            ::cache_runtime::__private::open_call(__call).await;
            '__body: { fetch(scope).await }
        },
    )
}
#[doc(hidden)]
#[inline]
#[allow(dead_code, clippy::all, clippy::pedantic)]
fn __cache_key_of_token(
    scope: &(impl ::cache_runtime::__private::Lent<String> + ?::core::marker::Sized),
) -> ::cache_runtime::__private::NamedCall<
    <fn(
        ::cache_runtime::__private::Hidden<'_>,
    ) -> ::core::result::Result<
        Token,
        (),
    > as ::cache_runtime::__private::Returns>::Returned,
    ::cache_runtime::__private::TtlUnknown,
> {
    ::cache_runtime::__private::call_to_name(
            ::cache_runtime::__private::site!(
                cached "token".own(4142038357190314056u64).companion().ttl_from_value()
            ),
            |__key| {
                __key.arg("scope", ::cache_runtime::__private::lent::<String, _>(scope));
            },
        )
        .named()
}
