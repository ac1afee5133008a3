//! A counterexample in words: who does what, and what the store holds afterwards.

use crate::Protocol;
use crate::actions::{Action, Step};
use crate::mutants::Mutant;
use crate::state::{
    Caller, Check, Ending, Key, Phase, Right, Stage, State, Token, Verdict, Writer,
};

/// What happened: the state before, the action, the state after.
type Event<'a> = (&'a State, Action, &'a State);

/// One line of a story.
pub(crate) fn line(rules: &Protocol, number: usize, event: Event<'_>) -> String {
    let (who, what) = tell(rules, event);
    let store = key(rules, event.2);
    format!("{number:>4}  {who:<12} {what:<58} {store}\n")
}

fn tell(rules: &Protocol, event: Event<'_>) -> (String, String) {
    let (before, action, after) = event;
    match action {
        Action::Caller(id, step) => (caller(rules, id), step_of(rules, id, step, event)),
        Action::Writer(id) => {
            (writer(rules, id), write(rules, before.writers[id], after.writers[id]))
        }
        Action::LoseDeletion(id) => {
            (writer(rules, id), String::from("deletes the key; the answer is lost, it is overdue"))
        }
        Action::LateFill => (String::from("late fill"), late(before, after)),
        Action::Expire => (String::from("time"), String::from("the key expires")),
        Action::Evict(scope) => (String::from("time"), format!("epoch {} goes", scope + 1)),
        Action::Sweep => (String::from("sweeper"), String::from("deletes what is of the past")),
        Action::Save => (String::from("store"), String::from("writes down what it holds")),
        Action::Return => {
            (String::from("store"), String::from("starts again with what it had written down"))
        }
        Action::Cleanse(id) => (process(id), String::from("deletes everything")),
        Action::Restart => (String::from("store"), String::from("starts again, and holds nothing")),
        Action::Crash(id) => (process(id), String::from("dies")),
        Action::GoAway(id) => (process(id), String::from("cannot reach the store any more")),
        Action::ComeBack(id) => (process(id), String::from("reaches the store again")),
    }
}

fn letter(process: usize) -> char {
    ['A', 'B', 'C'][process]
}

fn process(id: usize) -> String {
    format!("process {}", letter(id))
}

/// `reader B2`: the second caller of the second process.
fn caller(rules: &Protocol, id: usize) -> String {
    let kind = match rules.config.transaction_of(id) {
        Some(_) => "inside",
        None if rules.config.is_refresh(id) => "refresh",
        None => "reader",
    };
    let home = rules.config.home_of_caller(id);
    format!("{kind} {}{}", letter(home), id - home * rules.config.callers + 1)
}

fn writer(rules: &Protocol, id: usize) -> String {
    let number = id / rules.config.processes + 1;
    format!("writer {}{number}", letter(rules.config.home_of_writer(id)))
}

/// The key, and what the epochs say of it.
fn key(rules: &Protocol, state: &State) -> String {
    let scopes = rules.config.scopes;
    let epochs = match state.past(scopes) {
        Some(_) => ", of the past",
        None if state.epochs.are_whole(scopes) => "",
        None => ", no epoch",
    };
    held(rules, state) + epochs
}

fn held(rules: &Protocol, state: &State) -> String {
    match state.key {
        Key::Absent => String::from("-"),
        Key::Lease { token, .. } => format!("lease of {}", holder(rules, state, token)),
        Key::Entry { version, token, .. } => {
            let refresher = state.callers.iter().position(|caller| caller.loading() == Some(token));
            let stamp = refresher.map(|id| format!(", token of {}", caller(rules, id)));
            format!("value {version}{}", stamp.unwrap_or_default())
        }
    }
}

/// All who hold a token: of two, one is a mutant's.
fn holder(rules: &Protocol, state: &State, token: Token) -> String {
    let holds = |id: &usize| state.callers[*id].held() == Some(token);
    let holders = (0..rules.config.all_callers()).filter(holds).map(|id| caller(rules, id));
    let names: Vec<_> = holders.collect();
    if names.is_empty() { String::from("nobody") } else { names.join(" and ") }
}

fn step_of(rules: &Protocol, id: usize, step: Step, event: Event<'_>) -> String {
    let (before, _, after) = event;
    let (was, is) = (&before.callers[id], &after.callers[id]);
    let what = match step {
        Step::Read => read(before, is),
        Step::AskEpochs => epochs(rules, is),
        Step::MakeEpochs => String::from("makes the epochs that are missing"),
        Step::Join => join(is),
        Step::TakeTurn | Step::Acquire | Step::Look => ask(is),
        Step::Seize => seize(is),
        Step::Load => String::from("loads ") + &value(is),
        Step::Send(_) => send(is),
        Step::Settle => verdict(is),
        Step::Check => check(is),
        Step::Publish => publish(was),
        Step::Fail => String::from("its load fails, with an error that is its own"),
        Step::Release => String::from("its lease is released"),
        Step::GiveUp => String::from("has waited long enough, takes what is there or loads beside"),
        Step::Cancel => String::from("is cancelled"),
        Step::LoseAnswer => String::from("the store's answer to it is lost"),
    };
    what + &told(rules, id, event) + stale(is)
}

fn read(before: &State, is: &Caller) -> String {
    let found = match (is.phase, before.key) {
        (Phase::Over | Phase::Stale(_), Key::Entry { version, .. }) => {
            format!("a hit: value {version}")
        }
        (Phase::Missed { past: Some(_) }, _) => String::from("a miss: something of the past"),
        (Phase::Missed { .. }, Key::Lease { .. }) => String::from("a miss: a lease"),
        (Phase::Missed { .. }, _) => String::from("a miss"),
        (Phase::Leading { .. }, Key::Entry { version, .. }) => format!("sees value {version}"),
        (Phase::Leading { .. }, Key::Lease { .. }) => String::from("sees a lease"),
        (Phase::Leading { .. }, Key::Absent) => String::from("sees nothing"),
        _ => String::from("loads for itself"),
    };
    let newest = if before.returned() > 0 {
        format!(" (must see {})", before.returned())
    } else {
        String::new()
    };
    format!("GET: {found}{newest}")
}

fn join(is: &Caller) -> String {
    let what = match is.phase {
        Phase::Following { .. } => "joins the flight",
        Phase::Leading { index: 0, .. } => "begins a flight",
        _ => "joins the flight, and has the turn at once",
    };
    String::from(what)
}

fn ask(is: &Caller) -> String {
    match is.stage() {
        Some(Stage::AskingEpochs { .. }) => String::from("goes on, and is to read the epochs"),
        Some(Stage::Loading(Right::Lease(_))) => String::from("takes the lease, begins its load"),
        Some(Stage::Loading(Right::Stamp(_))) => String::from("takes the token, begins its load"),
        Some(Stage::Loading(_)) => String::from("begins its load without a lease"),
        Some(Stage::Waiting) => String::from("waits: there is something"),
        Some(Stage::Found(version)) => format!("has waited, finds value {version}"),
        _ => String::from("has waited, finds nothing"),
    }
}

fn epochs(rules: &Protocol, is: &Caller) -> String {
    let what = match is.stage() {
        Some(Stage::MakingEpochs { .. }) => "misses an epoch",
        _ if is.epochs.are_whole(rules.config.scopes) => "reads the epochs",
        Some(Stage::Waiting) => "reads the epochs, and waits on",
        Some(Stage::Found(_)) => "reads the epochs: they vouch for what it has found",
        _ => "asks for the epochs in vain",
    };
    String::from(what)
}

fn check(is: &Caller) -> String {
    let what = match is.stage() {
        Some(
            Stage::Sent { check: Check::Passed, .. } | Stage::Answered { check: Check::Passed, .. },
        ) => "reads the epochs again: they are the same",
        _ => "reads the epochs again: they have changed",
    };
    String::from(what)
}

fn seize(is: &Caller) -> String {
    match is.stage().and_then(Stage::right) {
        Some(Right::Lease(_)) => String::from("puts its lease there, begins its load"),
        Some(Right::Stamp(_)) => String::from("has its token in the entry, begins its load"),
        Some(_) => String::from("begins its load"),
        None => String::from("something else is there by now"),
    }
}

fn value(is: &Caller) -> String {
    match is.stage() {
        Some(Stage::Loaded(_, version)) => format!("value {version}"),
        _ => String::from("something"),
    }
}

fn send(is: &Caller) -> String {
    match is.stage() {
        Some(Stage::Sent { ending: Ending::Fill, version, .. }) => {
            format!("sends its fill of value {version}")
        }
        Some(Stage::Sent { version, .. }) => {
            format!("stores nothing of version {version}, gives the key up")
        }
        Some(Stage::Loaded(..)) => String::from("takes the lease, after its load"),
        _ => String::from("finds the key taken after its load"),
    }
}

fn verdict(is: &Caller) -> String {
    let Some(Stage::Answered { verdict, ending, .. }) = is.stage() else {
        return String::from("nothing is answered");
    };
    let what = if ending == Ending::Fill { "fill" } else { "release" };
    let fate = match verdict {
        Verdict::Accepted => "done",
        Verdict::Refused => "refused",
        Verdict::Unknown => "not answered",
    };
    format!("its {what} is {fate}")
}

fn publish(was: &Caller) -> String {
    match was.stage() {
        Some(Stage::Found(version)) => format!("returns value {version}"),
        Some(Stage::Loaded(_, version) | Stage::Answered { version, .. }) => {
            format!("returns its value {version}")
        }
        _ => String::from("returns"),
    }
}

/// What became of others in the same step.
fn told(rules: &Protocol, id: usize, (before, _, after): Event<'_>) -> String {
    let mut text = String::new();
    for (other, (was, is)) in before.callers.iter().zip(&after.callers).enumerate() {
        let is_waiting = matches!(
            was.phase,
            Phase::Following { .. } | Phase::Leading { stage: Stage::Called, .. }
        );
        if other == id || !is_waiting || was == is {
            continue;
        }
        let fate = match is.phase {
            Phase::Reading => "starts over",
            Phase::Leading { .. } => "has the turn",
            Phase::Stale(_) => "is given it: STALE",
            _ => "is given it",
        };
        text.extend(["; ", &caller(rules, other), " ", fate]);
    }
    text
}

fn stale(is: &Caller) -> &'static str {
    match is.phase {
        Phase::Stale(_) => ": STALE",
        _ => "",
    }
}

fn write(rules: &Protocol, was: Writer, is: Writer) -> String {
    let what = match (was, is) {
        (_, Writer::Begun(version)) => {
            return format!("begins a transaction, sees value {version}");
        }
        (_, Writer::Committed(version)) => return format!("commits value {version}"),
        (Writer::Overdue(_) | Writer::SeenAgain(_), Writer::MadeUp(_)) => {
            "deletes what it finds, at last"
        }
        (_, Writer::Overdue(_)) => "cannot delete the key: overdue; it returns",
        (_, Writer::SeenAgain(_)) => "SCAN returns the key, at last",
        (Writer::MadeUp(_), _) => "has made up for it",
        (_, Writer::Outdated(_)) if rules.mutant == Mutant::NoOutdate => {
            "leaves its process' flight in the map"
        }
        (_, Writer::Outdated(_)) => "takes its process' flight out of the map",
        (_, Writer::Seen(_)) => "SCAN returns the key",
        (_, Writer::Deleted(_)) => "deletes the key",
        (Writer::Deleted(0), Writer::Returned(version)) => {
            return format!("commits value {version} and returns");
        }
        (Writer::Deleted(_), Writer::Returned(_)) => "deletes the key again and returns",
        (Writer::Outdated(_) | Writer::Seen(_), Writer::Returned(_)) => {
            "deletes what it finds and returns"
        }
        _ => "does nothing",
    };
    String::from(what)
}

fn late(before: &State, after: &State) -> String {
    let version = before.late.map_or(0, |(_, version, _)| version);
    let verdict = if before.key == after.key { "is refused" } else { "is stored" };
    format!("of value {version} arrives and {verdict}")
}
