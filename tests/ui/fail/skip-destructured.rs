use cache_runtime::cached;

#[cached(skip(a))]
async fn sum((a, b): (u8, u8)) -> u8 {
    a + b
}

fn main() {}
