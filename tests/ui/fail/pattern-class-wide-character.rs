use cache_runtime::invalidates;

#[invalidates("users:[äöü]:*")]
async fn first(id: u64) {
    drop(id);
}

#[invalidates("users:[^ß]:*")]
async fn second(id: u64) {
    drop(id);
}

#[invalidates("users:[a-é]:*")]
async fn third(id: u64) {
    drop(id);
}

fn main() {}
