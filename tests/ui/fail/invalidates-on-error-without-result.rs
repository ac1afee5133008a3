use cache_runtime::invalidates;

#[invalidates("users:*", on_error = "return")]
async fn first() {}

#[invalidates("users:*", on_error = "return")]
fn second() -> Option<u8> {
    None
}

#[invalidates("users:*", on_error = "return")]
async fn third() -> impl Sized {}

fn main() {}
