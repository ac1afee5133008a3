//! Posts over HTTP.

use super::{Forum, created};
use crate::error::{Error, Result};
use crate::posts::{self, Post};
use crate::topics::visible;
use crate::viewer::Viewer;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

#[derive(Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    page: u16,
}

/// A post as its viewer sees it.
#[derive(Serialize)]
pub(super) struct Shown {
    #[serde(flatten)]
    post: Post,
    /// Whether the viewer likes it; nothing for somebody who has not said who they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    liked: Option<bool>,
}

/// Joins what is the same for all viewers with what is this one's.
async fn shown(forum: &Forum, viewer: Viewer, posts: Vec<Post>) -> Result<Vec<Shown>> {
    let ids: Vec<i64> = posts.iter().map(|post| post.id).collect();
    let liked = match viewer.id {
        Some(member) => posts::liked(&forum.db, member, &ids).await?,
        None => HashMap::new(),
    };
    let shown = |post: Post| Shown { liked: liked.get(&post.id).copied(), post };
    Ok(posts.into_iter().map(shown).collect())
}

/// A post in a topic that the viewer may see.
async fn find(forum: &Forum, viewer: Viewer, id: i64) -> Result<Post> {
    let post = posts::post(&forum.db, id).await?.ok_or(Error::NotFound)?;
    visible(&forum.db, viewer, post.topic).await?;
    Ok(post)
}

pub(super) async fn list(
    State(forum): State<Forum>,
    viewer: Viewer,
    Path(topic): Path<i64>,
    Query(Page { page }): Query<Page>,
) -> Result<Json<Vec<Shown>>> {
    visible(&forum.db, viewer, topic).await?;
    let posts = posts::posts(&forum.db, topic, page).await?;
    Ok(Json(shown(&forum, viewer, posts).await?))
}

pub(super) async fn show(
    State(forum): State<Forum>,
    viewer: Viewer,
    Path(id): Path<i64>,
) -> Result<Json<Vec<Shown>>> {
    let post = find(&forum, viewer, id).await?;
    Ok(Json(shown(&forum, viewer, vec![post]).await?))
}

pub(super) async fn reply(
    State(forum): State<Forum>,
    viewer: Viewer,
    Path(topic): Path<i64>,
    Json(body): Json<String>,
) -> Result<impl IntoResponse> {
    let author = viewer.member()?;
    visible(&forum.db, viewer, topic).await?;
    let id = posts::reply(&forum.db, topic, author, &body).await?;
    created("posts", id)
}

/// Answers with what is there now: the write has invalidated it, so that this read finds it changed.
pub(super) async fn edit(
    State(forum): State<Forum>,
    viewer: Viewer,
    Path(id): Path<i64>,
    Json(body): Json<String>,
) -> Result<Json<Post>> {
    viewer.may_change(find(&forum, viewer, id).await?.author)?;
    posts::edit(&forum.db, id, &body).await?;
    posts::post(&forum.db, id).await?.map(Json).ok_or(Error::NotFound)
}

pub(super) async fn delete(
    State(forum): State<Forum>,
    viewer: Viewer,
    Path(id): Path<i64>,
) -> Result<StatusCode> {
    viewer.may_change(find(&forum, viewer, id).await?.author)?;
    posts::delete(&forum.db, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn like(
    State(forum): State<Forum>,
    viewer: Viewer,
    Path(id): Path<i64>,
) -> Result<StatusCode> {
    let member = viewer.member()?;
    find(&forum, viewer, id).await?;
    posts::like(&forum.db, id, member).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn unlike(
    State(forum): State<Forum>,
    viewer: Viewer,
    Path(id): Path<i64>,
) -> Result<StatusCode> {
    let member = viewer.member()?;
    find(&forum, viewer, id).await?;
    posts::unlike(&forum.db, id, member).await?;
    Ok(StatusCode::NO_CONTENT)
}
