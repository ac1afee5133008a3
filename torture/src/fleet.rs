//! The workers, as the coordinator sees them.

use crate::counts::Tally;
use crate::ids::WorkerId;
use crate::messages::{Orders, Report, Request};
use rustix::process::{Pid, Signal, kill_process};
use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::Sender;
use std::thread;

/// What reaches the coordinator.
#[derive(Debug)]
pub(crate) enum Message {
    Report(WorkerId, Report),
    /// A worker says no more: it has ended.
    Ended(WorkerId),
    /// Ctrl-C.
    Interrupted,
}

/// All workers; killed on drop.
#[derive(Debug)]
pub(crate) struct Fleet {
    orders: Orders,
    outbox: Sender<Message>,
    workers: Vec<Worker>,
    /// What those counted that were killed.
    buried: Tally,
}

#[derive(Debug)]
struct Worker {
    id: WorkerId,
    process: Child,
    requests: Option<ChildStdin>,
    tally: Tally,
}

impl Drop for Worker {
    /// SIGKILL ends a stopped process, too.
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Fleet {
    /// Starts workers; `orders` are those of the first.
    pub(crate) fn start(count: u32, orders: Orders, outbox: Sender<Message>) -> io::Result<Self> {
        let mut fleet = Self { orders, outbox, workers: Vec::new(), buried: Tally::default() };
        for process in 0..count {
            let worker = fleet.spawn(WorkerId { process, generation: 0 })?;
            fleet.workers.push(worker);
        }
        Ok(fleet)
    }

    fn spawn(&self, id: WorkerId) -> io::Result<Worker> {
        let orders = Orders { worker: id, ..self.orders.clone() };
        let orders = serde_json::to_string(&orders).expect("orders are plain data");
        let mut command = Command::new(env::current_exe()?);
        command.args(["worker", &orders]).stdin(Stdio::piped()).stdout(Stdio::piped());
        // Ctrl-C is the coordinator's alone.
        let mut process = command.process_group(0).spawn()?;
        let requests = process.stdin.take();
        if let Some(reports) = process.stdout.take() {
            let outbox = self.outbox.clone();
            thread::spawn(move || forward(id, reports, &outbox));
        }
        Ok(Worker { id, process, requests, tally: Tally::default() })
    }

    /// Kills a worker without warning, and starts another one in its place.
    pub(crate) fn replace(&mut self, index: usize) -> io::Result<()> {
        let WorkerId { process, generation } = self.workers[index].id;
        let successor = self.spawn(WorkerId { process, generation: generation + 1 })?;
        let killed = std::mem::replace(&mut self.workers[index], successor);
        self.buried.add(&killed.tally);
        Ok(())
    }

    pub(crate) fn freeze(&self, index: usize) {
        self.signal(index, Signal::STOP);
    }

    pub(crate) fn thaw(&self, index: usize) {
        self.signal(index, Signal::CONT);
    }

    fn signal(&self, index: usize, signal: Signal) {
        // One that has just ended is noticed where its reports are read.
        let _ = kill_process(Pid::from_child(&self.workers[index].process), signal);
    }

    /// Asks all workers; those that were stopped go on.
    pub(crate) fn ask(&mut self, request: Request) {
        let line = serde_json::to_string(&request).expect("a request is plain data");
        for index in 0..self.workers.len() {
            self.thaw(index);
            if let Some(requests) = &mut self.workers[index].requests {
                let _ = writeln!(requests, "{line}");
            }
        }
    }

    /// Takes a worker's counts; those of one that was killed came too late to be counted once.
    pub(crate) fn note(&mut self, id: WorkerId, tally: Tally) {
        if let Some(worker) = self.workers.iter_mut().find(|worker| worker.id == id) {
            worker.tally = tally;
        }
    }

    pub(crate) fn has(&self, id: WorkerId) -> bool {
        self.workers.iter().any(|worker| worker.id == id)
    }

    pub(crate) fn size(&self) -> usize {
        self.workers.len()
    }

    pub(crate) fn processes(&self) -> impl Iterator<Item = u32> {
        self.workers.iter().map(|worker| worker.process.id())
    }

    /// The counts of all workers that there ever were.
    pub(crate) fn tally(&self) -> Tally {
        let mut sum = self.buried.clone();
        for worker in &self.workers {
            sum.add(&worker.tally);
        }
        sum
    }
}

/// Reads what a worker says until it ends.
fn forward(id: WorkerId, reports: ChildStdout, outbox: &Sender<Message>) {
    for line in BufReader::new(reports).lines().map_while(Result::ok) {
        // The last line of a worker that was killed may be half a line.
        if let Ok(report) = serde_json::from_str(&line) {
            let _ = outbox.send(Message::Report(id, report));
        }
    }
    let _ = outbox.send(Message::Ended(id));
}
