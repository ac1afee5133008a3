// Included by two modules: both functions have one file, line and column.

pub(super) async fn by_path(id: u8) -> String {
    inner::by_path(id).await
}

pub(super) async fn by_id(id: u8) -> String {
    inner::by_id(id).await
}

mod inner {
    #[cache_runtime::cached(ttl = 60)]
    pub(super) async fn by_path(id: u8) -> String {
        format!("{} {id}", super::NAME)
    }

    #[cache_runtime::cached(ttl = 60, id = "included")]
    pub(super) async fn by_id(id: u8) -> String {
        format!("{} {id}", super::NAME)
    }
}
