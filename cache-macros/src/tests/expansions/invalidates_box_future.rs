fn write(name: String) -> BoxFuture<'static, Result<(), Error>> {
    let __write = ::cache_runtime::__private::write({
            static __SITE: ::cache_runtime::__private::Site = ::cache_runtime::__private::Site::invalidates(
                    ::core::module_path!(),
                    "write",
                    ::core::file!(),
                    ::core::line!(),
                    ::core::column!(),
                )
                .patterns(&[&[::cache_runtime::__private::Part::Text("users:*")]]);
            &__SITE
        })
        .pattern(0usize);
    let __outcome = ::cache_runtime::__private::outcome!(Result < (), Error >);
    ::std::boxed::Box::pin(async move {
        ::cache_runtime::__private::invalidate_after(
                __write,
                __outcome,
                |_, __write| __write,
                move || -> BoxFuture<'static, Result<(), Error>> {
                    Box::pin(store(name))
                },
            )
            .await
    })
}
