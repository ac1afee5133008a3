//! Topics: lists of them, their tags, and looking for one.

use crate::database::begin;
use crate::error::{Error, Result};
use crate::posts;
use crate::transaction::committed;
use crate::viewer::Viewer;
use cache_runtime::{cached, invalidates};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgExecutor, PgPool, Row, query, query_as, query_scalar};
use std::collections::HashMap;

/// How many topics stand on a page.
const PAGE: i64 = 4;

/// What is talked about.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Topic {
    pub(crate) id: i64,
    pub(crate) author: i64,
    pub(crate) author_name: String,
    pub(crate) title: String,
    pub(crate) visibility: String,
    pub(crate) revision: i64,
    pub(crate) tags: Vec<String>,
}

/// A topic as it stands in a list.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Summary {
    pub(crate) id: i64,
    pub(crate) title: String,
    pub(crate) author_name: String,
    pub(crate) posts: i64,
}

/// How many public topics have a tag.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct TagCount {
    pub(crate) tag: String,
    pub(crate) topics: i64,
}

/// Which topics somebody wants to see. All of it is part of the key.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Filter {
    pub(crate) tag: Option<String>,
    #[serde(default)]
    pub(crate) sort: Sort,
    #[serde(default)]
    pub(crate) page: u16,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Sort {
    /// The newest topic first.
    #[default]
    New,
    /// The topic with the newest post first.
    Active,
}

/// What a topic is made of, or changed to.
#[derive(Debug, Deserialize)]
pub(crate) struct Draft {
    pub(crate) title: String,
    pub(crate) visibility: String,
}

impl FromRow<'_, PgRow> for Topic {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            author: row.try_get("author")?,
            author_name: row.try_get("author_name")?,
            title: row.try_get("title")?,
            visibility: row.try_get("visibility")?,
            revision: row.try_get("revision")?,
            tags: row.try_get("tags")?,
        })
    }
}

impl FromRow<'_, PgRow> for Summary {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            title: row.try_get("title")?,
            author_name: row.try_get("author_name")?,
            posts: row.try_get("posts")?,
        })
    }
}

impl FromRow<'_, PgRow> for TagCount {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self { tag: row.try_get("tag")?, topics: row.try_get("topics")? })
    }
}

/// A topic by id, whoever may see it. One entry serves all viewers, and what they may see is looked at afterwards.
#[cached(key = "topic:<id>", skip(db))]
pub(crate) async fn topic(db: &PgPool, id: i64) -> Result<Option<Topic>> {
    let one = query_as(
        "SELECT topics.*, users.name AS author_name,
             ARRAY(SELECT tag FROM tags WHERE topic = topics.id ORDER BY tag) AS tags
         FROM topics JOIN users ON users.id = author WHERE topics.id = $1",
    );
    Ok(one.bind(id).fetch_optional(db).await?)
}

/// A topic that this viewer may see.
pub(crate) async fn visible(db: &PgPool, viewer: Viewer, id: i64) -> Result<Topic> {
    let found = topic(db, id).await?;
    found.filter(|it| viewer.sees(&it.visibility, it.author)).ok_or(Error::NotFound)
}

/// The ids on one page of a viewer's list. What stands in the lines is cached by id, in [`summaries`].
#[cached(key = "topic-list:<viewer.id>", skip(db))]
pub(crate) async fn topic_ids(db: &PgPool, viewer: Viewer, filter: &Filter) -> Result<Vec<i64>> {
    let ids = query_scalar(
        "SELECT id FROM topics
         WHERE (visibility = ANY($1) OR author = $2)
             AND ($3 IS NULL OR EXISTS (SELECT 1 FROM tags WHERE topic = topics.id AND tag = $3))
         ORDER BY CASE WHEN $4 THEN (SELECT max(id) FROM posts WHERE topic = topics.id) END DESC NULLS LAST,
             id DESC
         LIMIT $5 OFFSET $5 * $6",
    );
    let ids = ids.bind(viewer.visibilities()).bind(viewer.id).bind(&filter.tag);
    let ids = ids.bind(matches!(filter.sort, Sort::Active)).bind(PAGE).bind(i64::from(filter.page));
    Ok(ids.fetch_all(db).await?)
}

/// The lines of a list, an entry for each id: lists that overlap share them, and only what is missing is asked for.
#[cached(key = "summary:<ids>", each = ids, skip(db))]
pub(crate) async fn summaries(db: &PgPool, ids: &[i64]) -> Result<HashMap<i64, Summary>> {
    let lines = query_as::<_, Summary>(
        "SELECT topics.id, title, users.name AS author_name,
             (SELECT count(*) FROM posts WHERE topic = topics.id) AS posts
         FROM topics JOIN users ON users.id = author WHERE topics.id = ANY($1)",
    );
    let lines = lines.bind(ids).fetch_all(db).await?;
    Ok(lines.into_iter().map(|line| (line.id, line)).collect())
}

/// Tags of public topics. If the database fails, the counts of the last minute are better than none.
#[cached(key = "tags:", skip(db), stale_if_error = "1m")]
pub(crate) async fn tags(db: &PgPool) -> Result<Vec<TagCount>> {
    let counts = "SELECT tag, count(*) AS topics FROM tags JOIN topics ON topics.id = topic
         WHERE visibility = 'public' GROUP BY tag ORDER BY tag";
    Ok(query_as(counts).fetch_all(db).await?)
}

/// The ids of topics in whose title or posts a word stands.
#[cached(key = "search:", skip(db), compress = 256)]
pub(crate) async fn search(db: &PgPool, viewer: Viewer, word: &str) -> Result<Vec<i64>> {
    let ids = query_scalar(
        "SELECT id FROM topics
         WHERE (visibility = ANY($1) OR author = $2)
             AND (position($3 IN title) > 0
                 OR EXISTS (SELECT 1 FROM posts WHERE topic = topics.id AND position($3 IN body) > 0))
         ORDER BY id",
    );
    let ids = ids.bind(viewer.visibilities()).bind(viewer.id).bind(word);
    Ok(ids.fetch_all(db).await?)
}

/// Opens a topic with its tags and its first post, in one transaction. Each of the three writes knows what it makes stale.
pub(crate) async fn open(
    db: &PgPool,
    author: i64,
    draft: &Draft,
    tags: &[String],
    body: &str,
) -> Result<i64> {
    let body = async {
        let mut tx = begin(db).await?;
        let topic = insert(&mut *tx, author, draft).await?;
        add_tags(&mut *tx, topic, tags).await?;
        posts::reply(&mut *tx, topic, author, body).await?;
        Ok((tx, topic))
    };
    committed(body).await
}

#[invalidates(
    "topic:<result>:*",
    "summary:<result>:*",
    "topic-list:*",
    "search:*",
    "front:*",
    "profile:<author>:*"
)]
async fn insert(db: impl PgExecutor<'_>, author: i64, draft: &Draft) -> Result<i64> {
    let insert = "INSERT INTO topics (author, title, visibility) VALUES ($1, $2, $3) RETURNING id";
    let insert = query_scalar(insert).bind(author).bind(&draft.title).bind(&draft.visibility);
    Ok(insert.fetch_one(db).await?)
}

#[invalidates(topic(id), "topic-list:*", "tags:*", "front:*")]
async fn add_tags(db: impl PgExecutor<'_>, id: i64, tags: &[String]) -> Result<()> {
    let insert = "INSERT INTO tags (topic, tag) SELECT $1, unnest($2) ON CONFLICT DO NOTHING";
    query(insert).bind(id).bind(tags).execute(db).await?;
    Ok(())
}

#[invalidates(topic(id), "topic-list:*", "tags:*", "front:*")]
async fn remove_tags(db: impl PgExecutor<'_>, id: i64) -> Result<()> {
    query("DELETE FROM tags WHERE topic = $1").bind(id).execute(db).await?;
    Ok(())
}

/// Replaces the tags: nobody sees a topic without any.
pub(crate) async fn retag(db: &PgPool, id: i64, tags: &[String]) -> Result<()> {
    let body = async {
        let mut tx = begin(db).await?;
        remove_tags(&mut *tx, id).await?;
        add_tags(&mut *tx, id, tags).await?;
        Ok((tx, ()))
    };
    committed(body).await
}

/// Changes title and visibility, and reads back what is there now. Whoever may see the topic no more finds it in no list.
#[invalidates(
    topic(id),
    "summary:<id>:*",
    "topic-list:*",
    "tags:*",
    "search:*",
    "bookmarks:*",
    "front:*",
    when = "always"
)]
pub(crate) async fn edit(db: &PgPool, id: i64, draft: &Draft) -> Result<Topic> {
    let update = query(
        "UPDATE topics SET title = $2, visibility = $3, revision = revision + 1 WHERE id = $1",
    );
    update.bind(id).bind(&draft.title).bind(&draft.visibility).execute(db).await?;
    topic(db, id).await?.ok_or(Error::NotFound)
}

/// Takes posts, tags, likes and bookmarks with it: the database cascades, and the patterns do.
#[invalidates(
    topic(id),
    "summary:<id>:*",
    "topic-list:*",
    "tags:*",
    "search:*",
    "bookmarks:*",
    "posts:<id>:*",
    "post:*",
    "liked:*",
    "profile:*",
    "front:*"
)]
pub(crate) async fn delete(db: impl PgExecutor<'_>, id: i64) -> Result<()> {
    let delete = query("DELETE FROM topics WHERE id = $1");
    match delete.bind(id).execute(db).await?.rows_affected() {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

/// Moves all posts of one topic into another, and deletes the one.
pub(crate) async fn merge(db: &PgPool, from: i64, into: i64) -> Result<()> {
    let body = async {
        let mut tx = begin(db).await?;
        posts::move_all(&mut *tx, from, into).await?;
        delete(&mut *tx, from).await?;
        Ok((tx, ()))
    };
    committed(body).await
}
