use cache_runtime::cached;

struct Users {
    tenant: String,
}

impl Users {
    #[cached(key = "user:<id>")]
    async fn user(&self, id: u64) -> String {
        format!("{}{id}", self.tenant)
    }
}

fn main() {}
