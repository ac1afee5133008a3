use cache_runtime::cached;

trait Users {
    fn user(id: u64) -> String;
}

struct Table;

impl Users for Table {
    #[cached]
    fn user(id: u64) -> String {
        id.to_string()
    }
}

fn main() {}
