use cache_runtime::cached;

struct Postcard;

#[cached(codec = Postcard)]
async fn no_codec(id: u64) -> String {
    id.to_string()
}

#[cached(codec = Missing)]
async fn no_type(id: u64) -> String {
    id.to_string()
}

fn main() {}
