const _: () = ::cache_runtime::__private::key(
    match (&self.db, id) {
        #[allow(unused_mut)]
        (mut __arg0, mut __arg1) => {
            ::cache_runtime::__private::recorded(
                "get_user",
                || self.get_user(__arg0, __arg1),
            )
        }
    },
);
