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
    let __outcome = ::cache_runtime::__private::outcome!(
        @ compared @ copied[Res < User >, User] @ shared[Res < User >] Res < User >
    );
    let __outcome = ::cache_runtime::__private::typed(__outcome);
    let __call = ::cache_runtime::__private::call(
        ::cache_runtime::__private::site!(
            cached "get".own(11514056657493483510u64).key(&
            [::cache_runtime::__private::Part::Text("u:"),
            ::cache_runtime::__private::Part::Argument(1usize),
            ::cache_runtime::__private::Part::Text(":"),
            ::cache_runtime::__private::Part::Argument(0usize)])
        ),
        |__key| {
            __key.arg("id", &id).arg("self.tenant", &self.tenant);
        },
    );
    ::std::boxed::Box::pin(async move {
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
            )
            .await
    })
}
