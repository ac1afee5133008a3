const _: () = ::cache_runtime::__private::key(
    ::cache_runtime::__private::captured(|| ::cache_runtime::__private::named(
        self.get_user(&self.db, id),
    )),
);
