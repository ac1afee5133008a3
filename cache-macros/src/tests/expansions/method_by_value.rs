async fn get(mut self: Arc<Self>, id: u64) -> Option<User> {
    let mut __call = ::cache_runtime::__private::call(
            const {
                &::cache_runtime::__private::Site::cached(
                    ::core::module_path!(),
                    "get",
                    ::core::file!(),
                    ::core::line!(),
                    ::core::column!(),
                )
            },
            &|| (),
        )
        .arg(",\"id\":", ::cache_runtime::__private::Order::AsGiven, &id);
    let __outcome = ::cache_runtime::__private::outcome!(Option < User >);
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
                return ::cache_runtime::__private::never::<Option<User>>();
            }
            '__body: { self.get(id) }
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
