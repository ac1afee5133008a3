fn get(
    mut self: Arc<Self>,
    id: u64,
) -> impl ::core::future::Future<Output = Option<User>> {
    let __outcome = ::cache_runtime::__private::outcome!(
        @ compared @ copied[User] Option < User >
    );
    let __outcome = ::cache_runtime::__private::typed(__outcome);
    ::cache_runtime::__private::through(
        __outcome,
        async move {
            if false {
                return ::cache_runtime::__private::never::<Option<User>>();
            }
            _ = &self;
            let __call = match ::cache_runtime::__private::open(
                ::cache_runtime::__private::site!(
                    cached "get".own(6539170684689973701u64)
                ),
                |__key| {
                    __key.arg("id", &id);
                },
                &__outcome,
            ) {
                ::core::ops::ControlFlow::Continue(__call) => __call,
                ::core::ops::ControlFlow::Break(__returned) => return __returned,
            };
            ::cache_runtime::__private::open_call(__call).await;
            '__body: { self.get(id) }
        },
    )
}
