//! The extractors and the response are those of axum: `Json` is written and not read back.

use cache_runtime::cached;

#[derive(serde::Serialize)]
struct Json<T>(T);

struct State<T>(T);

struct Path<T>(T);

#[derive(Clone)]
struct App;

#[cached(key = "article:<slug>", skip(app))]
async fn article(State(app): State<App>, Path(slug): Path<String>) -> Result<Json<String>, String> {
    let _ = app;
    Ok(Json(slug))
}

#[cached(key = "article:<slug>")]
async fn not_skipped(State(app): State<App>, Path(slug): Path<String>) -> String {
    let _ = app;
    slug
}

fn main() {}
