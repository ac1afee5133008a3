async fn length(
    name: impl AsRef<str> + Serialize,
    path: &impl Serialize,
) -> Result<usize, impl Error> {
    let __outcome = ::cache_runtime::__private::outcome!(Result < usize, _ >);
    let __call = match ::cache_runtime::__private::open(
        const {
            &::cache_runtime::__private::Site::cached(
                ::core::module_path!(),
                "length",
                ::core::file!(),
                ::core::line!(),
                ::core::column!(),
            )
        },
        |__key| {
            __key
                .of_val(&name)
                .of_val(&path)
                .arg(",\"name\":", ::cache_runtime::__private::order!(& name), &name)
                .arg(",\"path\":", ::cache_runtime::__private::order!(& path), &path);
        },
        &__outcome,
    ) {
        ::core::result::Result::Ok(__call) => __call,
        ::core::result::Result::Err(__returned) => return __returned,
    };
    ::cache_runtime::__private::through(
            __call,
            __outcome,
            async move {
                if false {
                    return ::cache_runtime::__private::never::<Result<usize, _>>();
                }
                '__body: { Ok(name.as_ref().len()) }
            },
        )
        .await
}
#[doc(hidden)]
#[inline]
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
            |__key| {
                __key
                    .of_val(&*name)
                    .of_val(&*path)
                    .arg(
                        ",\"name\":",
                        ::cache_runtime::__private::order!(& * name),
                        &*name,
                    )
                    .arg(
                        ",\"path\":",
                        ::cache_runtime::__private::order!(& * path),
                        &*path,
                    );
            },
        )
        .named()
}
