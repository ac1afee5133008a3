use cache_runtime::{Shape, cached};
use serde::{Deserialize, Serialize};

#[derive(Deserialize, Serialize)]
struct Plain {
    id: u64,
}

#[derive(Deserialize, Serialize, Shape)]
struct Derived {
    plain: Plain,
    #[shape(skip)]
    mistaken: u64,
}

#[derive(Deserialize, Serialize, Shape)]
struct Around {
    plain: Plain,
}

#[derive(Shape)]
union Either {
    a: u32,
    b: f32,
}

#[derive(Deserialize, Serialize, Shape)]
#[shape(opaque)]
enum Whole {
    #[shape(opaque)]
    Plain(Plain),
}

#[cached(shape)]
async fn value(id: u64) -> Plain {
    Plain { id }
}

#[cached(shape)]
async fn result(id: u64) -> Result<Plain, std::fmt::Error> {
    Ok(Plain { id })
}

#[cached(shape)]
async fn derived(id: u64) -> Option<Around> {
    Some(Around { plain: Plain { id } })
}

fn main() {}
