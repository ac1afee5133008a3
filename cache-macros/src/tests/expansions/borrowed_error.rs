async fn users<'a>(db: &'a Db) -> Result<Vec<User>, DbError<'a>> {
    let __call = ::cache_runtime::__private::call(
        const {
            &::cache_runtime::__private::Site::cached(
                ::core::module_path!(),
                "users",
                ::core::file!(),
                ::core::line!(),
                ::core::column!(),
            )
        },
        &|| (),
    );
    let __outcome = ::cache_runtime::__private::outcome!(
        @ unshared Result < Vec < User >, DbError < 'a > >
    );
    ::cache_runtime::__private::read_through(
            __call,
            __outcome,
            move || async move {
                if false {
                    return ::cache_runtime::__private::never::<
                        Result<Vec<User>, DbError<'a>>,
                    >();
                }
                '__body: { db.users().await }
            },
        )
        .await
}
#[doc(hidden)]
#[allow(dead_code, clippy::ref_option_ref)]
fn __cache_key_of_users() -> ::cache_runtime::__private::NamedCall<
    ::core::result::Result<Vec<User>, ()>,
> {
    ::cache_runtime::__private::call_to_name(
            const {
                &::cache_runtime::__private::Site::cached(
                    ::core::module_path!(),
                    "users",
                    ::core::file!(),
                    ::core::line!(),
                    ::core::column!(),
                )
            },
            &|| (),
        )
        .named()
}
