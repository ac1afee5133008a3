fn touch(&self) {
    let __write = ::cache_runtime::__private::write_on(
            &(self.cache),
            ::cache_runtime::__private::site!(
                invalidates "touch".again_after_ms(2000u64).patterns(& [&
                [::cache_runtime::__private::Part::Text("users:*")]])
            ),
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
