use cache_runtime::{cached, invalidates};

#[cached(skip(db))]
async fn user(db: &str, id: u64) -> String {
    format!("{db}{id}")
}

#[cached]
fn blocking(id: u64) -> String {
    id.to_string()
}

#[invalidates("users:*", refresh)]
async fn nothing_to_load(id: u64) -> u64 {
    id
}

#[invalidates(user("db", id), refresh)]
fn not_async(id: u64) -> u64 {
    id
}

#[invalidates(user("db", result), refresh)]
async fn of_the_result(id: u64) -> u64 {
    id
}

#[invalidates(user(id), refresh)]
async fn not_whole(id: u64) -> u64 {
    id
}

#[invalidates(blocking(id), refresh)]
async fn of_a_blocking_function(id: u64) -> u64 {
    id
}

#[invalidates(user("db", id), refresh = "now")]
async fn not_a_word(id: u64) -> u64 {
    id
}

#[invalidates(user("db", id), write_through)]
async fn by_another_name(id: u64) -> u64 {
    id
}

#[invalidates(user("db", id), refresh, again_after = 2)]
async fn deleted_again(id: u64) -> u64 {
    id
}

fn main() {}
