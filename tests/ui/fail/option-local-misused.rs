use cache_runtime::cached;

#[cached(local = true)]
async fn switched_on(id: u64) -> u64 {
    id
}

#[cached(local = 0)]
async fn for_no_time(id: u64) -> u64 {
    id
}

#[cached(local)]
async fn without_a_value(id: u64) -> u64 {
    id
}

const TIME: u64 = 5;

#[cached(local = TIME)]
async fn not_a_literal(id: u64) -> u64 {
    id
}

#[cached(max_size = 100)]
async fn of_another_crate(id: u64) -> u64 {
    id
}

fn main() {}
