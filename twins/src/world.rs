//! What stands in a database when a round begins.

use sqlx::{Connection, Executor, PgConnection, raw_sql};

const TABLES: &str = include_str!("../../examples/web/src/schema.sql");

/// Five users, the first of them a moderator, who have talked a little.
const BEGINNING: &str = "
    TRUNCATE users, topics, tags, posts, likes, bookmarks RESTART IDENTITY CASCADE;
    INSERT INTO users (name, role)
        SELECT 'user ' || n, CASE n WHEN 1 THEN 'moderator' ELSE 'member' END FROM generate_series(1, 5) n;
    INSERT INTO topics (author, title, visibility)
        SELECT n % 5 + 1, 'topic ' || n, (ARRAY['public', 'members', 'hidden'])[n % 3 + 1] FROM generate_series(1, 6) n;
    INSERT INTO tags SELECT n % 6 + 1, (ARRAY['red', 'green', 'blue'])[n % 3 + 1] FROM generate_series(1, 9) n
        ON CONFLICT DO NOTHING;
    INSERT INTO posts (topic, author, body)
        SELECT n % 6 + 1, n % 5 + 1, 'apple ' || n FROM generate_series(1, 18) n;
    INSERT INTO likes SELECT n, n % 5 + 1 FROM generate_series(1, 9) n;
    INSERT INTO bookmarks SELECT n, n FROM generate_series(1, 4) n;";

/// How far ids reach.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    pub(crate) users: i64,
    pub(crate) topics: i64,
    pub(crate) posts: i64,
}

/// Makes a database what it is at the beginning.
pub(crate) async fn reset(url: &str) -> Result<(), sqlx::Error> {
    let mut db = PgConnection::connect(url).await?;
    db.execute(raw_sql(TABLES)).await?;
    db.execute(raw_sql(BEGINNING)).await?;
    db.close().await
}

/// Asks a database how far its ids reach.
pub(crate) async fn extent(url: &str) -> Result<Extent, sqlx::Error> {
    let mut db = PgConnection::connect(url).await?;
    let highest = "SELECT (SELECT coalesce(max(id), 0) FROM users),
        (SELECT coalesce(max(id), 0) FROM topics), (SELECT coalesce(max(id), 0) FROM posts)";
    let (users, topics, posts) = sqlx::query_as(highest).fetch_one(&mut db).await?;
    db.close().await?;
    Ok(Extent { users, topics, posts })
}

/// Makes a second database beside the first one, and returns its URL.
pub(crate) async fn add_database(administrator: &str, first: &str) -> Result<String, sqlx::Error> {
    let mut db = PgConnection::connect(administrator).await?;
    db.execute("CREATE DATABASE twin OWNER app").await?;
    db.close().await?;
    Ok(first.replace("/app?", "/twin?"))
}
