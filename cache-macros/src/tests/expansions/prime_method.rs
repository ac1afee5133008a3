const _: () = ::cache_runtime::__private::prime(
    ::cache_runtime::__private::primed!(
        match (id,) { #[allow(unused_mut)] (mut __arg0,) =>
        ::cache_runtime::__private::recorded("get_user", || repo.get_user(__arg0)), }
    ),
    &User { id },
);
