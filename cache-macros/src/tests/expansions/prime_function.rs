const _: () = ::cache_runtime::__private::prime(
    ::cache_runtime::__private::primed!(__cache_key_of_get_user(& (id))),
    &user,
);
