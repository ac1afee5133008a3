use cache_runtime::cached;

struct Users {
    tenant: String,
}

#[async_trait::async_trait]
trait Find {
    async fn user(&self, id: u64) -> String;
}

#[async_trait::async_trait]
impl Find for Users {
    #[cached(key = "user:<id>")]
    async fn user(&self, id: u64) -> String {
        format!("{}{id}", self.tenant)
    }
}

fn main() {}
