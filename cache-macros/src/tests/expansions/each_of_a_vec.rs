fn users(ids: Vec<u64>) -> Vec<(u64, User)> {
    let __call = ::cache_runtime::__private::call(
        ::cache_runtime::__private::site!(
            cached "users".own(16457142523778614892u64).not_local()
        ),
        |_| {},
    );
    let __outcome = ::cache_runtime::__private::outcome!(Vec < (u64, User) >);
    let __elements = ::cache_runtime::__private::elements!(__outcome);
    let __elements = ::cache_runtime::__private::typed(__elements);
    let __elements = ::cache_runtime::__private::judged(
        __elements,
        move |__value| {
            ::cache_runtime::__private::of_value(
                __value,
                |__value| {
                    ::cache_runtime::__private::Verdict::new()
                        .store_if(
                            ::cache_runtime::__private::decide(
                                __value,
                                |user| user.is_active,
                            ),
                        )
                },
            )
        },
    );
    let __each = ::cache_runtime::__private::each(
        &__call,
        ids,
        |__key, __element| {
            __key.arg("ids", &__element);
        },
    );
    ::cache_runtime::__private::read_each_blocking(
        __each,
        __outcome,
        __elements,
        move |__list: Vec<u64>| -> Vec<(u64, User)> {
            let mut ids = __list;
            if false {
                return ::cache_runtime::__private::never::<Vec<(u64, User)>>();
            }
            '__body: {
                ids.sort();
                load(ids)
            }
        },
    )
}
#[doc(hidden)]
#[inline]
#[allow(dead_code, clippy::all, clippy::pedantic)]
fn __cache_key_of_users(
    __element: &u64,
) -> ::cache_runtime::__private::NamedCall<
    ::core::option::Option<
        <<fn(
            ::cache_runtime::__private::Hidden<'_>,
        ) -> Vec<
            (u64, User),
        > as ::cache_runtime::__private::Returns>::Returned as ::cache_runtime::__private::Listed>::Value,
    >,
> {
    ::cache_runtime::__private::call_to_name(
            ::cache_runtime::__private::site!(
                cached "users".own(16457142523778614892u64).companion().not_local()
            ),
            |__key| {
                __key.arg("ids", &*__element);
            },
        )
        .named()
}
