//! Who asks, and what they may see.

use crate::error::{Error, Result};
use crate::routes::Forum;
use crate::users::{self, Role};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::Serialize;

/// Stands in for a session. What matters here is that it is asked for with each request.
const HEADER: &str = "x-user";

/// Who asks. As an argument of a cached function it is part of the key, so that nobody is shown what was found for another viewer.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Viewer {
    pub(crate) id: Option<i64>,
    pub(crate) rank: Rank,
}

/// How much somebody may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) enum Rank {
    Anyone,
    Member,
    Moderator,
}

impl Viewer {
    /// What is visible to a rank, in the words of the table `topics`.
    pub(crate) fn visibilities(self) -> &'static [&'static str] {
        match self.rank {
            Rank::Anyone => &["public"],
            Rank::Member => &["public", "members"],
            Rank::Moderator => &["public", "members", "hidden"],
        }
    }

    /// Whether this viewer may see something of an author.
    pub(crate) fn sees(self, visibility: &str, author: i64) -> bool {
        self.id == Some(author) || self.visibilities().contains(&visibility)
    }

    /// The id of somebody who may write.
    pub(crate) fn member(self) -> Result<i64> {
        self.id.ok_or(Error::Unknown)
    }

    /// Checks that this viewer may change what belongs to `owner`.
    pub(crate) fn may_change(self, owner: i64) -> Result<i64> {
        let id = self.member()?;
        let may = id == owner || self.rank == Rank::Moderator;
        if may { Ok(id) } else { Err(Error::Forbidden) }
    }

    pub(crate) fn must_moderate(self) -> Result<i64> {
        let id = self.member()?;
        if self.rank == Rank::Moderator { Ok(id) } else { Err(Error::Forbidden) }
    }
}

impl FromRequestParts<Forum> for Viewer {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, forum: &Forum) -> Result<Self> {
        let Some(header) = parts.headers.get(HEADER) else {
            return Ok(Self { id: None, rank: Rank::Anyone });
        };
        let id = header.to_str().ok().and_then(|id| id.parse().ok()).ok_or(Error::Unknown)?;
        // Asked with each request, and seldom changed: this read is why the forum has a cache.
        let user = users::user(&forum.db, id).await?.ok_or(Error::Unknown)?;
        let rank = if user.role == Role::Moderator { Rank::Moderator } else { Rank::Member };
        Ok(Self { id: Some(id), rank })
    }
}
