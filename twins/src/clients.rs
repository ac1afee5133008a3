//! Clients that read and write while something else happens.

use crate::application::Application;
use crate::client::Request;
use crate::comparison::Notes;
use crate::stage::Cast;
use crate::traffic::Traffic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::sleep;

/// What clients do, and put up with.
#[derive(Clone, Copy)]
pub(crate) struct Manners {
    /// They hang up in the middle of half of their writes.
    pub(crate) leave: bool,
    /// A process may be killed while it answers.
    pub(crate) lose: bool,
}

impl Notes {
    pub(crate) fn count(&self, is_write: bool) {
        let mut counts = self.counts();
        if is_write { counts.writes += 1 } else { counts.reads += 1 }
    }

    /// Reads until told to stop. What is read may be from before or after any write beside it.
    pub(crate) async fn reads(&self, cast: &Cast, traffic: &mut Traffic, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            self.counts().reads += 1;
            let request = traffic.read();
            if self.ask(&cast.cached[traffic.choices.usize(0..2)], &request).await.is_err() {
                return;
            }
        }
    }

    /// Reads and writes until told to stop.
    pub(crate) async fn asks(
        &self,
        cached: &[Application; 2],
        traffic: &mut Traffic,
        manners: Manners,
        stop: &AtomicBool,
    ) {
        while !stop.load(Ordering::Relaxed) {
            let from = &cached[traffic.choices.usize(0..2)];
            let is_write = traffic.choices.u8(0..10) < 5;
            let request = if is_write { traffic.write() } else { traffic.read() };
            if is_write && manners.leave && traffic.choices.bool() {
                self.counts().left += 1;
                let after = Duration::from_micros(traffic.choices.u64(0..6000));
                let _ = from.client.leave(&request, after).await;
                continue;
            }
            self.count(is_write);
            self.ask_once(from, &request, manners).await;
        }
    }

    /// Asks a process that may be killed meanwhile: then no answer is as good as one.
    async fn ask_once(&self, from: &Application, request: &Request, manners: Manners) {
        if !manners.lose {
            let _ = self.ask(from, request).await;
            return;
        }
        if let Ok(answer) = from.client.send(request).await {
            self.check(from, request, &answer);
            return;
        }
        self.counts().lost += 1;
        // A process that is gone refuses at once.
        sleep(Duration::from_millis(1)).await;
    }
}
