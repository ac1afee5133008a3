async fn update(&self, id: u64, name: String) -> Result<User, Error> {
    let __write = ::cache_runtime::__private::write(
            ::cache_runtime::__private::site!(invalidates "update".calls_with_result()),
        )
        .key(|| __cache_key_of_get_user(&(id)))
        .key(|| users::__cache_key_of_find::<User>(&(&name), &(1 + 1)))
        .key(|| match (id,) {
            #[allow(unused_mut)]
            (mut __named0,) => {
                ::cache_runtime::__private::recorded("get", || self.get(__named0))
            }
        });
    let __outcome = ::cache_runtime::__private::outcome!(Result < User, Error >);
    ::cache_runtime::__private::invalidate_after(
            __write,
            __outcome,
            move |__result, __write| {
                let result = __result;
                __write
                    .key(|| Self::__cache_key_of_by_id(&(result.id)))
                    .key(|| match (result.kind,) {
                        #[allow(unused_mut)]
                        (mut __named0,) => {
                            ::cache_runtime::__private::recorded(
                                "list",
                                || self.list(__named0),
                            )
                        }
                    })
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
