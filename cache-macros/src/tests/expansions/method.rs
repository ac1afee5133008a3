pub async fn get(&self, id: u64) -> Result<User, Error> {
    let __call = ::cache_runtime::__private::call(
            const {
                &::cache_runtime::__private::Site::cached(
                        ::core::module_path!(),
                        "get",
                        ::core::file!(),
                        ::core::line!(),
                        ::core::column!(),
                    )
                    .key(
                        &[
                            ::cache_runtime::__private::Part::Text("user:"),
                            ::cache_runtime::__private::Part::Value,
                            ::cache_runtime::__private::Part::Text(":"),
                            ::cache_runtime::__private::Part::Value,
                        ],
                    )
            },
            &|| (),
        )
        .fill(&self.tenant)
        .fill(&id)
        .arg("id", ::cache_runtime::__private::Order::AsGiven, &id)
        .arg("self.tenant", ::cache_runtime::__private::Order::AsGiven, &self.tenant);
    let __outcome = ::cache_runtime::__private::outcome!(Result < User, Error >);
    ::cache_runtime::__private::read_through(
            __call,
            __outcome,
            move || async move {
                if false {
                    return ::cache_runtime::__private::never::<Result<User, Error>>();
                }
                '__body: { self.db.get(id).await }
            },
        )
        .await
}
