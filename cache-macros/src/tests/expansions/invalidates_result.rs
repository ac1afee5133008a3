fn create(tenant: String) -> impl ::core::future::Future<Output = Result<User, Error>> {
    let __outcome = ::cache_runtime::__private::outcome!(Result < User, Error >);
    ::cache_runtime::__private::through_write(
        __outcome,
        move |__result, __write| __write.result(&__result.id).result(&__result.kind),
        async move {
            if false {
                return ::cache_runtime::__private::never::<Result<User, Error>>();
            }
            #[allow(
                clippy::redundant_locals,
                clippy::used_underscore_binding,
                clippy::no_effect_underscore_binding
            )]
            let tenant = tenant;
            let __write = ::cache_runtime::__private::write(
                    ::cache_runtime::__private::site!(
                        invalidates "create".patterns(& [&
                        [::cache_runtime::__private::Part::Text("user:"),
                        ::cache_runtime::__private::Part::Value,
                        ::cache_runtime::__private::Part::Text(":*")], &
                        [::cache_runtime::__private::Part::Text("list:"),
                        ::cache_runtime::__private::Part::Value,
                        ::cache_runtime::__private::Part::Text(":"),
                        ::cache_runtime::__private::Part::Value], &
                        [::cache_runtime::__private::Part::Text("all:"),
                        ::cache_runtime::__private::Part::Value]])
                    ),
                )
                .pattern(0usize)
                .of_result()
                .pattern(1usize)
                .fill(&tenant)
                .of_result()
                .pattern(2usize)
                .fill(&tenant);
            ::cache_runtime::__private::open_write(__write).await;
            '__body: { insert(tenant).await }
        },
    )
}
