//! The first page: one entry for all that stands on it.

use crate::cache::from_database;
use crate::error::Result;
use crate::topics::{self, Filter, Summary, TagCount};
use crate::users::{self, Ranked};
use crate::viewer::{Rank, Viewer};
use cache_runtime::cached;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use std::collections::HashMap;

/// Who has not said who they are.
const ANYONE: Viewer = Viewer { id: None, rank: Rank::Anyone };

/// What everybody sees first.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Front {
    newest: Vec<Summary>,
    tags: Vec<TagCount>,
    ranking: Vec<Ranked>,
}

/// Whatever changes a part of it changes the whole, so that all of those writes name `front:*`.
///
/// The parts are cached, too, and are asked for past the cache here. A write deletes its keys one after another: a first page that is
/// made meanwhile of a part that is still there would be stored after its own key has been looked at, and stay.
#[cached(key = "front:", skip(db))]
pub(crate) async fn front(db: &PgPool) -> Result<Front> {
    let parts = async {
        let ids = topics::topic_ids(db, ANYONE, &Filter::default()).await?;
        let newest = in_order(&ids, topics::summaries(db, &ids).await?);
        Ok(Front { newest, tags: topics::tags(db).await?, ranking: users::ranking(db).await? })
    };
    from_database(parts).await
}

/// The lines of a list in the order of their ids. One whose topic has gone meanwhile is left out.
pub(crate) fn in_order(ids: &[i64], mut lines: HashMap<i64, Summary>) -> Vec<Summary> {
    ids.iter().filter_map(|id| lines.remove(id)).collect()
}
