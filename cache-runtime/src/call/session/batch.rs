//! Looks several calls of one function on one handle up together.

use super::lookup::Untold;
use super::{Lookup, Session, Step, track};
use crate::error::Result;
use crate::key::scope::Epochs;
use crate::protocol::epochs;
use bytes::Bytes;
use futures_util::future::join_all;
use std::mem;

/// The number of calls that take their leases, or store, at the same time. Each group of so many
/// calls has a budget of its own.
pub(crate) const TOGETHER: usize = 256;

/// Looks calls up in one round trip for each thousand of them. Calls without a usable entry line up
/// for their loads together, too.
#[expect(clippy::vec_box, reason = "a session goes from step to step in its box")]
pub(crate) async fn open_all(mut sessions: Vec<Box<Session>>) -> Vec<Step> {
    let first = sessions.first();
    // mutant: each element is loaded for itself
    if sessions.len() < 2 || first.is_some_and(|session| session.is_refresh()) {
        return join_all(sessions.into_iter().map(Session::open)).await;
    }
    let were_overdue: Vec<bool> = sessions.iter().map(|session| session.is_overdue()).collect();
    match read_all(&mut sessions).await {
        Ok(values) => go_on_with(sessions, values, &were_overdue).await,
        Err(error) => {
            let cache = sessions[0].cache();
            cache.note_fault(sessions[0].function(), &error);
            join_all(sessions.into_iter().map(|session| session.line_up(Lookup::Away))).await
        }
    }
}

async fn read_all(sessions: &mut [Box<Session>]) -> Result<Vec<Option<Bytes>>> {
    let validities: Vec<_> = sessions.iter().map(|session| session.validities()).collect();
    let track = track(validities.iter().flatten().next());
    let keys: Vec<String> = sessions.iter().map(|session| session.key().to_owned()).collect();
    let cache = sessions[0].cache().clone();
    let looked = cache.backend().look_many(&keys, track, || cache.budget()).await?;
    let seen = sessions.iter_mut().zip(looked).zip(validities);
    Ok(seen.map(|((session, looked), validities)| session.saw(looked, validities)).collect())
}

/// Returns the next step of each call. Hits have their step at once, and the other calls go on at
/// the same time.
#[expect(clippy::vec_box, reason = "a session goes from step to step in its box")]
async fn go_on_with(
    sessions: Vec<Box<Session>>,
    values: Vec<Option<Bytes>>,
    were_overdue: &[bool],
) -> Vec<Step> {
    let (mut steps, mut others) = (Vec::with_capacity(sessions.len()), Vec::new());
    for ((mut session, value), was_overdue) in sessions.into_iter().zip(values).zip(were_overdue) {
        let is_overdue = *was_overdue || session.is_overdue();
        match if is_overdue { Ok(Lookup::Away) } else { session.tell(value) } {
            Ok(Lookup::Entry(found)) if found.is_for_all() => {
                steps.push(Some(Step::Found(session, found)));
            }
            told => {
                steps.push(None);
                others.push((session, told));
            }
        }
    }
    let mut gone = Vec::with_capacity(others.len());
    while !others.is_empty() {
        let rest = others.split_off(others.len().min(TOGETHER));
        let mut some = mem::replace(&mut others, rest);
        settle_epochs_of(&mut some).await;
        gone.extend(join_all(some.into_iter().map(go_on)).await);
    }
    let mut gone = gone.into_iter();
    steps.into_iter().filter_map(|step| step.or_else(|| gone.next())).collect()
}

type Told = std::result::Result<Lookup, Untold>;

/// Makes the epochs that are missing, each once. If the epochs of a call are not made here, the
/// call will try by itself.
async fn settle_epochs_of(some: &mut [(Box<Session>, Told)]) {
    let unknown = some.iter_mut().map(|(session, _)| session);
    let mut unknown: Vec<_> = unknown.filter(|session| session.epochs == Epochs::Unknown).collect();
    let Some(first) = unknown.first() else { return };
    let (cache, load) = (first.cache().clone(), first.lease_time());
    let keys: Vec<String> = unknown.iter().map(|session| session.key().to_owned()).collect();
    let settled = epochs::settle_many(cache.backend(), &keys, load, || cache.budget()).await;
    for (session, epochs) in unknown.iter_mut().zip(settled.into_iter().flatten()) {
        session.epochs = epochs;
    }
}

async fn go_on((mut session, told): (Box<Session>, Told)) -> Step {
    session.renew_budget();
    let seen = match told {
        Ok(seen) => seen,
        Err(untold) => session.find_out(untold).await,
    };
    session.line_up(seen).await
}
