fn write(name: String) -> BoxFuture<'static, Result<(), Error>> {
    let __write = ::cache_runtime::__private::write(
            ::cache_runtime::__private::site!(
                invalidates "write".patterns(& [&
                [::cache_runtime::__private::Part::Text("users:*")]])
            ),
        )
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
