pub async fn get(db: &Db, id: u64) -> u8 {
    1
}
::core::compile_error! {
    "unknown option `tll`; did you mean `ttl`?"
}
::core::compile_error! {
    "`5 min` is not a duration; write `\"5m\"`"
}
::core::compile_error! {
    "option `key` is given twice; remove one of the two"
}
::core::compile_error! {
    "`db` is named twice in `skip(...)`; remove one of the two"
}
::core::compile_error! {
    "options are named; write `ttl = 300`"
}
::core::compile_error! {
    "no argument `idd`; this function has `db`, `id`; did you mean `id`?"
}
::core::compile_error! {
    "`db` is skipped twice; remove one of the two"
}
