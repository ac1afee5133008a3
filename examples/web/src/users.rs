//! Users, their points, and what is known of them.

use crate::database::begin;
use crate::error::{Error, Result};
use crate::transaction::committed;
use cache_runtime::{cached, invalidates};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgExecutor, PgPool, Row, query, query_as, query_scalar};
use std::sync::Arc;

/// Somebody who may write.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct User {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) bio: String,
    pub(crate) role: Role,
    pub(crate) points: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    Member,
    Moderator,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Moderator => "moderator",
        }
    }
}

/// What a user has done.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) topics: i64,
    pub(crate) posts: i64,
    /// How often somebody liked one of the posts.
    pub(crate) liked: i64,
}

/// A line of the ranking.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Ranked {
    pub(crate) name: String,
    pub(crate) points: i64,
}

impl FromRow<'_, PgRow> for User {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let role = if row.try_get::<&str, _>("role")? == "moderator" {
            Role::Moderator
        } else {
            Role::Member
        };
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            bio: row.try_get("bio")?,
            role,
            points: row.try_get("points")?,
        })
    }
}

impl FromRow<'_, PgRow> for Profile {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            name: row.try_get("name")?,
            topics: row.try_get("topics")?,
            posts: row.try_get("posts")?,
            liked: row.try_get("liked")?,
        })
    }
}

impl FromRow<'_, PgRow> for Ranked {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self { name: row.try_get("name")?, points: row.try_get("points")? })
    }
}

/// A user by id. That there is none is cached, too.
#[cached(key = "user:<id>", skip(db))]
pub(crate) async fn user(db: &PgPool, id: i64) -> Result<Option<User>> {
    Ok(query_as("SELECT * FROM users WHERE id = $1").bind(id).fetch_optional(db).await?)
}

/// The id of a name.
#[cached(key = "user-named:<name>", skip(db), none_ttl = "1s")]
pub(crate) async fn user_named(db: &PgPool, name: &str) -> Result<Option<i64>> {
    let id = query_scalar("SELECT id FROM users WHERE name = $1").bind(name);
    Ok(id.fetch_optional(db).await?)
}

/// What a user has done. `Arc`: callers in one process share one copy.
#[cached(key = "profile:<id>", skip(db), codec = "msgpack")]
pub(crate) async fn profile(db: &PgPool, id: i64) -> Result<Option<Arc<Profile>>> {
    let counts = query_as::<_, Profile>(
        "SELECT name,
             (SELECT count(*) FROM topics WHERE author = users.id) AS topics,
             (SELECT count(*) FROM posts WHERE author = users.id) AS posts,
             (SELECT count(*) FROM likes JOIN posts ON posts.id = post WHERE author = users.id) AS liked
         FROM users WHERE id = $1",
    );
    Ok(counts.bind(id).fetch_optional(db).await?.map(Arc::new))
}

/// Who has the most points. Everybody looks at it, so that nobody waits for it when it has expired: for two seconds more the old one is
/// served while one caller counts anew. What was *invalidated* is never served so.
#[cached(key = "ranking:", skip(db), stale = "2s", jitter = 0.1)]
pub(crate) async fn ranking(db: &PgPool) -> Result<Vec<Ranked>> {
    let best = "SELECT name, points FROM users ORDER BY points DESC, name LIMIT 5";
    Ok(query_as(best).fetch_all(db).await?)
}

/// Somebody may have asked for the id or the name before it was given to anybody, and been told that there is none.
#[invalidates(
    "user:<result.id>:*",
    "profile:<result.id>:*",
    "ranking:*",
    "front:*",
    user_named(name)
)]
pub(crate) async fn register(db: &PgPool, name: &str, bio: &str) -> Result<User> {
    let insert = query_as("INSERT INTO users (name, bio) VALUES ($1, $2) RETURNING *");
    Ok(insert.bind(name).bind(bio).fetch_one(db).await?)
}

/// Reads back what it has written. Inside a write that invalidates `user(id)`, the call `user(db, id)` runs past the cache.
///
/// `when = "always"`: if reading back fails, the function does, and the bio has changed all the same.
#[invalidates(user(id), when = "always")]
pub(crate) async fn edit_bio(db: &PgPool, id: i64, bio: &str) -> Result<User> {
    query("UPDATE users SET bio = $2 WHERE id = $1").bind(id).bind(bio).execute(db).await?;
    user(db, id).await?.ok_or(Error::NotFound)
}

/// The name stands in topics and posts, and the old one is known to nobody here: patterns reach all of them.
#[invalidates(
    user(id),
    profile(id),
    "user-named:*",
    "topic:*",
    "summary:*",
    "posts:*",
    "post:*",
    "ranking:*",
    "front:*"
)]
pub(crate) async fn rename(db: &PgPool, id: i64, name: &str) -> Result<User> {
    let update = query_as("UPDATE users SET name = $2 WHERE id = $1 RETURNING *");
    update.bind(id).bind(name).fetch_optional(db).await?.ok_or(Error::NotFound)
}

/// What the viewer may see depends on this, and no list has to go: the rank is part of their keys.
#[invalidates(user(id))]
pub(crate) async fn set_role(db: &PgPool, id: i64, role: Role) -> Result<User> {
    let update = query_as("UPDATE users SET role = $2 WHERE id = $1 RETURNING *");
    update.bind(id).bind(role.name()).fetch_optional(db).await?.ok_or(Error::NotFound)
}

/// Gives points away, in one transaction: both or neither. Its invalidations run after the commit.
pub(crate) async fn give(db: &PgPool, from: i64, to: i64, points: i64) -> Result<()> {
    let body = async {
        let mut changes = [(from, -points), (to, points)];
        // In the order of ids, so that no two gifts wait for each other.
        changes.sort_unstable();
        let mut tx = begin(db).await?;
        for (id, points) in changes {
            add_points(&mut *tx, id, points).await?;
        }
        Ok((tx, ()))
    };
    committed(body).await
}

/// The database refuses to owe: that check cannot be overtaken.
// mutant: twins: a write of the web service leaves the ranking alone
#[invalidates(user(id), "ranking:*", "front:*")]
async fn add_points(db: impl PgExecutor<'_>, id: i64, points: i64) -> Result<()> {
    let update = query("UPDATE users SET points = points + $2 WHERE id = $1");
    match update.bind(id).bind(points).execute(db).await?.rows_affected() {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}
