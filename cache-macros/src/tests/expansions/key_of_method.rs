const _: () = ::cache_runtime::__private::key(
    match (&self.db, id) {
        #[allow(unused_mut)]
        (mut __named0, mut __named1) => {
            ::cache_runtime::__private::recorded(
                "get_user",
                || self.get_user(__named0, __named1),
            )
        }
    },
);
