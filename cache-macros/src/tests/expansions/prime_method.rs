const _: () = ::cache_runtime::__private::prime(
    ::cache_runtime::__private::primed!(
        ::cache_runtime::__private::captured(|| ::cache_runtime::__private::named(repo
        .get_user(id)))
    ),
    &User { id },
);
