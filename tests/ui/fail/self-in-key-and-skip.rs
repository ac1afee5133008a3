use cache_runtime::cached;

struct Users {
    tenant: String,
}

impl Users {
    #[cached(key = "user:<self>", skip(self))]
    async fn user(&self) -> String {
        self.tenant.clone()
    }
}

fn main() {}
