use cache_runtime::cached;

#[cached]
async fn touch(id: u64) {
    let _ = id;
}

#[cached]
fn touch_unit(id: u64) -> () {
    let _ = id;
}

#[cached]
fn touch_for_ever(id: u64) -> ! {
    panic!("{id}")
}

fn main() {}
