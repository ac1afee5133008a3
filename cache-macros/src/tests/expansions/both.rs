#[cached(ttl = 5)]
async fn get((a, b): (u8, u8), #[cached(skip)] db: &Db) -> u8 {
    let __write = ::cache_runtime::__private::write(
            ::cache_runtime::__private::site!(
                invalidates "get".patterns(& [&
                [::cache_runtime::__private::Part::Text("users:*")]])
            ),
        )
        .pattern(0usize);
    let __outcome = ::cache_runtime::__private::outcome!(u8);
    ::cache_runtime::__private::invalidate_after(
            __write,
            __outcome,
            |_, __write| __write,
            move || async move {
                if false {
                    return ::cache_runtime::__private::never::<u8>();
                }
                '__body: { a }
            },
        )
        .await
}
