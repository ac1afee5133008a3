pub fn rename(
    &self,
    id: u64,
    name: &str,
) -> impl ::core::future::Future<Output = Result<(), Error>> {
    let __outcome = ::cache_runtime::__private::outcome!(Result < (), Error >);
    ::cache_runtime::__private::through_write(
        __outcome,
        |_, __write| __write,
        async move {
            if false {
                return ::cache_runtime::__private::never::<Result<(), Error>>();
            }
            let __write = ::cache_runtime::__private::write(
                    ::cache_runtime::__private::site!(
                        invalidates "rename".patterns(& [&
                        [::cache_runtime::__private::Part::Text("user:"),
                        ::cache_runtime::__private::Part::Value,
                        ::cache_runtime::__private::Part::Text(":*")], &
                        [::cache_runtime::__private::Part::Text("tenant:"),
                        ::cache_runtime::__private::Part::Value,
                        ::cache_runtime::__private::Part::Text(":[a-z]*")], &
                        [::cache_runtime::__private::Part::Text("all")]])
                    ),
                )
                .pattern(0usize)
                .fill(&id)
                .pattern(1usize)
                .fill(&self.tenant)
                .pattern(2usize);
            ::cache_runtime::__private::open_write(__write).await;
            '__body: { self.db.rename(id, name).await }
        },
    )
}
