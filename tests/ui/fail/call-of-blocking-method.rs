use cache_runtime::{cached, invalidates};

struct Users;

impl Users {
    #[cached(skip(self))]
    fn user(&self, id: u64) -> String {
        id.to_string()
    }

    #[invalidates(self.user(id))]
    async fn rename(&self, id: u64) -> Result<(), String> {
        Err(self.user(id))
    }
}

fn main() {}
