use cache_runtime::cached;

struct Context {
    roles: Vec<u8>,
}

struct Repo {
    context: Context,
}

impl Repo {
    #[cached(skip(self), unordered(self.context.roles))]
    async fn pages(&self) -> u8 {
        self.context.roles[0]
    }
}

#[cached(key = "pages:<context.roles>", skip(context), unordered(context.roles, context.groups))]
async fn pages(context: &Context) -> u8 {
    context.roles[0]
}

#[cached(unordered(ids, ids))]
async fn twice(ids: &[u8]) -> u8 {
    ids[0]
}

#[cached(unordered(&ids))]
async fn no_part(ids: &[u8]) -> u8 {
    ids[0]
}

fn main() {}
