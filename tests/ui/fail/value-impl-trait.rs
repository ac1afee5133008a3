use cache_runtime::cached;

#[cached]
fn name(id: u64) -> impl std::fmt::Display {
    id
}

fn main() {}
