async fn rename(db: &Db, id: u64) -> Result<(), Error> {
    let __write = ::cache_runtime::__private::write(const {
            &::cache_runtime::__private::Site::invalidates(
                ::core::module_path!(),
                "rename",
                ::core::file!(),
                ::core::line!(),
                ::core::column!(),
            )
        })
        .call(|| ::cache_runtime::__private::named(get_user(db, id)));
    let __anew_0 = get_user(db, id);
    let __outcome = ::cache_runtime::__private::outcome!(
        @ unshared Result < (), Error >
    );
    let __judged = __outcome;
    let __outcome = ::cache_runtime::__private::outcome!(
        @ unshared Result < (), Error >
    );
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
