//! The first page: one entry that is made of others.

use crate::error::Result;
use crate::topics::{self, Filter, Summary, TagCount};
use crate::users::{self, Ranked};
use crate::viewer::{Rank, Viewer};
use cache_runtime::cached;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

/// Who has not said who they are.
const ANYONE: Viewer = Viewer { id: None, rank: Rank::Anyone };

/// What everybody sees first.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Front {
    newest: Vec<Summary>,
    tags: Vec<TagCount>,
    ranking: Vec<Ranked>,
}

/// Calls of cached functions inside a cached function: whatever makes one of them stale makes this one stale, too, so that all of their
/// writes name `front:*`. It could go without an entry of its own, and then would ask for four.
#[cached(key = "front:", skip(db))]
pub(crate) async fn front(db: &PgPool) -> Result<Front> {
    let ids = topics::topic_ids(db, ANYONE, &Filter::default()).await?;
    let newest = in_order(&ids, topics::summaries(db, &ids).await?);
    Ok(Front { newest, tags: topics::tags(db).await?, ranking: users::ranking(db).await? })
}

/// The lines of a list in the order of their ids. One whose topic has gone meanwhile is left out.
pub(crate) fn in_order(
    ids: &[i64],
    mut lines: std::collections::HashMap<i64, Summary>,
) -> Vec<Summary> {
    ids.iter().filter_map(|id| lines.remove(id)).collect()
}
