use cache_runtime::cached;

#[cached(stale = "1m")]
async fn user(id: u64) -> String {
    id.to_string()
}

#[cached(stale_if_error = "1h")]
async fn second(id: u64) -> String {
    id.to_string()
}

#[cached(early = 1.0)]
async fn third(id: u64) -> String {
    id.to_string()
}

#[cached(jitter = 0.1)]
async fn fourth(id: u64) -> String {
    id.to_string()
}

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
