use cache_runtime::cached;

#[cached(ttl = "@")]
async fn nameless(id: u64) -> String {
    id.to_string()
}

#[cached(ttl = "@two words")]
async fn two_words(id: u64) -> String {
    id.to_string()
}

fn main() {}
