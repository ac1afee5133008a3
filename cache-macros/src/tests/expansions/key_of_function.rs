const _: () = ::cache_runtime::__private::key(
    users::__cache_key_of_get_user::<User>(&(id), &["a"]),
);
