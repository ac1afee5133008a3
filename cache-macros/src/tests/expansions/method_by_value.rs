async fn get(mut self: Arc<Self>, id: u64) -> Option<User> {
    let __outcome = ::cache_runtime::__private::outcome!(@ copied[User] Option < User >);
    let __call = match ::cache_runtime::__private::open(
        {
            static __SITE: ::cache_runtime::__private::Site = ::cache_runtime::__private::Site::cached(
                    ::core::module_path!(),
                    "get",
                    ::core::file!(),
                    ::core::line!(),
                    ::core::column!(),
                )
                .own(6539170684689973701u64);
            &__SITE
        },
        |__key| {
            __key.arg(",\"id\":", &id);
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
