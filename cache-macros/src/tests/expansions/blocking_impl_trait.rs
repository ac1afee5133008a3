fn length(name: &str) -> Result<usize, impl Error> {
    let __outcome = ::cache_runtime::__private::outcome!(
        @ compared @ copied[] Result < usize, _ >
    );
    let __outcome = ::cache_runtime::__private::typed(__outcome);
    let __call = match ::cache_runtime::__private::open(
        ::cache_runtime::__private::site!(cached "length".own(1580668268942488858u64)),
        |__key| {
            __key.arg("name", &name);
        },
        &__outcome,
    ) {
        ::core::ops::ControlFlow::Continue(__call) => __call,
        ::core::ops::ControlFlow::Break(__returned) => return __returned,
    };
    ::cache_runtime::__private::read_through_blocking(
        __call,
        __outcome,
        move || {
            if false {
                return ::cache_runtime::__private::never::<Result<usize, _>>();
            }
            '__body: { Ok(name.len()) }
        },
    )
}
#[doc(hidden)]
#[inline]
#[allow(dead_code, clippy::all, clippy::pedantic)]
fn __cache_key_of_length(
    name: &str,
) -> ::cache_runtime::__private::NamedCall<::core::result::Result<usize, ()>> {
    ::cache_runtime::__private::call_to_name(
            ::cache_runtime::__private::site!(
                cached "length".own(1580668268942488858u64).companion()
            ),
            |__key| {
                __key.arg("name", &name);
            },
        )
        .named()
}
