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
            let __write = ::cache_runtime::__private::write({
                    static __SITE: ::cache_runtime::__private::Site = ::cache_runtime::__private::Site::invalidates(
                            ::core::module_path!(),
                            "save",
                            ::core::file!(),
                            ::core::line!(),
                            ::core::column!(),
                        )
                        .patterns(
                            &[&[::cache_runtime::__private::Part::Text("users:*")]],
                        );
                    &__SITE
                })
                .pattern(0usize);
            ::cache_runtime::__private::open_write(__write).await;
            '__body: { self.db.save().await }
        },
    )
}
