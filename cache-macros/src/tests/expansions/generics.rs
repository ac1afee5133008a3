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
    let __outcome = ::cache_runtime::__private::outcome!(
        @ compared @ copied[T] @ shared[D::Error] Result < T, D::Error >
    );
    let __outcome = ::cache_runtime::__private::typed(__outcome);
    let __call = match ::cache_runtime::__private::open(
        ::cache_runtime::__private::site!(cached "get".own(412378835396203751u64)),
        |__key| {
            __key.of::<D>().of::<T>().of_const(N).arg("id", &id).arg("names", &names);
        },
        &__outcome,
    ) {
        ::core::ops::ControlFlow::Continue(__call) => __call,
        ::core::ops::ControlFlow::Break(__returned) => return __returned,
    };
    ::cache_runtime::__private::through_opened(
            __call,
            __outcome,
            async move {
                if false {
                    return ::cache_runtime::__private::never::<Result<T, D::Error>>();
                }
                '__body: { db.get(id, names).await }
            },
        )
        .await
}
#[cfg(feature = "users")]
#[cfg_attr(feature = "x", cfg(feature = "y"), inline)]
#[doc(hidden)]
#[inline]
#[allow(dead_code, clippy::all, clippy::pedantic)]
pub fn __cache_key_of_get<'b, D: Db<T>, T: From<D> + Serialize, const N: usize>(
    id: &&'b T,
    names: &[T; N],
) -> ::cache_runtime::__private::NamedCall<
    <fn(
        ::cache_runtime::__private::Hidden<'_>,
    ) -> ::core::result::Result<T, ()> as ::cache_runtime::__private::Returns>::Returned,
>
where
    D: Sync,
    T: Sync,
{
    ::cache_runtime::__private::call_to_name(
            ::cache_runtime::__private::site!(
                cached "get".own(412378835396203751u64).companion()
            ),
            |__key| {
                __key
                    .of::<D>()
                    .of::<T>()
                    .of_const(N)
                    .arg("id", &*id)
                    .arg("names", &*names);
            },
        )
        .named()
}
