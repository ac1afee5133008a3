async fn users(db: Cow<'static, str>) -> Result<Vec<User>, &'static str> {
    let __call = ::cache_runtime::__private::call(
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
        .arg("db", ::cache_runtime::__private::order!(& db), &db);
    let __outcome = ::cache_runtime::__private::outcome!(
        Result < Vec < User >, & 'static str >
    );
    ::cache_runtime::__private::read_through(
            __call,
            __outcome,
            move || async move {
                if false {
                    return ::cache_runtime::__private::never::<
                        Result<Vec<User>, &'static str>,
                    >();
                }
                '__body: { load(db).await }
            },
        )
        .await
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
        .arg("db", ::cache_runtime::__private::order!(& * db), &*db)
        .named()
}
