use cache_runtime::cached;

#[cached(ttl = "99999999999999999999s")]
async fn user(id: u64) -> String {
    id.to_string()
}

#[cached(ttl = 18446744073709551615)]
async fn second(id: u64) -> String {
    id.to_string()
}

fn main() {}
