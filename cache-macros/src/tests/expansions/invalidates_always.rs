fn touch(&self) {
    let __write = ::cache_runtime::__private::write_on(
            &(self.cache),
            {
                static __SITE: ::cache_runtime::__private::Site = ::cache_runtime::__private::Site::invalidates(
                        ::core::module_path!(),
                        "touch",
                        ::core::file!(),
                        ::core::line!(),
                        ::core::column!(),
                    )
                    .again_after_ms(2000u64)
                    .patterns(&[&[::cache_runtime::__private::Part::Text("users:*")]]);
                &__SITE
            },
        )
        .pattern(0usize);
    let __outcome = ::cache_runtime::__private::outcome!(());
    ::cache_runtime::__private::invalidate_after_blocking(
        __write,
        ::cache_runtime::__private::always(__outcome),
        |_, __write| __write,
        move || {
            if false {
                return ::cache_runtime::__private::never::<()>();
            }
            '__body: {
                self.touched.set(true);
            }
        },
    )
}
