//! Posts, and who likes them.

use crate::error::{Error, Result};
use cache_runtime::{cached, invalidates};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgExecutor, PgPool, Row, query, query_as, query_scalar};
use std::collections::{HashMap, HashSet};

/// How many posts stand on a page.
const PAGE: i64 = 3;

/// What somebody wrote in a topic.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Post {
    pub(crate) id: i64,
    pub(crate) topic: i64,
    pub(crate) author: i64,
    pub(crate) author_name: String,
    pub(crate) body: String,
    pub(crate) revision: i64,
    /// How many users like it.
    pub(crate) likes: i64,
}

/// Where a post stands, and whose it is: what a write has to know of it to invalidate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) topic: i64,
    pub(crate) author: i64,
}

impl FromRow<'_, PgRow> for Post {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            topic: row.try_get("topic")?,
            author: row.try_get("author")?,
            author_name: row.try_get("author_name")?,
            body: row.try_get("body")?,
            revision: row.try_get("revision")?,
            likes: row.try_get("likes")?,
        })
    }
}

impl FromRow<'_, PgRow> for Place {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self { topic: row.try_get("topic")?, author: row.try_get("author")? })
    }
}

/// One page of a topic.
#[cached(key = "posts:<topic>:<page>", skip(db))]
pub(crate) async fn posts(db: &PgPool, topic: i64, page: u16) -> Result<Vec<Post>> {
    let some = query_as(
        "SELECT posts.*, users.name AS author_name,
             (SELECT count(*) FROM likes WHERE post = posts.id) AS likes
         FROM posts JOIN users ON users.id = author
         WHERE topic = $1 ORDER BY posts.id LIMIT $2 OFFSET $2 * $3",
    );
    Ok(some.bind(topic).bind(PAGE).bind(i64::from(page)).fetch_all(db).await?)
}

/// A post by id.
#[cached(key = "post:<id>", skip(db))]
pub(crate) async fn post(db: &PgPool, id: i64) -> Result<Option<Post>> {
    let one = query_as(
        "SELECT posts.*, users.name AS author_name,
             (SELECT count(*) FROM likes WHERE post = posts.id) AS likes
         FROM posts JOIN users ON users.id = author WHERE posts.id = $1",
    );
    Ok(one.bind(id).fetch_optional(db).await?)
}

/// Which of some posts a user likes: an entry for each user and post.
#[cached(key = "liked:<member>:<posts>", each = posts, skip(db))]
pub(crate) async fn liked(db: &PgPool, member: i64, posts: &[i64]) -> Result<HashMap<i64, bool>> {
    let likes = query_scalar("SELECT post FROM likes WHERE member = $1 AND post = ANY($2)");
    let likes: HashSet<i64> =
        likes.bind(member).bind(posts).fetch_all(db).await?.into_iter().collect();
    Ok(posts.iter().map(|post| (*post, likes.contains(post))).collect())
}

/// Adds a post. The pages of the topic go, and whatever counts posts or is sorted by them. Takes a pool or a transaction.
#[invalidates(
    "post:<result>:*",
    "posts:<topic>:*",
    "summary:<topic>:*",
    "topic-list:*",
    "search:*",
    "front:*",
    "profile:<author>:*"
)]
pub(crate) async fn reply(
    db: impl PgExecutor<'_>,
    topic: i64,
    author: i64,
    body: &str,
) -> Result<i64> {
    let insert = "INSERT INTO posts (topic, author, body) VALUES ($1, $2, $3) RETURNING id";
    Ok(query_scalar(insert).bind(topic).bind(author).bind(body).fetch_one(db).await?)
}

/// Changes a post. The page that it stands on is known when it is written: `<result.topic>`.
#[invalidates("post:<id>:*", "posts:<result.topic>:*", "search:*")]
pub(crate) async fn edit(db: &PgPool, id: i64, body: &str) -> Result<Place> {
    let update = query_as(
        "UPDATE posts SET body = $2, revision = revision + 1 WHERE id = $1 RETURNING topic, author",
    );
    update.bind(id).bind(body).fetch_optional(db).await?.ok_or(Error::NotFound)
}

/// Deletes a post and its likes.
#[invalidates(
    "post:<id>:*",
    "posts:<result.topic>:*",
    "summary:<result.topic>:*",
    "liked:*:<id>:*",
    "topic-list:*",
    "search:*",
    "front:*",
    "profile:<result.author>:*"
)]
pub(crate) async fn delete(db: &PgPool, id: i64) -> Result<Place> {
    let delete = query_as("DELETE FROM posts WHERE id = $1 RETURNING topic, author");
    delete.bind(id).fetch_optional(db).await?.ok_or(Error::NotFound)
}

/// Notes that a user likes a post. The lock keeps the post where it is: had it been moved meanwhile, the page to invalidate would be
/// another one.
#[invalidates(
    "post:<id>:*",
    "posts:<result.topic>:*",
    "profile:<result.author>:*",
    liked(member, id)
)]
pub(crate) async fn like(db: &PgPool, id: i64, member: i64) -> Result<Place> {
    let insert = query_as(
        "WITH place AS (SELECT * FROM posts WHERE id = $1 FOR SHARE),
             new AS (INSERT INTO likes (post, member) SELECT id, $2 FROM place ON CONFLICT DO NOTHING)
         SELECT topic, author FROM place",
    );
    insert.bind(id).bind(member).fetch_optional(db).await?.ok_or(Error::NotFound)
}

/// Takes it back.
#[invalidates(
    "post:<id>:*",
    "posts:<result.topic>:*",
    "profile:<result.author>:*",
    liked(member, id)
)]
pub(crate) async fn unlike(db: &PgPool, id: i64, member: i64) -> Result<Place> {
    let delete = query_as(
        "WITH place AS (SELECT * FROM posts WHERE id = $1 FOR SHARE),
             old AS (DELETE FROM likes USING place WHERE post = id AND member = $2)
         SELECT topic, author FROM place",
    );
    delete.bind(id).bind(member).fetch_optional(db).await?.ok_or(Error::NotFound)
}

/// Moves all posts of one topic into another.
#[invalidates(
    "posts:<from>:*",
    "posts:<into>:*",
    "summary:<into>:*",
    "post:*",
    "topic-list:*",
    "search:*",
    "front:*"
)]
pub(crate) async fn move_all(db: impl PgExecutor<'_>, from: i64, into: i64) -> Result<()> {
    let update = query("UPDATE posts SET topic = $2 WHERE topic = $1");
    update.bind(from).bind(into).execute(db).await?;
    Ok(())
}
