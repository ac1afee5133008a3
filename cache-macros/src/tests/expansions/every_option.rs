fn users(id: u64, tags: Vec<String>) -> impl ::core::future::Future<Output = Vec<User>> {
    let __outcome = ::cache_runtime::__private::outcome!(
        @ compared @ copied[User] Vec < User >
    );
    ::cache_runtime::__private::may_be_none(&__outcome);
    let __outcome = ::cache_runtime::__private::typed(__outcome);
    let __judged = ::cache_runtime::__private::judged(
        __outcome,
        move |__value| {
            ::cache_runtime::__private::Verdict::new()
                .store_if(
                    ::cache_runtime::__private::decide(
                        __value,
                        |users| !users.is_empty(),
                    ),
                )
        },
    );
    ::cache_runtime::__private::through(
        __judged,
        async move {
            if false {
                return ::cache_runtime::__private::never::<Vec<User>>();
            }
            #[allow(
                clippy::redundant_locals,
                clippy::used_underscore_binding,
                clippy::no_effect_underscore_binding
            )]
            let tags = tags;
            let __call = match ::cache_runtime::__private::open_on(
                &(state.cache),
                ::cache_runtime::__private::site!(
                    declared "users".own(9091884183598452027u64).id("users.list")
                    .version(2u32).ttl_ms(5400000u64).none_ttl_ms(0u64)
                    .single_flight(true).lease_ms(10000u64).wait_ms(2000u64).key(&
                    [::cache_runtime::__private::Part::Text("u:"),
                    ::cache_runtime::__private::Part::Argument(0usize),
                    ::cache_runtime::__private::Part::Text(":{"),
                    ::cache_runtime::__private::Part::Argument(0usize),
                    ::cache_runtime::__private::Part::Text("}")])
                ),
                |__key| {
                    __key.arg("id", &id).arg_unordered("tags", &[""], &tags);
                },
                &__outcome,
            ) {
                ::core::ops::ControlFlow::Continue(__call) => __call,
                ::core::ops::ControlFlow::Break(__returned) => return __returned,
            };
            ::cache_runtime::__private::open_call(__call).await;
            '__body: { load(id, tags).await }
        },
    )
}
