async fn get(mut self: Arc<Self>, id: u64) -> Option<User> {
    let __outcome = ::cache_runtime::__private::outcome!(Option < User >);
    let __call = match ::cache_runtime::__private::open(
        const {
            &::cache_runtime::__private::Site::cached(
                ::core::module_path!(),
                "get",
                ::core::file!(),
                ::core::line!(),
                ::core::column!(),
            )
        },
        |__key| {
            __key.arg(",\"id\":", ::cache_runtime::__private::Order::AsGiven, &id);
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
                    return ::cache_runtime::__private::never::<Option<User>>();
                }
                '__body: { self.get(id) }
            },
        )
        .await
}
