pub fn get(&self, id: u64) -> impl ::core::future::Future<Output = Result<User, Error>> {
    let __outcome = ::cache_runtime::__private::outcome!(
        @ compared @ copied[User] @ shared[Error] Result < User, Error >
    );
    let __outcome = ::cache_runtime::__private::typed(__outcome);
    ::cache_runtime::__private::through(
        __outcome,
        async move {
            if false {
                return ::cache_runtime::__private::never::<Result<User, Error>>();
            }
            let __call = match ::cache_runtime::__private::open(
                ::cache_runtime::__private::site!(
                    cached "get".own(6657954872328210243u64).key(&
                    [::cache_runtime::__private::Part::Text("user:"),
                    ::cache_runtime::__private::Part::Argument(1usize),
                    ::cache_runtime::__private::Part::Text(":"),
                    ::cache_runtime::__private::Part::Argument(0usize)])
                ),
                |__key| {
                    __key.arg("id", &id).arg("self.tenant", &self.tenant);
                },
                &__outcome,
            ) {
                ::core::ops::ControlFlow::Continue(__call) => __call,
                ::core::ops::ControlFlow::Break(__returned) => return __returned,
            };
            ::cache_runtime::__private::open_call(__call).await;
            '__body: { self.db.get(id).await }
        },
    )
}
