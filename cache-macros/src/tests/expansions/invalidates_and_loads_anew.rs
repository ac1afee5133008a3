async fn rename(db: &Db, id: u64) -> Result<(), Error> {
    let __write = ::cache_runtime::__private::write(
            ::cache_runtime::__private::site!(invalidates "rename"),
        )
        .key(|| match (db, id) {
            #[allow(unused_mut)]
            (mut __named0, mut __named1) => {
                ::cache_runtime::__private::recorded(
                    "get_user",
                    || get_user(__named0, __named1),
                )
            }
        });
    let __anew_0 = get_user(db, id);
    let __outcome = ::cache_runtime::__private::outcome!(Result < (), Error >);
    let __judged = __outcome;
    let __outcome = ::cache_runtime::__private::outcome!(Result < (), Error >);
    ::cache_runtime::__private::load_anew(
            __judged,
            move || ::cache_runtime::__private::invalidate_after(
                __write,
                __outcome,
                |_, __write| __write,
                move || async move {
                    if false {
                        return ::cache_runtime::__private::never::<Result<(), Error>>();
                    }
                    '__body: { db.rename(id).await }
                },
            ),
            move || async move {
                _ = __anew_0.await;
            },
        )
        .await
}
