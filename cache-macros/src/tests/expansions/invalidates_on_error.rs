async fn save(&self) -> Result<(), Error> {
    let __write = ::cache_runtime::__private::write({
            static __SITE: ::cache_runtime::__private::Site = ::cache_runtime::__private::Site::invalidates(
                    ::core::module_path!(),
                    "save",
                    ::core::file!(),
                    ::core::line!(),
                    ::core::column!(),
                )
                .patterns(&[&[::cache_runtime::__private::Part::Text("users:*")]]);
            &__SITE
        })
        .pattern(0usize);
    let __outcome = ::cache_runtime::__private::outcome!(Result < (), Error >);
    ::cache_runtime::__private::invalidate_after(
            __write,
            __outcome,
            |_, __write| __write,
            ::core::option::Option::Some(::cache_runtime::__private::Fallible::failed),
            move || async move {
                if false {
                    return ::cache_runtime::__private::never::<Result<(), Error>>();
                }
                '__body: { self.db.save().await }
            },
        )
        .await
}
