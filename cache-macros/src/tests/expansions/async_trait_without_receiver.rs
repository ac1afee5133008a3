fn get<'async_trait>(
    id: u64,
) -> Pin<Box<dyn Future<Output = u8> + Send + 'async_trait>> {
    let __outcome = ::cache_runtime::__private::outcome!(@ compared @ copied[] u8);
    let __outcome = ::cache_runtime::__private::typed(__outcome);
    let __call = ::cache_runtime::__private::call(
        ::cache_runtime::__private::site!(cached "get".own(8901214205573189753u64)),
        |__key| {
            __key.arg("id", &id);
        },
    );
    ::std::boxed::Box::pin(async move {
        ::cache_runtime::__private::read_through(
                __call,
                __outcome,
                move || -> Pin<Box<dyn Future<Output = u8> + Send + 'async_trait>> {
                    Box::pin(async move { 1 })
                },
            )
            .await
    })
}
