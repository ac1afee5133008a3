use cache_runtime::cached;

#[cached(key = "user:<id>")]
async fn user() -> String {
    String::new()
}

fn main() {}
