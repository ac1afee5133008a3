fn save(&self) -> impl ::core::future::Future<Output = Result<(), Error>> {
    let __outcome = ::cache_runtime::__private::outcome!(Result < (), Error >);
    ::cache_runtime::__private::through_write(
        ::cache_runtime::__private::reporting(
            __outcome,
            ::cache_runtime::__private::Fallible::failed,
        ),
        |_, __write| __write,
        async move {
            if false {
                return ::cache_runtime::__private::never::<Result<(), Error>>();
            }
            let __write = ::cache_runtime::__private::write(
                    ::cache_runtime::__private::site!(
                        invalidates "save".patterns(& [&
                        [::cache_runtime::__private::Part::Text("users:*")]])
                    ),
                )
                .pattern(0usize);
            ::cache_runtime::__private::open_write(__write).await;
            '__body: { self.db.save().await }
        },
    )
}
