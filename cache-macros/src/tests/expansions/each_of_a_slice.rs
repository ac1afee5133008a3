async fn users(db: &Db, tenant: u32, ids: &[u64]) -> Result<HashMap<u64, User>, Error> {
    let __call = ::cache_runtime::__private::call(
        ::cache_runtime::__private::site!(
            cached "users".own(4938490686985695738u64).ttl_ms(300000u64).key(&
            [::cache_runtime::__private::Part::Text("users:"),
            ::cache_runtime::__private::Part::Argument(0usize)])
        ),
        |_| {},
    );
    let __outcome = ::cache_runtime::__private::outcome!(
        @ shared[Error] Result < HashMap < u64, User >, Error >
    );
    let __elements = ::cache_runtime::__private::elements!(@ copied[User] __outcome);
    let __elements = ::cache_runtime::__private::typed(__elements);
    let __each = ::cache_runtime::__private::each(
        &__call,
        ::cache_runtime::__private::cloned(ids),
        |__key, __element| {
            __key.arg("ids", &__element).arg("tenant", &tenant);
        },
    );
    ::cache_runtime::__private::read_each(
            __each,
            __outcome,
            __elements,
            move |__list| {
                #[allow(unused_variables, unused_mut)]
                let tenant = ::cache_runtime::__private::again(&tenant);
                async move {
                    let ids: &[u64] = &__list;
                    if false {
                        return ::cache_runtime::__private::never::<
                            Result<HashMap<u64, User>, Error>,
                        >();
                    }
                    '__body: { db.users(tenant, ids).await }
                }
            },
        )
        .await
}
#[doc(hidden)]
#[inline]
#[allow(dead_code, clippy::all, clippy::pedantic)]
fn __cache_key_of_users(
    tenant: &u32,
    __element: &u64,
) -> ::cache_runtime::__private::NamedCall<
    ::core::option::Option<
        <<fn(
            ::cache_runtime::__private::Hidden<'_>,
        ) -> ::core::result::Result<
            HashMap<u64, User>,
            (),
        > as ::cache_runtime::__private::Returns>::Returned as ::cache_runtime::__private::Listed>::Value,
    >,
> {
    ::cache_runtime::__private::call_to_name(
            ::cache_runtime::__private::site!(
                cached "users".own(4938490686985695738u64).companion().ttl_ms(300000u64)
                .key(& [::cache_runtime::__private::Part::Text("users:"),
                ::cache_runtime::__private::Part::Argument(0usize)])
            ),
            |__key| {
                __key.arg("ids", &*__element).arg("tenant", &*tenant);
            },
        )
        .named()
}
