/// Rows.
#[inline]
pub fn rows(
    db: &Db,
    table: &str,
    columns: &[&str],
) -> impl ::core::future::Future<Output = Result<Vec<Row>, sqlx::Error>> {
    let __outcome = ::cache_runtime::__private::outcome!(
        @ compared @ copied[Row] @ shared[sqlx::Error] Result < Vec < Row >, sqlx::Error
        >
    );
    let __outcome = ::cache_runtime::__private::typed(__outcome);
    ::cache_runtime::__private::through(
        __outcome,
        async move {
            if false {
                return ::cache_runtime::__private::never::<
                    Result<Vec<Row>, sqlx::Error>,
                >();
            }
            let __call = match ::cache_runtime::__private::open(
                ::cache_runtime::__private::site!(
                    cached "rows".own(5454834214372171914u64).ttl_ms(300000u64).key(&
                    [::cache_runtime::__private::Part::Text("sql:"),
                    ::cache_runtime::__private::Part::Argument(1usize)])
                ),
                |__key| {
                    __key.arg("columns", &columns).arg("table", &table);
                },
                &__outcome,
            ) {
                ::core::ops::ControlFlow::Continue(__call) => __call,
                ::core::ops::ControlFlow::Break(__returned) => return __returned,
            };
            ::cache_runtime::__private::open_call(__call).await;
            '__body: {
                let rows = db.query(table, columns).await?;
                return Ok(rows);
            }
        },
    )
}
#[doc(hidden)]
#[inline]
#[allow(dead_code, clippy::all, clippy::pedantic)]
pub fn __cache_key_of_rows(
    table: &str,
    columns: &[&str],
) -> ::cache_runtime::__private::NamedCall<
    <fn(
        ::cache_runtime::__private::Hidden<'_>,
    ) -> ::core::result::Result<
        Vec<Row>,
        (),
    > as ::cache_runtime::__private::Returns>::Returned,
> {
    ::cache_runtime::__private::call_to_name(
            ::cache_runtime::__private::site!(
                cached "rows".own(5454834214372171914u64).companion().ttl_ms(300000u64)
                .key(& [::cache_runtime::__private::Part::Text("sql:"),
                ::cache_runtime::__private::Part::Argument(1usize)])
            ),
            |__key| {
                __key.arg("columns", &columns).arg("table", &table);
            },
        )
        .named()
}
