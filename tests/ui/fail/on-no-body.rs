use cache_runtime::{cached, invalidates};

trait Users {
    #[cached(skip(self))]
    fn user(&self, id: u64) -> String;

    #[invalidates("user:<id>")]
    fn rename(&self, id: u64) -> String;
}

fn main() {}
