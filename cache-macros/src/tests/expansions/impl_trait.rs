async fn length(
    name: impl AsRef<str> + Serialize,
    path: &impl Serialize,
) -> Result<usize, impl Error> {
    let mut __call = ::cache_runtime::__private::call(
            const {
                &::cache_runtime::__private::Site::cached(
                    ::core::module_path!(),
                    "length",
                    ::core::file!(),
                    ::core::line!(),
                    ::core::column!(),
                )
            },
            &|| (),
        )
        .of_val(&name)
        .of_val(&path)
        .arg(",\"name\":", ::cache_runtime::__private::order!(& name), &name)
        .arg(",\"path\":", ::cache_runtime::__private::order!(& path), &path);
    let __outcome = ::cache_runtime::__private::outcome!(Result < usize, _ >);
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
                return ::cache_runtime::__private::never::<Result<usize, _>>();
            }
            '__body: { Ok(name.as_ref().len()) }
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
fn __cache_key_of_length(
    name: &(impl AsRef<str> + Serialize),
    path: &&impl Serialize,
) -> ::cache_runtime::__private::NamedCall<::core::result::Result<usize, ()>> {
    ::cache_runtime::__private::call_to_name(
            const {
                &::cache_runtime::__private::Site::cached(
                    ::core::module_path!(),
                    "length",
                    ::core::file!(),
                    ::core::line!(),
                    ::core::column!(),
                )
            },
            &|| (),
        )
        .of_val(&*name)
        .of_val(&*path)
        .arg(",\"name\":", ::cache_runtime::__private::order!(& * name), &*name)
        .arg(",\"path\":", ::cache_runtime::__private::order!(& * path), &*path)
        .named()
}
