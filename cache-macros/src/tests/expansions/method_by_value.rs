async fn get(mut self: Arc<Self>, id: u64) -> Option<User> {
    let __call = ::cache_runtime::__private::call(
            const {
                &::cache_runtime::__private::Site::cached(
                    ::core::module_path!(),
                    "get",
                    ::core::file!(),
                    ::core::line!(),
                    ::core::column!(),
                )
            },
            &|| (),
        )
        .arg("id", ::cache_runtime::__private::Order::AsGiven, &id);
    let __outcome = ::cache_runtime::__private::outcome!(Option < User >);
    ::cache_runtime::__private::read_through(
            __call,
            __outcome,
            move || async move {
                if false {
                    return ::cache_runtime::__private::never::<Option<User>>();
                }
                '__body: { self.get(id) }
            },
        )
        .await
}
