pub(crate) fn parse(text: &str, mut depth: usize) -> Option<Tree> {
    let __outcome = ::cache_runtime::__private::outcome!(
        @ compared @ copied[Tree] Option < Tree >
    );
    let __outcome = ::cache_runtime::__private::typed(__outcome);
    let __call = match ::cache_runtime::__private::open(
        ::cache_runtime::__private::site!(
            cached "parse".own(1084971940629873611u64).ttl_ms(5000u64)
        ),
        |__key| {
            __key.arg("depth", &depth).arg("text", &text);
        },
        &__outcome,
    ) {
        ::core::ops::ControlFlow::Continue(__call) => __call,
        ::core::ops::ControlFlow::Break(__returned) => return __returned,
    };
    ::cache_runtime::__private::read_through_blocking(
        __call,
        __outcome,
        move || -> Option<Tree> { Some(tree(text, depth)?) },
    )
}
#[doc(hidden)]
#[inline]
#[allow(dead_code, clippy::all, clippy::pedantic)]
pub(crate) fn __cache_key_of_parse(
    text: &str,
    depth: &usize,
) -> ::cache_runtime::__private::NamedCall<
    <fn(
        ::cache_runtime::__private::Hidden<'_>,
    ) -> Option<Tree> as ::cache_runtime::__private::Returns>::Returned,
> {
    ::cache_runtime::__private::call_to_name(
            ::cache_runtime::__private::site!(
                cached "parse".own(1084971940629873611u64).companion().ttl_ms(5000u64)
            ),
            |__key| {
                __key.arg("depth", &*depth).arg("text", &text);
            },
        )
        .named()
}
