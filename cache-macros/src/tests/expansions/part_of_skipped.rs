async fn get(ctx: &Ctx, r#type: Kind) -> u8 {
    let __call = ::cache_runtime::__private::call(
            const {
                &::cache_runtime::__private::Site::cached(
                        ::core::module_path!(),
                        "get",
                        ::core::file!(),
                        ::core::line!(),
                        ::core::column!(),
                    )
                    .key(
                        &[
                            ::cache_runtime::__private::Part::Value,
                            ::cache_runtime::__private::Part::Text(":"),
                            ::cache_runtime::__private::Part::Value,
                        ],
                    )
            },
            &|| (),
        )
        .fill(&ctx.tenant.0)
        .fill(&r#type)
        .arg("ctx.tenant.0", ::cache_runtime::__private::Order::AsGiven, &ctx.tenant.0)
        .arg("type", ::cache_runtime::__private::order!(& r#type), &r#type);
    let __outcome = ::cache_runtime::__private::outcome!(u8);
    ::cache_runtime::__private::read_through(
            __call,
            __outcome,
            move || async move {
                if false {
                    return ::cache_runtime::__private::never::<u8>();
                }
                '__body: { ctx.load(r#type).await }
            },
        )
        .await
}
#[doc(hidden)]
#[allow(dead_code, clippy::ref_option_ref)]
fn __cache_key_of_get(
    ctx: &Ctx,
    r#type: &Kind,
) -> ::cache_runtime::__private::NamedCall<u8> {
    ::cache_runtime::__private::call_to_name(
            const {
                &::cache_runtime::__private::Site::cached(
                        ::core::module_path!(),
                        "get",
                        ::core::file!(),
                        ::core::line!(),
                        ::core::column!(),
                    )
                    .key(
                        &[
                            ::cache_runtime::__private::Part::Value,
                            ::cache_runtime::__private::Part::Text(":"),
                            ::cache_runtime::__private::Part::Value,
                        ],
                    )
            },
            &|| (),
        )
        .fill(&ctx.tenant.0)
        .fill(&*r#type)
        .arg("ctx.tenant.0", ::cache_runtime::__private::Order::AsGiven, &ctx.tenant.0)
        .arg("type", ::cache_runtime::__private::order!(& * r#type), &*r#type)
        .named()
}
