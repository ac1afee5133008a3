pub(crate) fn parse(text: &str, mut depth: usize) -> Option<Tree> {
    let __outcome = ::cache_runtime::__private::outcome!(Option < Tree >);
    let __call = match ::cache_runtime::__private::open(
        const {
            &::cache_runtime::__private::Site::cached(
                    ::core::module_path!(),
                    "parse",
                    ::core::file!(),
                    ::core::line!(),
                    ::core::column!(),
                )
                .ttl_ms(5000u64)
        },
        |__key| {
            __key
                .arg(",\"depth\":", ::cache_runtime::__private::Order::AsGiven, &depth)
                .arg(",\"text\":", ::cache_runtime::__private::Order::AsGiven, &text);
        },
        &__outcome,
    ) {
        ::core::result::Result::Ok(__call) => __call,
        ::core::result::Result::Err(__returned) => return __returned,
    };
    ::cache_runtime::__private::read_through_blocking(
        __call,
        __outcome,
        move || -> Option<Tree> { Some(tree(text, depth)?) },
    )
}
#[doc(hidden)]
#[inline]
#[allow(dead_code, clippy::ref_option_ref)]
pub(crate) fn __cache_key_of_parse(
    text: &str,
    depth: &usize,
) -> ::cache_runtime::__private::NamedCall<Option<Tree>> {
    ::cache_runtime::__private::call_to_name(
            const {
                &::cache_runtime::__private::Site::cached(
                        ::core::module_path!(),
                        "parse",
                        ::core::file!(),
                        ::core::line!(),
                        ::core::column!(),
                    )
                    .ttl_ms(5000u64)
            },
            |__key| {
                __key
                    .arg(
                        ",\"depth\":",
                        ::cache_runtime::__private::Order::AsGiven,
                        &*depth,
                    )
                    .arg(
                        ",\"text\":",
                        ::cache_runtime::__private::Order::AsGiven,
                        &text,
                    );
            },
        )
        .named()
}
