#[cfg(feature = "users")]
#[cfg_attr(feature = "x", cfg(feature = "y"), inline)]
#[cfg_attr(feature = "trace", instrument)]
pub async fn get<'a, 'b, D: Db<T>, T: From<D> + Serialize, const N: usize>(
    db: &'a D,
    id: &'b T,
    names: [T; N],
) -> Result<T, D::Error>
where
    D: Sync,
    T: Sync,
{
    let mut __call = ::cache_runtime::__private::call(
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
        .of::<D>()
        .of::<T>()
        .of_const(N)
        .arg(",\"id\":", ::cache_runtime::__private::order!(& id), &id)
        .arg(",\"names\":", ::cache_runtime::__private::Order::AsGiven, &names);
    let __outcome = ::cache_runtime::__private::outcome!(
        @ unshared Result < T, D::Error >
    );
    if let ::core::option::Option::Some(__returned) = ::cache_runtime::__private::here(
        &mut __call,
        &__outcome,
    ) {
        return __returned;
    }
    let __loading = match ::cache_runtime::__private::look_up(__call, &__outcome).await {
        ::cache_runtime::__private::LookUp::Return(__returned) => return __returned,
        ::cache_runtime::__private::LookUp::Load(__loading) => __loading,
    };
    let __arrived = match ::cache_runtime::__private::arrived(
        async move {
            if false {
                return ::cache_runtime::__private::never::<Result<T, D::Error>>();
            }
            '__body: { db.get(id, names).await }
        }
            .await,
        __loading,
        &__outcome,
    ) {
        ::core::result::Result::Ok(__arrived) => __arrived,
        ::core::result::Result::Err(__returned) => return __returned,
    };
    __arrived.finish().await
}
#[cfg(feature = "users")]
#[cfg_attr(feature = "x", cfg(feature = "y"), inline)]
#[doc(hidden)]
#[allow(dead_code, clippy::ref_option_ref)]
pub fn __cache_key_of_get<'b, D: Db<T>, T: From<D> + Serialize, const N: usize>(
    id: &&'b T,
    names: &[T; N],
) -> ::cache_runtime::__private::NamedCall<::core::result::Result<T, ()>>
where
    D: Sync,
    T: Sync,
{
    ::cache_runtime::__private::call_to_name(
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
        .of::<D>()
        .of::<T>()
        .of_const(N)
        .arg(",\"id\":", ::cache_runtime::__private::order!(& * id), &*id)
        .arg(",\"names\":", ::cache_runtime::__private::Order::AsGiven, &*names)
        .named()
}
