//! Topics over HTTP.

use super::{Forum, created};
use crate::error::{Error, Result};
use crate::front::in_order;
use crate::topics::{self, Draft, Filter, Summary, TagCount, Topic, visible};
use crate::viewer::Viewer;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct NewTopic {
    #[serde(flatten)]
    draft: Draft,
    #[serde(default)]
    tags: Vec<String>,
    body: String,
}

#[derive(Deserialize)]
pub(super) struct Search {
    word: String,
}

#[derive(Deserialize)]
pub(super) struct Merge {
    into: i64,
}

pub(super) async fn list(
    State(forum): State<Forum>,
    viewer: Viewer,
    Query(filter): Query<Filter>,
) -> Result<Json<Vec<Summary>>> {
    let ids = topics::topic_ids(&forum.db, viewer, &filter).await?;
    Ok(Json(in_order(&ids, topics::summaries(&forum.db, &ids).await?)))
}

pub(super) async fn search(
    State(forum): State<Forum>,
    viewer: Viewer,
    Query(search): Query<Search>,
) -> Result<Json<Vec<Summary>>> {
    let ids = topics::search(&forum.db, viewer, &search.word).await?;
    Ok(Json(in_order(&ids, topics::summaries(&forum.db, &ids).await?)))
}

pub(super) async fn tags(State(forum): State<Forum>) -> Result<Json<Vec<TagCount>>> {
    Ok(Json(topics::tags(&forum.db).await?))
}

pub(super) async fn show(
    State(forum): State<Forum>,
    viewer: Viewer,
    Path(id): Path<i64>,
) -> Result<Json<Topic>> {
    Ok(Json(visible(&forum.db, viewer, id).await?))
}

pub(super) async fn open(
    State(forum): State<Forum>,
    viewer: Viewer,
    Json(new): Json<NewTopic>,
) -> Result<impl IntoResponse> {
    let author = viewer.member()?;
    let id = topics::open(&forum.db, author, &new.draft, &new.tags, &new.body).await?;
    created("topics", id)
}

pub(super) async fn edit(
    State(forum): State<Forum>,
    viewer: Viewer,
    Path(id): Path<i64>,
    Json(draft): Json<Draft>,
) -> Result<Json<Topic>> {
    viewer.may_change(visible(&forum.db, viewer, id).await?.author)?;
    Ok(Json(topics::edit(&forum.db, id, &draft).await?))
}

pub(super) async fn retag(
    State(forum): State<Forum>,
    viewer: Viewer,
    Path(id): Path<i64>,
    Json(tags): Json<Vec<String>>,
) -> Result<StatusCode> {
    viewer.may_change(visible(&forum.db, viewer, id).await?.author)?;
    topics::retag(&forum.db, id, &tags).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn delete(
    State(forum): State<Forum>,
    viewer: Viewer,
    Path(id): Path<i64>,
) -> Result<StatusCode> {
    viewer.may_change(visible(&forum.db, viewer, id).await?.author)?;
    topics::delete(&forum.db, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn merge(
    State(forum): State<Forum>,
    viewer: Viewer,
    Path(from): Path<i64>,
    Json(Merge { into }): Json<Merge>,
) -> Result<StatusCode> {
    viewer.must_moderate()?;
    if from == into {
        return Err(Error::Refused);
    }
    topics::merge(&forum.db, from, into).await?;
    Ok(StatusCode::NO_CONTENT)
}
