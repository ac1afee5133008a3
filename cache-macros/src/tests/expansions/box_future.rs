fn get(name: &str) -> BoxFuture<'_, Option<User>> {
    let __outcome = ::cache_runtime::__private::outcome!(
        @ compared @ copied[User] Option < User >
    );
    let __outcome = ::cache_runtime::__private::typed(__outcome);
    let __call = ::cache_runtime::__private::call(
        ::cache_runtime::__private::site!(cached "get".own(5417258531161877347u64)),
        |__key| {
            __key.arg("name", &name);
        },
    );
    ::std::boxed::Box::pin(async move {
        ::cache_runtime::__private::read_through(
                __call,
                __outcome,
                move || -> BoxFuture<'_, Option<User>> {
                    async move { load(name).await }.boxed()
                },
            )
            .await
    })
}
#[doc(hidden)]
#[inline]
#[allow(dead_code, clippy::all, clippy::pedantic)]
fn __cache_key_of_get(
    name: &str,
) -> ::cache_runtime::__private::NamedCall<
    <fn(
        ::cache_runtime::__private::Hidden<'_>,
    ) -> Option<User> as ::cache_runtime::__private::Returns>::Returned,
> {
    ::cache_runtime::__private::call_to_name(
            ::cache_runtime::__private::site!(
                cached "get".own(5417258531161877347u64).companion()
            ),
            |__key| {
                __key.arg("name", &name);
            },
        )
        .named()
}
