//! Starts everything, disturbs it, listens, and says how it went.

use crate::counts::{Count, Tally};
use crate::fleet::{Fleet, Message};
use crate::guard::Guard;
use crate::history::Event;
use crate::ids::WorkerId;
use crate::judgement::StaleRead;
use crate::messages::{Orders, Report, Request};
use crate::options::Options;
use crate::torment::Torment;
use crate::verdict::{self, Verdict};
use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};
use testkit::RedisServer;

/// How long workers may take to answer before the coordinator goes on without them.
const PATIENCE: Duration = Duration::from_secs(3);

/// How many stale reads are explained; the others are counted.
const EXPLAINED: usize = 3;

/// Events of a row that are shown: those before and around the stale read.
const SHOWN: usize = 80;

const SECOND: Duration = Duration::from_secs(1);

/// Runs the torture, and prints how it went.
pub(crate) fn run(options: &Options) -> Verdict {
    let seed = options.seed();
    println!("seed {seed}; `--seed {seed}` repeats the choices of this run, not its timing");
    let verdict = Coordinator::start(options, seed)
        .and_then(|mut coordinator| {
            let ended = coordinator.watch()?;
            Ok(coordinator.conclude(ended))
        })
        .unwrap_or_else(|error| Verdict::Broken(error.to_string()));
    match &verdict {
        Verdict::Clean => println!("no stale read"),
        Verdict::Stale => println!("the cache answered with stale values; seed {seed}"),
        Verdict::NotEnough(missing) => {
            println!("time ran out with only {}; seed {seed}", missing.join(", "));
        }
        Verdict::Broken(why) => println!("the torture itself failed: {why}; seed {seed}"),
    }
    verdict
}

/// Why it stops watching.
#[derive(Debug)]
enum Ended {
    OutOfTime,
    Enough,
    Interrupted,
    Stale,
    Broken(String),
}

/// Fields are dropped in this order: workers before their servers, the guard when nothing is left.
#[derive(Debug)]
struct Coordinator<'a> {
    options: &'a Options,
    torment: Torment,
    fleet: Fleet,
    cache: RedisServer,
    truth: RedisServer,
    guard: Guard,
    inbox: Receiver<Message>,
    stale: Vec<StaleRead>,
    /// How many of them have been explained.
    explained: usize,
    started: Instant,
    next_line: Instant,
}

impl<'a> Coordinator<'a> {
    fn start(options: &'a Options, seed: u64) -> io::Result<Self> {
        let (outbox, inbox) = mpsc::channel();
        listen_for_interruption(outbox.clone())?;
        let guard = Guard::start()?;
        let [cache, truth] = [(); 2].map(|()| RedisServer::builder().own_process_group().start());
        let orders = orders(options, seed, &cache, &truth);
        let fleet = Fleet::start(options.processes, orders, outbox)?;
        let torment = Torment::new(seed, &options.faults);
        let (started, stale) = (Instant::now(), Vec::new());
        let next_line = started + SECOND;
        let mut coordinator = Self {
            options,
            torment,
            fleet,
            cache,
            truth,
            guard,
            inbox,
            stale,
            explained: 0,
            started,
            next_line,
        };
        coordinator.protect()?;
        coordinator.introduce();
        Ok(coordinator)
    }

    /// For whoever wants to look into one of them.
    fn introduce(&self) {
        let workers: Vec<_> = self.fleet.processes().map(|process| process.to_string()).collect();
        let [cache, truth] = [&self.cache, &self.truth].map(RedisServer::process_id);
        println!(
            "processes: cache server {cache}, truth server {truth}, workers {}",
            workers.join(" ")
        );
    }

    /// Tells the guard which processes there are.
    fn protect(&mut self) -> io::Result<()> {
        let servers = [self.cache.process_id(), self.truth.process_id()];
        self.guard.protect(servers.into_iter().chain(self.fleet.processes()))
    }

    fn watch(&mut self) -> io::Result<Ended> {
        let end = self.started + self.options.time();
        while Instant::now() < end {
            let ended = self.listen(end);
            self.explain_next();
            if let Some(ended) = ended {
                return Ok(ended);
            }
            if self.torment.due().is_some_and(|due| due <= Instant::now()) {
                self.torment.go_on(&self.cache, &mut self.fleet)?;
                self.protect()?;
            }
            if self.next_line <= Instant::now() {
                self.next_line += SECOND;
                println!("{}", self.line());
                if self.options.until_enough && self.missing().is_empty() {
                    return Ok(Ended::Enough);
                }
            }
        }
        Ok(Ended::OutOfTime)
    }

    /// Takes one message, or waits until there is something else to do.
    fn listen(&mut self, end: Instant) -> Option<Ended> {
        let due = self.torment.due().unwrap_or(end).min(self.next_line).min(end);
        match self.inbox.recv_timeout(due.saturating_duration_since(Instant::now())) {
            Ok(message) => self.hear(message),
            Err(RecvTimeoutError::Timeout) => None,
            Err(error) => Some(Ended::Broken(error.to_string())),
        }
    }

    fn hear(&mut self, message: Message) -> Option<Ended> {
        match message {
            Message::Report(id, report) => self.take(id, report),
            // One that was killed on purpose has a successor by now.
            Message::Ended(id) if self.fleet.has(id) => {
                Some(Ended::Broken(format!("worker {id} ended by itself")))
            }
            Message::Ended(_) => None,
            Message::Interrupted => Some(Ended::Interrupted),
        }
    }

    fn take(&mut self, id: WorkerId, report: Report) -> Option<Ended> {
        match report {
            Report::Tally(tally) => self.fleet.note(id, tally),
            Report::Stale(stale) => {
                println!("{stale}");
                self.stale.push(stale);
                return (!self.options.keep_going).then_some(Ended::Stale);
            }
            Report::Events(_) => {}
            Report::Broken(why) => return Some(Ended::Broken(format!("worker {id}: {why}"))),
        }
        None
    }

    fn tally(&self) -> Tally {
        let mut tally = self.fleet.tally();
        tally.add(&self.torment.tally);
        tally
    }

    fn missing(&self) -> Vec<String> {
        verdict::missing(&self.tally(), &self.options.faults, self.options.local())
    }

    fn line(&self) -> String {
        let (tally, stale) = (self.tally(), self.stale.len());
        let [hits, loads, refused] =
            [Count::Hits, Count::Loads, Count::Refused].map(|what| tally.of(what));
        let (seconds, operations) = (self.started.elapsed().as_secs(), tally.operations());
        format!(
            "{seconds:4} s  {operations} operations, {hits} hits, {loads} loads, {refused} refused fills, {stale} stale reads"
        )
    }

    /// Thaws everything, asks for explanations and last counts, and sums up.
    fn conclude(&mut self, ended: Ended) -> Verdict {
        self.cache.thaw();
        self.fleet.ask(Request::Finish);
        self.collect(|message| matches!(message, Message::Ended(_)));
        self.print_summary();
        match ended {
            Ended::Broken(why) => Verdict::Broken(why),
            _ if !self.stale.is_empty() => Verdict::Stale,
            Ended::OutOfTime if self.options.until_enough => {
                let missing = self.missing();
                if missing.is_empty() { Verdict::Clean } else { Verdict::NotEnough(missing) }
            }
            Ended::OutOfTime | Ended::Enough | Ended::Interrupted | Ended::Stale => Verdict::Clean,
        }
    }

    /// Explains a stale read at once, before what led to it is forgotten; others may be reported meanwhile.
    fn explain_next(&mut self) {
        if self.explained < EXPLAINED
            && let Some(stale) = self.stale.get(self.explained).cloned()
        {
            self.explained += 1;
            self.explain(&stale);
        }
    }

    /// Prints what all workers know of the row.
    fn explain(&mut self, stale: &StaleRead) {
        self.fleet.ask(Request::Tell(stale.row));
        let answers = self.collect(|message| {
            matches!(message, Message::Report(_, Report::Events(_)) | Message::Ended(_))
        });
        let mut events: Vec<Event> = answers.into_iter().flat_map(events_of).collect();
        events.retain(|event| event.time <= stale.time);
        events.sort_by_key(|event| event.time);
        let left_out = events.len().saturating_sub(SHOWN);
        println!("the last events of row {} until then:", stale.row);
        for event in &events[left_out..] {
            println!("  {event}");
        }
    }

    /// Listens until each worker has sent one of the `wanted`, or none comes any more.
    fn collect(&mut self, wanted: impl Fn(&Message) -> bool) -> Vec<Message> {
        let deadline = Instant::now() + PATIENCE;
        let mut found = Vec::new();
        while found.len() < self.fleet.size() {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(message) = self.inbox.recv_timeout(left) else { break };
            if wanted(&message) {
                found.push(message);
            } else {
                self.hear(message);
            }
        }
        found
    }

    fn print_summary(&self) {
        let tally = self.tally();
        println!("{}", self.line());
        for what in [
            Count::Reads,
            Count::Waits,
            Count::Writes,
            Count::Invalidations,
            Count::Doubtful,
            Count::Errors,
        ] {
            println!("  {:24} {}", format!("{what:?}").to_lowercase(), tally.of(what));
        }
        for fault in self.options.faults.iter() {
            println!("  {:24} {}", fault.to_string(), tally.of_fault(fault));
        }
    }
}

fn events_of(message: Message) -> Vec<Event> {
    match message {
        Message::Report(_, Report::Events(events)) => events,
        _ => Vec::new(),
    }
}

fn orders(options: &Options, seed: u64, cache: &RedisServer, truth: &RedisServer) -> Orders {
    Orders {
        worker: WorkerId { process: 0, generation: 0 },
        seed,
        tasks: options.tasks,
        rows: options.rows,
        faults: options.faults.clone(),
        mutant: options.mutant(),
        cache_url: cache.url(),
        strategy: options.strategy,
        local: options.local(),
        truth_url: truth.url(),
    }
}

/// On a thread of its own: nothing else here is async.
fn listen_for_interruption(outbox: Sender<Message>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    thread::spawn(move || {
        if runtime.block_on(interruption()).is_ok() {
            let _ = outbox.send(Message::Interrupted);
        }
    });
    Ok(())
}

/// Returns at Ctrl-C, or when somebody asks the process to end.
async fn interruption() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}
