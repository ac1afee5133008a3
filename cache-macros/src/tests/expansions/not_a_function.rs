pub struct User {
    id: u64,
}
::core::compile_error! {
    "`#[invalidates]` is for functions; put it on a function"
}
