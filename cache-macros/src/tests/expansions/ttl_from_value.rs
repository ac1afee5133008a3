async fn token(scope: String) -> Result<Token, Error> {
    let mut __call = ::cache_runtime::__private::call(
            const {
                &::cache_runtime::__private::Site::cached(
                        ::core::module_path!(),
                        "token",
                        ::core::file!(),
                        ::core::line!(),
                        ::core::column!(),
                    )
                    .ttl_from_value()
            },
            &|| (),
        )
        .arg(",\"scope\":", ::cache_runtime::__private::Order::AsGiven, &scope);
    let __outcome = ::cache_runtime::__private::outcome!(Result < Token, Error >);
    let __outcome = ::cache_runtime::__private::judged(
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
                return ::cache_runtime::__private::never::<Result<Token, Error>>();
            }
            '__body: { fetch(scope).await }
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
fn __cache_key_of_token(
    scope: &::core::primitive::str,
) -> ::cache_runtime::__private::NamedCall<
    ::core::result::Result<Token, ()>,
    ::cache_runtime::__private::Unprimable,
> {
    ::cache_runtime::__private::call_to_name(
            const {
                &::cache_runtime::__private::Site::cached(
                        ::core::module_path!(),
                        "token",
                        ::core::file!(),
                        ::core::line!(),
                        ::core::column!(),
                    )
                    .ttl_from_value()
            },
            &|| (),
        )
        .arg(",\"scope\":", ::cache_runtime::__private::Order::AsGiven, &*scope)
        .named()
}
