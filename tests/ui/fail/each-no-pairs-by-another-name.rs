use cache_runtime::cached;

type Names = Vec<String>;

#[cached(each = ids)]
async fn names(ids: &[u64]) -> Names {
    ids.iter().map(u64::to_string).collect()
}

fn main() {}
