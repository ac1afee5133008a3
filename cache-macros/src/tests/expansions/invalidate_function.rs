const _: () = ::cache_runtime::__private::invalidate(
    Self::__cache_key_of_get_user(&(id)),
);
