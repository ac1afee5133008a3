use cache_runtime::{cached, key};

struct Users;

impl Users {
    #[cached(skip(self))]
    fn user(&self, id: u64) -> String {
        id.to_string()
    }
}

fn main() {
    let _ = key!(Users.user(7));
}
