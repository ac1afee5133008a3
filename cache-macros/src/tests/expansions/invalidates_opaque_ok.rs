async fn handler(name: String) -> Result<impl IntoResponse, Error> {
    let __write = ::cache_runtime::__private::write({
            static __SITE: ::cache_runtime::__private::Site = ::cache_runtime::__private::Site::invalidates(
                    ::core::module_path!(),
                    "handler",
                    ::core::file!(),
                    ::core::line!(),
                    ::core::column!(),
                )
                .patterns(&[&[::cache_runtime::__private::Part::Text("users:*")]]);
            &__SITE
        })
        .pattern(0usize);
    let __outcome = ::cache_runtime::__private::outcome!(Result < _, _ >);
    ::cache_runtime::__private::invalidate_after(
            __write,
            __outcome,
            |_, __write| __write,
            move || async move {
                if false {
                    return ::cache_runtime::__private::never::<Result<_, Error>>();
                }
                '__body: { Ok("done") }
            },
        )
        .await
}
