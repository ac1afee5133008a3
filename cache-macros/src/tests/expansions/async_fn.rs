/// Rows.
#[inline]
pub async fn rows(
    db: &Db,
    table: &str,
    columns: &[&str],
) -> Result<Vec<Row>, sqlx::Error> {
    let mut __call = ::cache_runtime::__private::call(
            const {
                &::cache_runtime::__private::Site::cached(
                        ::core::module_path!(),
                        "rows",
                        ::core::file!(),
                        ::core::line!(),
                        ::core::column!(),
                    )
                    .ttl_ms(300000u64)
                    .key(
                        &[
                            ::cache_runtime::__private::Part::Text("sql:"),
                            ::cache_runtime::__private::Part::Argument(1usize),
                        ],
                    )
            },
            &|| (),
        )
        .arg(",\"columns\":", ::cache_runtime::__private::Order::AsGiven, &columns)
        .arg(",\"table\":", ::cache_runtime::__private::Order::AsGiven, &table);
    let __outcome = ::cache_runtime::__private::outcome!(
        Result < Vec < Row >, sqlx::Error >
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
                return ::cache_runtime::__private::never::<
                    Result<Vec<Row>, sqlx::Error>,
                >();
            }
            '__body: {
                let rows = db.query(table, columns).await?;
                return Ok(rows);
            }
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
#[doc(hidden)]
#[allow(dead_code, clippy::ref_option_ref)]
pub fn __cache_key_of_rows(
    table: &str,
    columns: &[&str],
) -> ::cache_runtime::__private::NamedCall<::core::result::Result<Vec<Row>, ()>> {
    ::cache_runtime::__private::call_to_name(
            const {
                &::cache_runtime::__private::Site::cached(
                        ::core::module_path!(),
                        "rows",
                        ::core::file!(),
                        ::core::line!(),
                        ::core::column!(),
                    )
                    .ttl_ms(300000u64)
                    .key(
                        &[
                            ::cache_runtime::__private::Part::Text("sql:"),
                            ::cache_runtime::__private::Part::Argument(1usize),
                        ],
                    )
            },
            &|| (),
        )
        .arg(",\"columns\":", ::cache_runtime::__private::Order::AsGiven, &columns)
        .arg(",\"table\":", ::cache_runtime::__private::Order::AsGiven, &table)
        .named()
}
