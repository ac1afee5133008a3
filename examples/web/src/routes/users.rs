//! Users over HTTP.

use super::{Forum, created};
use crate::error::{Error, Result};
use crate::users::{self, Profile, Ranked, Role, User};
use crate::viewer::Viewer;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use std::sync::Arc;

#[derive(Deserialize)]
pub(super) struct NewUser {
    name: String,
    #[serde(default)]
    bio: String,
}

pub(super) async fn show(State(forum): State<Forum>, Path(id): Path<i64>) -> Result<Json<User>> {
    users::user(&forum.db, id).await?.map(Json).ok_or(Error::NotFound)
}

pub(super) async fn named(
    State(forum): State<Forum>,
    Path(name): Path<String>,
) -> Result<Json<User>> {
    let id = users::user_named(&forum.db, &name).await?.ok_or(Error::NotFound)?;
    users::user(&forum.db, id).await?.map(Json).ok_or(Error::NotFound)
}

pub(super) async fn profile(
    State(forum): State<Forum>,
    Path(id): Path<i64>,
) -> Result<Json<Arc<Profile>>> {
    users::profile(&forum.db, id).await?.map(Json).ok_or(Error::NotFound)
}

pub(super) async fn ranking(State(forum): State<Forum>) -> Result<Json<Vec<Ranked>>> {
    Ok(Json(users::ranking(&forum.db).await?))
}

pub(super) async fn register(
    State(forum): State<Forum>,
    Json(new): Json<NewUser>,
) -> Result<impl IntoResponse> {
    let user = users::register(&forum.db, &new.name, &new.bio).await?;
    created("users", user.id)
}

pub(super) async fn edit_bio(
    State(forum): State<Forum>,
    viewer: Viewer,
    Path(id): Path<i64>,
    Json(bio): Json<String>,
) -> Result<Json<User>> {
    viewer.may_change(id)?;
    Ok(Json(users::edit_bio(&forum.db, id, &bio).await?))
}

pub(super) async fn rename(
    State(forum): State<Forum>,
    viewer: Viewer,
    Path(id): Path<i64>,
    Json(name): Json<String>,
) -> Result<Json<User>> {
    viewer.may_change(id)?;
    Ok(Json(users::rename(&forum.db, id, &name).await?))
}

pub(super) async fn set_role(
    State(forum): State<Forum>,
    viewer: Viewer,
    Path(id): Path<i64>,
    Json(role): Json<Role>,
) -> Result<Json<User>> {
    viewer.must_moderate()?;
    Ok(Json(users::set_role(&forum.db, id, role).await?))
}

pub(super) async fn give(
    State(forum): State<Forum>,
    viewer: Viewer,
    Path(to): Path<i64>,
    Json(points): Json<u32>,
) -> Result<StatusCode> {
    users::give(&forum.db, viewer.member()?, to, i64::from(points)).await?;
    Ok(StatusCode::NO_CONTENT)
}
