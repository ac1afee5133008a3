//! The addresses, and what each answers.

mod posts;
mod topics;
mod users;

use crate::bookmarks::{Bookmark, Shelf};
use crate::cache::Handle;
use crate::error::{Error, Result};
use crate::front::{self, Front};
use crate::topics::visible;
use crate::viewer::Viewer;
use axum::extract::{Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde_json::Value;
use sqlx::PgPool;

/// What every handler may use.
#[derive(Clone)]
pub(crate) struct Forum {
    pub(crate) db: PgPool,
    handle: Handle,
}

pub(crate) fn router(db: PgPool, handle: Handle) -> Router {
    Router::new()
        .route("/", get(front))
        .route("/health", get(health))
        .route("/bookmarks", get(bookmarks))
        .route("/bookmarks/{topic}", put(bookmark).delete(forget))
        .route("/users", post(users::register))
        .route("/users/{id}", get(users::show))
        .route("/users/{id}/profile", get(users::profile))
        .route("/users/{id}/bio", put(users::edit_bio))
        .route("/users/{id}/name", put(users::rename))
        .route("/users/{id}/role", put(users::set_role))
        .route("/users/{id}/points", post(users::give))
        .route("/names/{name}", get(users::named))
        .route("/ranking", get(users::ranking))
        .route("/topics", get(topics::list).post(topics::open))
        .route("/topics/{id}", get(topics::show).put(topics::edit).delete(topics::delete))
        .route("/topics/{id}/tags", put(topics::retag))
        .route("/topics/{id}/merge", post(topics::merge))
        .route("/topics/{id}/posts", get(posts::list).post(posts::reply))
        .route("/posts/{id}", get(posts::show).put(posts::edit).delete(posts::delete))
        .route("/posts/{id}/like", put(posts::like).delete(posts::unlike))
        .route("/tags", get(topics::tags))
        .route("/search", get(topics::search))
        .with_state(Forum { db, handle })
}

async fn front(State(forum): State<Forum>) -> Result<Json<Front>> {
    Ok(Json(front::front(&forum.db).await?))
}

async fn health(State(forum): State<Forum>) -> Json<Value> {
    Json(forum.handle.health().await)
}

async fn bookmarks(State(forum): State<Forum>, viewer: Viewer) -> Result<Json<Vec<Bookmark>>> {
    let shelf = Shelf { db: &forum.db, member: viewer.member()? };
    Ok(Json(shelf.bookmarks().await?))
}

async fn bookmark(
    State(forum): State<Forum>,
    viewer: Viewer,
    Path(topic): Path<i64>,
) -> Result<StatusCode> {
    let shelf = Shelf { db: &forum.db, member: viewer.member()? };
    let topic = visible(&forum.db, viewer, topic).await?;
    shelf.add(topic.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn forget(
    State(forum): State<Forum>,
    viewer: Viewer,
    Path(topic): Path<i64>,
) -> Result<StatusCode> {
    Shelf { db: &forum.db, member: viewer.member()? }.remove(topic).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is there now, and where.
fn created(place: &str, id: i64) -> Result<impl IntoResponse + use<>> {
    let place = HeaderValue::try_from(format!("/{place}/{id}")).map_err(|_| Error::Refused)?;
    Ok((StatusCode::CREATED, [(LOCATION, place)]))
}
