async fn users(id: u64, tags: Vec<String>) -> Vec<User> {
    let mut __call = ::cache_runtime::__private::call_on(
            &(state.cache),
            const {
                &::cache_runtime::__private::Site::cached(
                        ::core::module_path!(),
                        "users",
                        ::core::file!(),
                        ::core::line!(),
                        ::core::column!(),
                    )
                    .id("users.list")
                    .version(2u32)
                    .ttl_ms(5400000u64)
                    .none_ttl_ms(0u64)
                    .single_flight(true)
                    .lease_ms(10000u64)
                    .wait_ms(2000u64)
                    .key(
                        &[
                            ::cache_runtime::__private::Part::Text("u:"),
                            ::cache_runtime::__private::Part::Argument(0usize),
                            ::cache_runtime::__private::Part::Text(":{"),
                            ::cache_runtime::__private::Part::Argument(0usize),
                            ::cache_runtime::__private::Part::Text("}"),
                        ],
                    )
            },
            &|| (),
        )
        .arg(",\"id\":", ::cache_runtime::__private::Order::AsGiven, &id)
        .arg(",\"tags\":", ::cache_runtime::__private::Order::Unordered, &tags);
    let __outcome = ::cache_runtime::__private::outcome!(Vec < User >);
    let __outcome = ::cache_runtime::__private::judged(
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
                return ::cache_runtime::__private::never::<Vec<User>>();
            }
            '__body: { load(id, tags).await }
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
