use cache_runtime::{Shape, cached};
use serde::{Deserialize, Serialize};

#[derive(Deserialize, Serialize, Shape)]
struct Author {
    books: Vec<Book>,
}

#[derive(Deserialize, Serialize, Shape)]
struct Book {
    authors: Vec<Author>,
}

#[cached(shape)]
async fn author(id: u64) -> Author {
    Author { books: Vec::with_capacity(id as usize) }
}

fn main() {}
