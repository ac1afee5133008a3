use cache_runtime::cached;

#[cached(skip(c))]
async fn sum((a, b): (u8, u8), _: &str) -> u8 {
    a + b
}

#[cached(each = ids)]
async fn each((ids, first): (Vec<u8>, u8)) -> Vec<(u8, u8)> {
    ids.into_iter().map(|id| (id, first)).collect()
}

fn main() {}
