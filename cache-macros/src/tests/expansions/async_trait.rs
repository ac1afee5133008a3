#[must_use]
fn get<'life0, 'async_trait>(
    &'life0 self,
    id: u64,
) -> ::core::pin::Pin<
    Box<
        dyn ::core::future::Future<
            Output = Res<User>,
        > + ::core::marker::Send + 'async_trait,
    >,
>
where
    'life0: 'async_trait,
    Self: 'async_trait,
{
    let __outcome = ::cache_runtime::__private::outcome!(Res < User >);
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
                        ::cache_runtime::__private::Part::Text("u:"),
                        ::cache_runtime::__private::Part::Argument(1usize),
                        ::cache_runtime::__private::Part::Text(":"),
                        ::cache_runtime::__private::Part::Argument(0usize),
                    ],
                )
        },
        |__key| {
            __key
                .arg(",\"id\":", ::cache_runtime::__private::Order::AsGiven, &id)
                .arg(
                    ",\"self.tenant\":",
                    ::cache_runtime::__private::Order::AsGiven,
                    &self.tenant,
                );
        },
    );
    ::std::boxed::Box::pin(
        ::cache_runtime::__private::read_through(
            __call,
            __outcome,
            move || -> ::core::pin::Pin<
                Box<
                    dyn ::core::future::Future<
                        Output = Res<User>,
                    > + ::core::marker::Send + 'async_trait,
                >,
            > {
                Box::pin(async move {
                    let __self = self;
                    __self.db.get(id).await
                })
            },
        ),
    )
}
