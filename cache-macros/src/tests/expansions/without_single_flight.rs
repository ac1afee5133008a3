async fn users(db: Cow<'static, str>) -> Result<Vec<User>, &'static str> {
    let mut __call = ::cache_runtime::__private::call(
            const {
                &::cache_runtime::__private::Site::cached(
                        ::core::module_path!(),
                        "users",
                        ::core::file!(),
                        ::core::line!(),
                        ::core::column!(),
                    )
                    .single_flight(false)
            },
            &|| (),
        )
        .arg(",\"db\":", ::cache_runtime::__private::order!(& db), &db);
    let __outcome = ::cache_runtime::__private::outcome!(
        Result < Vec < User >, & 'static str >
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
                return ::cache_runtime::__private::never::<
                    Result<Vec<User>, &'static str>,
                >();
            }
            '__body: { load(db).await }
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
fn __cache_key_of_users(
    db: &Cow<'static, str>,
) -> ::cache_runtime::__private::NamedCall<::core::result::Result<Vec<User>, ()>> {
    ::cache_runtime::__private::call_to_name(
            const {
                &::cache_runtime::__private::Site::cached(
                        ::core::module_path!(),
                        "users",
                        ::core::file!(),
                        ::core::line!(),
                        ::core::column!(),
                    )
                    .single_flight(false)
            },
            &|| (),
        )
        .arg(",\"db\":", ::cache_runtime::__private::order!(& * db), &*db)
        .named()
}
