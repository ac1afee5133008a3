async fn length(
    name: impl AsRef<str> + Serialize,
    path: &impl Serialize,
) -> Result<usize, impl Error> {
    let __outcome = ::cache_runtime::__private::outcome!(
        @ compared @ copied[] Result < usize, _ >
    );
    let __outcome = ::cache_runtime::__private::typed(__outcome);
    let __call = match ::cache_runtime::__private::open(
        ::cache_runtime::__private::site!(cached "length".own(13012244295230432922u64)),
        |__key| {
            __key.of_val(&name).of_val(&path).arg("name", &name).arg("path", &path);
        },
        &__outcome,
    ) {
        ::core::ops::ControlFlow::Continue(__call) => __call,
        ::core::ops::ControlFlow::Break(__returned) => return __returned,
    };
    ::cache_runtime::__private::through_opened(
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
#[allow(dead_code, clippy::all, clippy::pedantic)]
fn __cache_key_of_length(
    name: &(impl AsRef<str> + Serialize),
    path: &&impl Serialize,
) -> ::cache_runtime::__private::NamedCall<::core::result::Result<usize, ()>> {
    ::cache_runtime::__private::call_to_name(
            ::cache_runtime::__private::site!(
                cached "length".own(13012244295230432922u64).companion()
            ),
            |__key| {
                __key
                    .of_val(&*name)
                    .of_val(&*path)
                    .arg("name", &*name)
                    .arg("path", &*path);
            },
        )
        .named()
}
