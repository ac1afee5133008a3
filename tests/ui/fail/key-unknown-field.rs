use cache_runtime::cached;

struct Context {
    tenant: String,
}

#[cached(key = "user:<context.tenent>", skip(context))]
async fn user(context: &Context) -> String {
    context.tenant.clone()
}

fn main() {}
