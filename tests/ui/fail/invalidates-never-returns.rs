use cache_runtime::invalidates;

#[invalidates("users:*")]
fn serve() -> ! {
    panic!("down")
}

fn main() {}
