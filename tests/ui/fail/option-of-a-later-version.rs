use cache_runtime::cached;

#[cached(encrypt)]
async fn tenth(id: u64) -> String {
    id.to_string()
}

fn main() {}
