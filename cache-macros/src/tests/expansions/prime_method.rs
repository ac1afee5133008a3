const _: () = ::cache_runtime::__private::prime(
    ::cache_runtime::__private::primed!(
        match (id,) { #[allow(unused_mut)] (mut __named0,) =>
        ::cache_runtime::__private::recorded("get_user", || repo.get_user(__named0)), }
    ),
    &User { id },
);
