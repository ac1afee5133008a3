use cache_runtime::cached;

#[cached(codec = "messagepack")]
async fn unknown(id: u64) -> String {
    id.to_string()
}

#[cached(codec = "bincode")]
async fn of_another_crate(id: u64) -> String {
    id.to_string()
}

#[cached(codec)]
async fn without_a_name(id: u64) -> String {
    id.to_string()
}

#[cached(codec = 7)]
async fn not_a_codec(id: u64) -> String {
    id.to_string()
}

#[cached(compress = true)]
async fn without_a_size(id: u64) -> String {
    id.to_string()
}

#[cached(compress = "4KiB")]
async fn text(id: u64) -> String {
    id.to_string()
}

#[cached(compress = 5000000000)]
async fn too_large(id: u64) -> String {
    id.to_string()
}

#[cached(msgpack)]
async fn by_name(id: u64) -> String {
    id.to_string()
}

#[cached(compression = "zstd")]
async fn by_another_name(id: u64) -> String {
    id.to_string()
}

fn main() {}
