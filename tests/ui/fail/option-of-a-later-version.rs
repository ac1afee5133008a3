use cache_runtime::cached;

#[cached(codec = "msgpack")]
async fn eighth(id: u64) -> String {
    id.to_string()
}

#[cached(compress = 4096)]
async fn ninth(id: u64) -> String {
    id.to_string()
}

#[cached(encrypt)]
async fn tenth(id: u64) -> String {
    id.to_string()
}

fn main() {}
