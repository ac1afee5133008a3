//! A run of a warm-up: its phases in their order, while the lock is held.

use super::lock::Lock;
use super::{Load, Loads, Parts, Phase, Progress, Report, Warmed};
use crate::cache::context::mode;
use crate::rt::yielding::let_others_go;
use futures_util::future::{Either, select};
use futures_util::stream::{self, StreamExt};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Instant;
use tokio::time::timeout;

/// Runs all phases, until the lock is lost or `stop` is ready.
pub(super) async fn until(parts: &Parts, lock: &Lock, stop: impl Future<Output = ()>) -> Warmed {
    let phases = parts.cache.scope(mode::refresh(phases(parts, lock)));
    let (work, kept, stop) = (pin!(fenced(lock, phases)), pin!(lock.keep()), pin!(stop));
    match select(work, select(kept, stop)).await {
        Either::Left((report, _)) => report.flatten().map_or(Warmed::Lost, Warmed::All),
        Either::Right((Either::Left(_), _)) => Warmed::Lost,
        Either::Right((Either::Right(_), _)) => Warmed::Stopped,
    }
}

/// Runs all phases. Returns `None` if the lock was lost on the way.
async fn phases(parts: &Parts, lock: &Lock) -> Option<Report> {
    let started = Instant::now();
    let (mut loaded, mut failed) = (0, 0);
    for phase in &parts.phases {
        let progress = one(parts, lock, phase).await?;
        loaded += progress.loaded;
        failed += progress.failed;
    }
    Some(Report { loaded, failed, took: started.elapsed() })
}

async fn one(parts: &Parts, lock: &Lock, phase: &Phase) -> Option<Progress> {
    let planned = timeout(parts.interval, (phase.plan)());
    let (loads, has_failed) = match fenced(lock, planned).await? {
        Ok(Some(Loads(loads))) => (loads, false),
        Ok(None) | Err(_) => (Vec::new(), true),
    };
    let (total, failed) = (loads.len(), usize::from(has_failed));
    let mut progress = Progress { phase: phase.name.clone(), total, loaded: 0, failed };
    parts.tell(&progress);
    let loads = all_fenced(parts, lock, loads);
    let mut running = stream::iter(loads).buffer_unordered(parts.concurrency);
    while let Some(is_loaded) = running.next().await {
        *(if is_loaded? { &mut progress.loaded } else { &mut progress.failed }) += 1;
        parts.tell(&progress);
        // Without this pause, loads that never wait would keep the lock from being extended and a
        // shutdown from being heard.
        let_others_go().await;
    }
    tracing::info!(
        target: "cache_runtime", warmup = parts.name, phase = phase.name, loaded = progress.loaded, failed = progress.failed,
        "a phase of the warm-up has ended"
    );
    Some(progress)
}

/// Fences every load by itself. A process may be stopped between two loads, and go on with the next
/// one before anything else is polled.
fn all_fenced(
    parts: &Parts,
    lock: &Lock,
    loads: Vec<Load>,
) -> Vec<impl Future<Output = Option<bool>>> {
    let mut fenced_loads = Vec::with_capacity(loads.len());
    for load in loads {
        // The load's time begins at its first poll, because more loads wait than run at once.
        let limited = async { timeout(parts.interval, load).await.unwrap_or(false) };
        fenced_loads.push(fenced(lock, limited));
    }
    fenced_loads
}

/// Polls `work` only while the lock is certainly held. If the process stood still for longer than
/// the lock's time, drops `work` before its value is stored.
async fn fenced<T>(lock: &Lock, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    poll_fn(|context| {
        // mutant: a run goes on without its lock
        if !lock.is_safe() {
            return Poll::Ready(None);
        }
        work.as_mut().poll(context).map(Some)
    })
    .await
}
