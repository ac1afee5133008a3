//! Marks by which the handles of one prefix tell each other something, and their knowledge of the
//! server.
//!
//! Each handle keeps a mark under the prefix that tells its strategy. After each write, a handle
//! with scopes looks for the mark of handles that scan. If that mark is there, the write also
//! deletes the entries that those handles would go on reading. A third mark names the server whose
//! entries are known to be current. A server with another name may have come back with old data.

use crate::key::scope;
use crate::store::redis::greeting::{Greeter, Greeting, Mark, Met, Policy};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// Time between a handle's looks at the marks. Invalidations look in addition.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(15);

/// Time for which a seen mark of the other strategy counts. Several looks of its writers fit in, in
/// case the mark gets lost.
const REMEMBERED: Duration = Duration::from_secs(60);

/// Time that the mark of a handle with scopes stays without a renewal. The mark is for information
/// only.
const SCOPED_LIFE: Duration = Duration::from_secs(60);

/// Shortest time that the mark of a handle that scans stays.
const MIN_LIFE: Duration = Duration::from_secs(3600);

/// Time for which a mark covers entries that do not expire. The mark is written again before that
/// time is over.
const MAX_NEED: Duration = Duration::from_secs(30 * 24 * 3600);

/// Shortest time between two looks of a handle that scans, however often it invalidates. Its
/// invalidations do not depend on the result.
const SCANS_LOOK_EVERY: Duration = Duration::from_secs(1);

/// Treatment of the entries of a prefix when a server comes back that may hold old data. Examples
/// are a server restarted from a snapshot, and a replica that takes over without having heard of an
/// invalidation. Default: [`Check`](Self::Check).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase", try_from = "String")]
#[non_exhaustive]
pub enum AfterOutage {
    /// Serves the entries. Choose this for a server that never keeps anything, or for a proxy in
    /// front of several servers.
    Trust,
    /// Asks the server for its identity at each connection. The expected server is the one whose
    /// entries are known to be current. If another server answers, or the server was restarted,
    /// every entry of the prefix counts as missing until it was deleted. A server that came back
    /// empty costs nothing. Default.
    #[default]
    Check,
    /// Checks the server like [`Check`](Self::Check), and doubts every entry after each lost
    /// connection, whichever server answers then. Other processes may owe invalidations that arrive
    /// up to two seconds later.
    Forget,
}

// The conversion is written by hand, so that an unknown word in a configuration gets an answer that
// lists the words.
impl TryFrom<String> for AfterOutage {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        match &*word {
            "trust" => Ok(Self::Trust),
            "check" => Ok(Self::Check),
            "forget" => Ok(Self::Forget),
            _ => Err(format!("expected `trust`, `check` or `forget`, not `{word}`")),
        }
    }
}

/// Returns the harm that a full server does to a cache under this policy. Returns `None` if the
/// policy is good.
fn harm(policy: &Policy, is_scoped: bool) -> Option<&'static str> {
    match &*policy.name {
        // mutant: the fleet: every policy is good
        _ if !policy.is_limited => None,
        "noeviction" => Some("a full server refuses every value that is to be stored"),
        name if is_scoped && name.starts_with("volatile-") => Some(
            "a full server evicts epochs before entries without end, whose hits become misses; use an `allkeys-` policy",
        ),
        _ => None,
    }
}

/// Knowledge of one handle about the other handles of its prefix, and about the server.
pub(crate) struct Fleet {
    /// Prefix without its final colon.
    prefix: String,
    is_scoped: bool,
    after_outage: AfterOutage,
    known: Mutex<Known>,
    /// Held while a connection is greeted. If the first connection shows doubtful entries, they all
    /// count as missing before a second connection is used.
    meeting: Mutex<()>,
    began: Instant,
    /// Time until which the handle's mark stays, in milliseconds since `began`. Zero: there is no
    /// mark.
    marked_until: AtomicU64,
    /// Longest time that an entry of this handle lives, in milliseconds.
    longest: AtomicU64,
    /// Number of times that another server answered than before.
    changes: AtomicU64,
    /// Function that makes the handle count everything as missing until it was deleted.
    forget: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

#[derive(Debug, Default)]
struct Known {
    /// Run ID of the server.
    server: Option<String>,
    /// Number of doubts about the server's entries so far.
    doubts: u64,
    is_in_doubt: bool,
    /// Time until which handles of the other strategy count as present.
    mixed_until: Option<Instant>,
    looked: Option<Instant>,
    has_told_of_mix: bool,
    policy: Option<Policy>,
}

impl fmt::Debug for Fleet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fleet").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl Fleet {
    pub(crate) fn new(prefix: &str, is_scoped: bool, after_outage: AfterOutage) -> Self {
        Self {
            prefix: prefix.to_owned(),
            is_scoped,
            after_outage,
            known: Mutex::default(),
            meeting: Mutex::default(),
            began: Instant::now(),
            marked_until: AtomicU64::new(0),
            longest: AtomicU64::new(0),
            changes: AtomicU64::new(0),
            forget: OnceLock::new(),
        }
    }

    /// Sets the function that makes the handle count everything as missing until it was deleted.
    pub(crate) fn forget_by(&self, forget: impl Fn() + Send + Sync + 'static) {
        let _ = self.forget.set(Box::new(forget));
    }

    fn key(&self, name: &str) -> String {
        [&self.prefix, ":", name, scope::MARK].concat()
    }

    fn key_of_strategy(&self, is_scoped: bool) -> String {
        self.key(if is_scoped { "scoped" } else { "scan" })
    }

    /// Returns the keys of three marks: the handle's own, that of the other strategy, and that of
    /// the server.
    pub(crate) fn keys(&self) -> [String; 3] {
        let own = self.key_of_strategy(self.is_scoped);
        [own, self.other_key(), self.key("server")]
    }

    /// Returns the key of the mark of the other strategy.
    pub(crate) fn other_key(&self) -> String {
        self.key_of_strategy(!self.is_scoped)
    }

    /// Returns the mark that tells this handle's strategy. The mark of a handle that scans outlives
    /// the entries that were stored under it.
    pub(crate) fn own_mark(&self) -> Mark {
        let (key, value) = (self.key_of_strategy(self.is_scoped), "1".to_owned());
        let longest = Duration::from_millis(self.longest.load(SeqCst));
        let life = if self.is_scoped { SCOPED_LIFE } else { MIN_LIFE.max(2 * longest) };
        Mark { key, value, life }
    }

    /// Returns the mark that names the server whose entries are current. Returns `None` if that
    /// server is not known, or under [`AfterOutage::Trust`].
    pub(crate) fn server_mark(&self) -> Option<Mark> {
        let known = self.lock();
        let server = known.server.clone().filter(|_| !known.is_in_doubt)?;
        let is_asked = self.after_outage != AfterOutage::Trust;
        let life = 2 * MAX_NEED;
        is_asked.then(|| Mark { key: self.key("server"), value: server, life })
    }

    /// Tells whether the handle's mark stays for as long as an entry of this `ttl`.
    pub(crate) fn is_marked_for(&self, ttl: Option<Duration>) -> bool {
        if self.is_scoped {
            return true;
        }
        let need = ttl.unwrap_or(MAX_NEED).min(MAX_NEED);
        self.longest.fetch_max(millis(need), SeqCst);
        let until = self.began.elapsed().saturating_add(need);
        self.marked_until.load(SeqCst) > millis(until)
    }

    /// Tells whether the handle's mark has less than half of its time left.
    pub(crate) fn is_half_over(&self) -> bool {
        let until = self.began.elapsed().saturating_add(self.own_mark().life / 2);
        self.marked_until.load(SeqCst) < millis(until)
    }

    /// Notes that the handle's mark was written, at some time after `sent`.
    pub(crate) fn marked(&self, mark: &Mark, sent: Instant) {
        let until = sent.saturating_duration_since(self.began).saturating_add(mark.life);
        self.marked_until.store(millis(until), SeqCst);
    }

    /// Tells whether a look at the other strategy's mark is due. A handle with scopes always looks.
    /// A handle that scans looks once a second at most.
    pub(crate) fn has_to_look(&self) -> bool {
        let looked = self.lock().looked;
        self.is_scoped || looked.is_none_or(|looked| looked.elapsed() >= SCANS_LOOK_EVERY)
    }

    /// Notes whether the mark of the other strategy was there.
    pub(crate) fn saw_others(&self, are_there: bool) {
        let mut known = self.lock();
        known.looked = Some(Instant::now());
        if !are_there {
            return;
        }
        known.mixed_until = Instant::now().checked_add(REMEMBERED);
        let has_told = std::mem::replace(&mut known.has_told_of_mix, true);
        drop(known);
        if !has_told {
            let own = if self.is_scoped { "scoped" } else { "scan" };
            tracing::warn!(target: "cache_runtime", prefix = self.prefix, own, "handles of this prefix invalidate in different ways; until they agree, each prefix pattern costs a scan as well as its epoch");
        }
    }

    /// Tells whether the mark of the other strategy was seen within the last 60 seconds.
    pub(crate) fn is_mixed(&self) -> bool {
        self.lock().mixed_until.is_some_and(|until| until > Instant::now())
    }

    /// Returns how often another server answered than before.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(SeqCst)
    }

    /// Returns the server's policy for a full memory, and the harm of that policy.
    pub(crate) fn policy(&self) -> (Option<String>, Option<&'static str>) {
        let policy = self.lock().policy.clone();
        let harm = policy.as_ref().and_then(|policy| harm(policy, self.is_scoped));
        (policy.map(|policy| policy.name), harm)
    }

    /// Returns the number of the present doubt. Read this number before everything is deleted.
    pub(crate) fn doubt(&self) -> u64 {
        self.lock().doubts
    }

    /// Notes that everything was deleted that was there at the time of this doubt.
    pub(crate) fn dispel(&self, doubt: u64) {
        let mut known = self.lock();
        if known.doubts == doubt {
            known.is_in_doubt = false;
        }
    }

    /// Notes the server's policy for a full memory. Returns its harm, if the policy is new.
    fn learn_policy(&self, policy: Option<Policy>) -> Option<&'static str> {
        let policy = policy?;
        let before = self.lock().policy.replace(policy.clone());
        harm(&policy, self.is_scoped).filter(|_| before.as_ref() != Some(&policy))
    }

    /// Notes which server answered. Returns whether that server differs from the earlier one.
    /// Without an earlier one, the server whose entries are known to be current is compared.
    fn learn_server(&self, met: &Met) -> bool {
        let Some(server) = &met.run_id else { return false };
        let before = self.lock().server.replace(server.clone());
        let trusted = met.server_mark.as_deref();
        // mutant: the fleet: nobody says which server is believed
        let expected = before.as_deref().map(str::as_bytes).or(trusted);
        let is_another = expected.is_some_and(|expected| expected != server.as_bytes());
        if is_another {
            self.changes.fetch_add(1, SeqCst);
            if met.marked.is_none() {
                // The handle's mark may be missing on the other server.
                self.marked_until.store(0, SeqCst);
            }
        }
        is_another
    }

    /// Tells whether the server's entries may be old.
    fn is_doubtful(&self, met: &Met, is_another: bool) -> bool {
        let vouched = met.server_mark.as_deref();
        let is_vouched_for =
            vouched.is_some() && vouched == met.run_id.as_deref().map(str::as_bytes);
        let may_be_past = is_another && !is_vouched_for;
        !met.is_empty
            && match self.after_outage {
                AfterOutage::Trust => false,
                // mutant: the fleet: a server that came back is believed
                AfterOutage::Check => may_be_past,
                AfterOutage::Forget => may_be_past || met.is_again,
            }
    }

    /// Makes everything count as missing until it was deleted.
    fn doubt_all(&self) {
        let mut known = self.lock();
        known.doubts += 1;
        known.is_in_doubt = true;
        drop(known);
        if let Some(forget) = self.forget.get() {
            forget();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Greeter for Fleet {
    fn greeting(&self, is_again: bool) -> Greeting {
        let [_, others, server] = self.keys();
        // Another connection of this handle may have written the mark already.
        let is_due = is_again || self.is_half_over();
        Greeting { mark: is_due.then(|| self.own_mark()), others, server }
    }

    fn met(&self, met: Met) -> Option<Mark> {
        let _meeting = self.meeting.lock().unwrap_or_else(PoisonError::into_inner);
        let prefix = &self.prefix;
        if let Some(mark) = &met.marked {
            self.marked(mark, met.sent);
        }
        self.saw_others(met.others_mark.is_some());
        let is_another = self.learn_server(&met);
        if is_another {
            tracing::warn!(target: "cache_runtime", prefix, "Redis was restarted, or another server has taken its place");
        }
        if self.is_doubtful(&met, is_another) {
            self.doubt_all();
            tracing::warn!(target: "cache_runtime", prefix, "what the server holds may be of the past: it counts as missing until it is deleted");
        }
        if let Some(harm) = self.learn_policy(met.policy) {
            tracing::warn!(target: "cache_runtime", prefix, "{harm}");
        }
        let trusted = met.server_mark;
        self.server_mark().filter(|mark| trusted.as_deref() != Some(mark.value.as_bytes()))
    }
}
