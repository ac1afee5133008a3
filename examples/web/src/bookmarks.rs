//! What a user wants to find again. Methods of a type, where `self` says whose it is.

use crate::error::Result;
use cache_runtime::{cached, invalidates};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgPool, Row, query, query_as};

/// The bookmarks of one user.
pub(crate) struct Shelf<'a> {
    pub(crate) db: &'a PgPool,
    pub(crate) member: i64,
}

/// A topic to find again.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Bookmark {
    pub(crate) topic: i64,
    pub(crate) title: String,
}

impl FromRow<'_, PgRow> for Bookmark {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self { topic: row.try_get("topic")?, title: row.try_get("title")? })
    }
}

impl Shelf<'_> {
    #[cached(key = "bookmarks:<self.member>")]
    pub(crate) async fn bookmarks(&self) -> Result<Vec<Bookmark>> {
        let all = query_as(
            "SELECT topic, title FROM bookmarks JOIN topics ON topics.id = topic
             WHERE member = $1 ORDER BY topic",
        );
        Ok(all.bind(self.member).fetch_all(self.db).await?)
    }

    #[invalidates(self.bookmarks())]
    pub(crate) async fn add(&self, topic: i64) -> Result<()> {
        let insert = "INSERT INTO bookmarks (member, topic) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        query(insert).bind(self.member).bind(topic).execute(self.db).await?;
        Ok(())
    }

    #[invalidates(self.bookmarks())]
    pub(crate) async fn remove(&self, topic: i64) -> Result<()> {
        let delete = "DELETE FROM bookmarks WHERE member = $1 AND topic = $2";
        query(delete).bind(self.member).bind(topic).execute(self.db).await?;
        Ok(())
    }
}
