fn get<'async_trait>(
    id: u64,
) -> Pin<Box<dyn Future<Output = u8> + Send + 'async_trait>> {
    let __outcome = ::cache_runtime::__private::outcome!(@ compared @ copied[] u8);
    let __outcome = ::cache_runtime::__private::typed(__outcome);
    let __call = ::cache_runtime::__private::call(
        {
            static __SITE: ::cache_runtime::__private::Site = ::cache_runtime::__private::Site::cached(
                    ::core::module_path!(),
                    "get",
                    ::core::file!(),
                    ::core::line!(),
                    ::core::column!(),
                )
                .own(8901214205573189753u64);
            &__SITE
        },
        |__key| {
            __key.arg(",\"id\":", &id);
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
