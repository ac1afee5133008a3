async fn handler(name: String) -> impl IntoResponse {
    let __write = ::cache_runtime::__private::write(
            ::cache_runtime::__private::site!(
                invalidates "handler".patterns(& [&
                [::cache_runtime::__private::Part::Text("users:*")]])
            ),
        )
        .pattern(0usize);
    let __outcome = ::cache_runtime::__private::outcome!(_);
    ::cache_runtime::__private::invalidate_after(
            __write,
            __outcome,
            |_, __write| __write,
            move || async move {
                if false {
                    return ::cache_runtime::__private::never::<_>();
                }
                '__body: { "done" }
            },
        )
        .await
}
