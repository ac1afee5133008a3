async fn update(&self, id: u64, name: String) -> Result<User, Error> {
    let __write = ::cache_runtime::__private::write(const {
            &::cache_runtime::__private::Site::invalidates(
                ::core::module_path!(),
                "update",
                ::core::file!(),
                ::core::line!(),
                ::core::column!(),
            )
        })
        .key(|| __cache_key_of_get_user(&(id)))
        .key(|| users::__cache_key_of_find::<User>(&(&name), &(1 + 1)))
        .call(|| ::cache_runtime::__private::named(self.get(id)));
    let __outcome = ::cache_runtime::__private::outcome!(
        @ unshared Result < User, Error >
    );
    ::cache_runtime::__private::invalidate_after(
            __write,
            __outcome,
            move |__result, __write| {
                let result = __result;
                __write
                    .key(|| Self::__cache_key_of_by_id(&(result.id)))
                    .call(|| ::cache_runtime::__private::named(self.list(result.kind)))
            },
            move || async move {
                if false {
                    return ::cache_runtime::__private::never::<Result<User, Error>>();
                }
                '__body: { self.db.update(id, name).await }
            },
        )
        .await
}
