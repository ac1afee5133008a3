fn get(name: String) -> impl Future<Output = Option<User>> + Send {
    let __outcome = ::cache_runtime::__private::outcome!(
        @ compared @ copied[User] Option < User >
    );
    let __outcome = ::cache_runtime::__private::typed(__outcome);
    let __call = ::cache_runtime::__private::call(
        ::cache_runtime::__private::site!(cached "get".own(1512627468451735526u64)),
        |__key| {
            __key.arg("name", &name);
        },
    );
    async move {
        ::cache_runtime::__private::read_through(
                __call,
                __outcome,
                move || { async move { load(&name).await } },
            )
            .await
    }
}
#[doc(hidden)]
#[inline]
#[allow(dead_code, clippy::all, clippy::pedantic)]
fn __cache_key_of_get(
    name: &(impl ::cache_runtime::__private::Lent<String> + ?::core::marker::Sized),
) -> ::cache_runtime::__private::NamedCall<
    <fn(
        ::cache_runtime::__private::Hidden<'_>,
    ) -> Option<User> as ::cache_runtime::__private::Returns>::Returned,
> {
    ::cache_runtime::__private::call_to_name(
            ::cache_runtime::__private::site!(
                cached "get".own(1512627468451735526u64).companion()
            ),
            |__key| {
                __key.arg("name", ::cache_runtime::__private::lent::<String, _>(name));
            },
        )
        .named()
}
