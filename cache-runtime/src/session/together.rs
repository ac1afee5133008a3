//! Several calls of one function on one handle, looked up together.

use super::{Seen, Session, Step, telling};
use crate::error::Result;
use bytes::Bytes;
use futures_util::future::join_all;
use std::future::Future;
use std::pin::Pin;
use std::time::Instant;

type Going = Pin<Box<dyn Future<Output = Step> + Send>>;

/// Looks calls up in one round trip for each thousand of them. Those that are not there line up for their loads, all at the same time.
pub(crate) async fn open_all(mut sessions: Vec<Session>) -> Vec<Step> {
    let first = sessions.first();
    if sessions.len() < 2 || first.is_some_and(Session::is_refresh) {
        return join_all(sessions.into_iter().map(Session::open)).await;
    }
    match read_all(&mut sessions).await {
        Ok(values) => go_on_with(sessions, values).await,
        // A server may refuse to answer for several keys at once.
        Err(error) if error.is_server() => join_all(sessions.into_iter().map(Session::open)).await,
        Err(error) => {
            let cache = sessions[0].cache();
            cache.note_fault(sessions[0].counters(), &error);
            join_all(sessions.into_iter().map(|session| session.line_up(Seen::Away))).await
        }
    }
}

async fn read_all(sessions: &mut [Session]) -> Result<Vec<Option<Bytes>>> {
    let promises: Vec<_> = sessions.iter().map(Session::promises).collect();
    let telling = telling(promises.iter().flatten().next());
    let keys: Vec<String> = sessions.iter().map(|session| session.key().to_owned()).collect();
    let (started, budget) = (Instant::now(), sessions[0].budget);
    let looked = sessions[0].cache().backend().look_many(&keys, telling, || budget).await?;
    let spent = started.elapsed();
    let seen = sessions.iter_mut().zip(looked).zip(promises);
    let values = seen.map(|((session, looked), promises)| {
        session.budget.charge(spent);
        session.saw(looked, promises)
    });
    Ok(values.collect())
}

/// Hits are ready; the others go on at the same time.
async fn go_on_with(sessions: Vec<Session>, values: Vec<Option<Bytes>>) -> Vec<Step> {
    let (mut steps, mut going) = (Vec::with_capacity(sessions.len()), Vec::new());
    for (session, value) in sessions.into_iter().zip(values) {
        match session.tell(value) {
            Ok(Seen::Entry(found)) => steps.push(Some(Step::Found(session, found))),
            told => {
                steps.push(None);
                going.push(go_on(session, told));
            }
        }
    }
    let mut gone = join_all(going).await.into_iter();
    steps.into_iter().filter_map(|step| step.or_else(|| gone.next())).collect()
}

fn go_on(mut session: Session, told: std::result::Result<Seen, Bytes>) -> Going {
    Box::pin(async move {
        let seen = match told {
            Ok(seen) => seen,
            Err(broken) => session.repair(&broken).await,
        };
        session.line_up(seen).await
    })
}
