use cache_runtime::cached;
use std::fmt::Error;

#[cached(shape)]
async fn opaque(id: u64) -> Result<impl serde::Serialize + serde::de::DeserializeOwned, Error> {
    Ok(id)
}

#[cached(shape = 7)]
async fn a_number(id: u64) -> String {
    id.to_string()
}

#[cached(fingerprint)]
async fn by_another_name(id: u64) -> String {
    id.to_string()
}

fn main() {}
