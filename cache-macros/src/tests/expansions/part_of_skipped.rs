fn get(ctx: &Ctx, r#type: Kind) -> impl ::core::future::Future<Output = u8> {
    let __outcome = ::cache_runtime::__private::outcome!(@ compared @ copied[] u8);
    let __outcome = ::cache_runtime::__private::typed(__outcome);
    ::cache_runtime::__private::through(
        __outcome,
        async move {
            if false {
                return ::cache_runtime::__private::never::<u8>();
            }
            #[allow(
                clippy::redundant_locals,
                clippy::used_underscore_binding,
                clippy::no_effect_underscore_binding
            )]
            let r#type = r#type;
            let __call = match ::cache_runtime::__private::open(
                ::cache_runtime::__private::site!(
                    cached "get".own(11629695011148121448u64).key(&
                    [::cache_runtime::__private::Part::Argument(0usize),
                    ::cache_runtime::__private::Part::Text(":"),
                    ::cache_runtime::__private::Part::Argument(1usize)])
                ),
                |__key| {
                    __key.arg("ctx.tenant.0", &ctx.tenant.0).arg("type", &r#type);
                },
                &__outcome,
            ) {
                ::core::ops::ControlFlow::Continue(__call) => __call,
                ::core::ops::ControlFlow::Break(__returned) => return __returned,
            };
            ::cache_runtime::__private::open_call(__call).await;
            '__body: { ctx.load(r#type).await }
        },
    )
}
#[doc(hidden)]
#[inline]
#[allow(dead_code, clippy::all, clippy::pedantic)]
fn __cache_key_of_get(
    ctx: &Ctx,
    r#type: &Kind,
) -> ::cache_runtime::__private::NamedCall<u8> {
    ::cache_runtime::__private::call_to_name(
            ::cache_runtime::__private::site!(
                cached "get".own(11629695011148121448u64).companion().key(&
                [::cache_runtime::__private::Part::Argument(0usize),
                ::cache_runtime::__private::Part::Text(":"),
                ::cache_runtime::__private::Part::Argument(1usize)])
            ),
            |__key| {
                __key.arg("ctx.tenant.0", &ctx.tenant.0).arg("type", &*r#type);
            },
        )
        .named()
}
