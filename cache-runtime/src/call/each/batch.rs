//! The elements of one call on their way, each with a state of its own.

use super::{Each, Found};
use crate::cache::context::mode::{self, Mode, Source};
use crate::call::Call;
use crate::call::load::{Loaded, Loading};
use crate::call::session::{Session, Step, TOGETHER, open_all};
use crate::call::typed::{self, More};
use crate::entry::kept::Kept;
use crate::function::collections::{List, Pairs};
use crate::function::outcome::{Handed, Outcome, Storable};
use crate::key::canonical;
use crate::protocol::ancestry::Ancestry;
use crate::protocol::flight::Landed;
use crate::protocol::permit::Permit;
use crate::rt::yielding::Recall;
use futures_util::FutureExt;
use futures_util::future::{join, join_all};
use futures_util::stream::{FuturesUnordered, StreamExt};
use serde::Serialize;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::marker::PhantomData;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The outcomes of the whole call and of one element.
type Kind<O, E> = fn() -> (O, E);

/// The elements of one call.
pub(super) struct Batch<L: List, O: Outcome<Value: Pairs>, E: Outcome> {
    elements: Vec<Element<L::Id, E::Value>>,
    /// The place of each id, by the id's canonical text.
    places: HashMap<Vec<u8>, usize>,
    /// The loaded pairs, each with the place of its id.
    pairs: Vec<Placed<O::Value>>,
    /// Waits for the loads of others.
    waits: Waits,
    /// The time until which the call waits, and the signal that calls it back. `None` until the
    /// call first waits, and again after each load.
    patience: Option<(Instant, Recall)>,
    /// The time that the call may still wait. `None` if the call was never called back.
    left: Option<Duration>,
    runs: Runs,
    /// `true` if the list is empty, and was not handed to the function yet.
    is_empty: bool,
    kind: PhantomData<Kind<O, E>>,
}

/// The number of times that the load may run.
#[derive(Clone, Copy)]
pub(super) enum Runs {
    /// Several times: at once for elements that may be loaded, and again for elements that others
    /// fail to load.
    Again,
    /// Once, for all elements that are left after this many rounds of waiting.
    OnceAfter(u32),
}

/// The number of rounds in which a call whose load runs once waits for others before its load.
const ROUNDS: u32 = 3;

impl Runs {
    pub(super) const ONCE: Self = Self::OnceAfter(ROUNDS);
}

struct Element<Id, V> {
    /// The id of the element. `None` once the id was handed to the load.
    id: Option<Id>,
    state: State<V>,
}

/// The state of an element.
enum State<V> {
    /// The value is known, or it is known that there is none.
    Is(V),
    /// The element is looked up next, together with others.
    Opens(Box<Session>),
    /// The element is looked up again when nothing is waited for any more.
    Rests(Box<Session>),
    /// The element has more work at the store, or a wait, before it is decided.
    More(Box<Session>, More),
    /// The element may be loaded.
    Granted(Box<Session>, Permit),
    /// The element is to be loaded without the cache.
    Uncached,
    /// The element is being loaded. `None` if the load runs without the cache.
    Loads(Option<Box<Loading>>),
    /// The element was loaded, and its pairs are known.
    Loaded,
    /// The element's work is under way.
    AtWork,
    /// Another element stands for this one.
    Same,
}

/// The next thing to do.
pub(super) enum Next<Id> {
    /// Work that is driven where the store is.
    Work { needs_tokio: bool, work: Pin<Box<dyn Future<Output = Done> + Send>> },
    /// Ids that are to be loaded.
    Load(Vec<Id>),
    /// The answer is complete.
    Answer,
}

/// Steps, each with the place of its element.
type Steps = Vec<(usize, Step)>;

/// Waits that go on, each with the place of its element.
type Waits = FuturesUnordered<Pin<Box<dyn Future<Output = (usize, Step)> + Send>>>;

/// The steps that work came to, and the waits that go on.
type Done = (Steps, Waits);

/// The work on loaded values before their caller has them, and whether the work needs tokio.
type Storing = (bool, Pin<Box<dyn Future<Output = ()> + Send>>);

type Pair<P> = (<P as Pairs>::Id, <P as Pairs>::Value);

type Placed<P> = (usize, <P as Pairs>::Id, <P as Pairs>::Value);

/// The place of a pair whose id was not asked for.
const NOWHERE: usize = usize::MAX;

/// An error that a load of several elements ended with. The error may be about any of the elements.
/// Only callers who asked for all of them get it.
struct SharedError {
    forms: Arc<[Vec<u8>]>,
    error: Kept,
}

/// Returns the canonical text of an id, which tells the id from others. Returns `None` if the id
/// has no canonical text.
fn canonical_form(id: &impl Serialize) -> Option<Vec<u8>> {
    let mut form = Vec::with_capacity(16);
    canonical::write(&mut form, id, &[]).ok()?;
    Some(form)
}

impl<Id, V> Element<Id, V> {
    fn take(&mut self) -> State<V> {
        mem::replace(&mut self.state, State::AtWork)
    }

    fn may_be_loaded(&self) -> bool {
        matches!(self.state, State::Granted(..) | State::Uncached)
    }

    fn is_loading(&self) -> bool {
        matches!(self.state, State::Loads(_))
    }
}

impl<L, O, E> Batch<L, O, E>
where
    L: List<Id: Serialize + Into<<O::Value as Pairs>::Id>>,
    O: Handed<Value: Pairs<Id: Serialize>>,
    E: Storable<Value = Found<O>, Return = Found<O>>,
{
    pub(super) fn begin(each: Each<L>, runs: Runs) -> Self {
        let Each { ids, calls, has_cache, .. } = each;
        let is_plain = !has_cache || mode::current() == Mode::Bypass;
        let mut batch = Self {
            elements: Vec::with_capacity(ids.len()),
            places: HashMap::with_capacity(ids.len()),
            pairs: Vec::new(),
            waits: Waits::new(),
            patience: None,
            left: None,
            runs,
            is_empty: ids.is_empty(),
            kind: PhantomData,
        };
        let mut keys = HashSet::new();
        for (id, call) in ids.into_iter().zip(calls) {
            let state =
                if is_plain { State::Uncached } else { batch.state_of(&id, call, &mut keys) };
            batch.elements.push(Element { id: Some(id), state });
        }
        batch
    }

    fn state_of(
        &mut self,
        id: &L::Id,
        mut call: Call,
        keys: &mut HashSet<String>,
    ) -> State<E::Value> {
        if let Some(form) = canonical_form(id) {
            match self.places.entry(form) {
                Entry::Occupied(_) => return State::Same,
                Entry::Vacant(place) => _ = place.insert(self.elements.len()),
            }
        }
        if let Some(value) = typed::here::<E>(&mut call) {
            return State::Is(value);
        }
        match Session::begin(call) {
            None => State::Uncached,
            // An equal key of the same call would wait for itself.
            // mutant: an id that comes twice is asked for twice
            Some(session) if !keys.insert(session.key().to_owned()) => State::Same,
            Some(session) => State::Opens(session),
        }
    }

    /// Returns the next thing to do. Work at the store comes first, then a load of all elements
    /// that may be loaded, and then a wait that holds no turn.
    pub(super) fn next(&mut self) -> Next<L::Id> {
        // mutant: a wait goes on while its caller loads something else
        let work = self.at_the_store().or_else(|| self.round()).or_else(|| self.called_back());
        // mutant: a call waits before it loads what it may load
        work.or_else(|| self.missing()).or_else(|| self.waiting()).unwrap_or(Next::Answer)
    }

    /// Begins a round of waiting, for a load that runs once. The wait holds no turn, so that nobody
    /// waits in a circle. After the last round, elements that others still load are loaded with all
    /// others, and are not stored.
    fn round(&mut self) -> Option<Next<L::Id>> {
        let Runs::OnceAfter(rounds) = self.runs else { return None };
        let waits = |element: &Element<_, _>| matches!(element.state, State::More(..));
        if self.waits.is_empty() && !self.elements.iter().any(waits) {
            return self.wake(rounds);
        }
        for element in &mut self.elements {
            element.state = match element.take() {
                State::More(session, _) if rounds == 0 => {
                    State::Granted(session, Permit::Private(None))
                }
                // mutant: a body that runs once keeps its elements while it waits
                State::Granted(session, _) if rounds > 0 => State::Rests(session),
                state => state,
            };
        }
        if rounds > 0 { self.waiting() } else { None }
    }

    /// Looks up again the elements whose turns were given back.
    fn wake(&mut self, rounds: u32) -> Option<Next<L::Id>> {
        let mut has_rested = false;
        for element in &mut self.elements {
            element.state = match element.take() {
                State::Rests(session) => {
                    has_rested = true;
                    State::Opens(session)
                }
                state => state,
            };
        }
        if !has_rested {
            return None;
        }
        self.runs = Runs::OnceAfter(rounds.saturating_sub(1));
        self.at_the_store()
    }

    fn at_the_store(&mut self) -> Option<Next<L::Id>> {
        let (mut opening, mut going, mut needs_tokio) = (Vec::new(), Vec::new(), false);
        for (at, element) in self.elements.iter_mut().enumerate() {
            match element.take() {
                State::Opens(session) => {
                    needs_tokio |= session.needs_tokio();
                    opening.push((at, session));
                }
                State::More(session, more) if !more.is_waiting() => {
                    let (needs, work) = more.begin(session);
                    needs_tokio |= needs;
                    going.push(async move { (at, work.await) });
                }
                state => element.state = state,
            }
        }
        if opening.is_empty() && going.is_empty() {
            return None;
        }
        let work = Box::pin(async move {
            let (places, sessions): (Vec<usize>, Vec<Box<Session>>) = opening.into_iter().unzip();
            let (steps, mut all) = join(open_all(sessions), join_all(going)).await;
            all.extend(places.into_iter().zip(steps));
            (all, Waits::new())
        });
        Some(Next::Work { needs_tokio, work })
    }

    /// Calls the waits back before something is loaded. While nobody polls the waits, a turn that
    /// comes to them would be idle, and others would wait for it.
    fn called_back(&mut self) -> Option<Next<L::Id>> {
        if !self.elements.iter().any(Element::may_be_loaded) {
            return None;
        }
        let (deadline, recall) = self.patience.take()?;
        self.left = Some(deadline.saturating_duration_since(Instant::now()));
        if self.waits.is_empty() {
            return None;
        }
        recall.call();
        let waits = mem::take(&mut self.waits);
        let work = Box::pin(async move { (waits.collect().await, Waits::new()) });
        Some(Next::Work { needs_tokio: true, work })
    }

    /// Begins to load the elements that may be loaded. An empty list is left to the function.
    fn missing(&mut self) -> Option<Next<L::Id>> {
        let is_empty = mem::take(&mut self.is_empty);
        let mut missing = Vec::new();
        let will_load = self.elements.iter().any(Element::may_be_loaded);
        for element in &mut self.elements {
            element.state = match element.take() {
                State::Granted(session, permit) => {
                    State::Loads(Some(Box::new(Loading::begin(session, permit))))
                }
                State::Uncached => State::Loads(None),
                // mutant: a call keeps its place in a queue while it loads something else
                State::More(session, more) if will_load => State::More(session, more.put_down()),
                state => state,
            };
            if element.is_loading() {
                missing.extend(element.id.take());
            }
        }
        (is_empty || !missing.is_empty()).then_some(Next::Load(missing))
    }

    /// Waits for the loads of others, until there is news of at least one element.
    fn waiting(&mut self) -> Option<Next<L::Id>> {
        for (at, element) in self.elements.iter_mut().enumerate() {
            element.state = match element.take() {
                State::More(mut session, more) => {
                    let left = self.left;
                    let patience = self.patience.get_or_insert_with(|| {
                        let deadline = left.map(|left| Instant::now() + left);
                        (deadline.unwrap_or_else(|| session.deadline()), Recall::new())
                    });
                    let may_load_beside = matches!(self.runs, Runs::Again);
                    session.wait_until(patience.0, patience.1.clone(), may_load_beside);
                    let (_, work) = more.begin(session);
                    self.waits.push(Box::pin(async move { (at, work.await) }));
                    State::AtWork
                }
                state => state,
            };
        }
        if self.waits.is_empty() {
            return None;
        }
        let mut waits = mem::take(&mut self.waits);
        let work = Box::pin(async move {
            let mut steps: Steps = waits.next().await.into_iter().collect();
            // A load that fails passes on all its turns at once.
            while let Some(Some(step)) = waits.next().now_or_never() {
                steps.push(step);
            }
            (steps, waits)
        });
        Some(Next::Work { needs_tokio: true, work })
    }

    /// Takes the results of the work. An error of another caller's load is an error of this call if
    /// the error is about ids of this call alone.
    pub(super) fn take(&mut self, done: Option<Done>) -> Result<(), O::Return> {
        let Some((steps, waits)) = done else {
            // The bridge has no thread for the cache, so the elements are loaded without it.
            let at_work = |element: &&mut Element<_, _>| matches!(element.state, State::AtWork);
            let elements = self.elements.iter_mut().filter(at_work);
            elements.for_each(|element| element.state = State::Uncached);
            return Ok(());
        };
        self.waits.extend(waits);
        for (at, step) in steps {
            self.elements[at].state = self.state_after(step)?;
        }
        Ok(())
    }

    fn state_after(&self, step: Step) -> Result<State<E::Value>, O::Return> {
        let step = match step {
            Step::Landed(session, member) if member.landed().is_error() => {
                return match self.shared_error(member.landed()) {
                    Some(returned) => {
                        session.answered();
                        Err(returned)
                    }
                    None => Ok(State::More(session, More::Again)),
                };
            }
            step => step,
        };
        Ok(match typed::next::<E>(Some(step)) {
            typed::Next::Return(value) => State::Is(value),
            typed::Next::Load(Some((session, permit))) => State::Granted(session, permit),
            typed::Next::Load(None) => State::Uncached,
            typed::Next::More(session, more) => State::More(session, more),
        })
    }

    fn shared_error(&self, landed: &Landed) -> Option<O::Return> {
        let Landed::Error(shared) = landed else { return None };
        let SharedError { forms, error } = shared.get()?;
        // mutant: an error goes to whoever asked for one of its ids
        let is_ours = forms.iter().all(|form| self.places.contains_key(form));
        is_ours.then(|| O::unshare(error)).flatten()
    }

    /// Judges the returned value, and returns the work that is left to do.
    ///
    /// # Errors
    ///
    /// Returns the error of the function, which is for the caller at once.
    pub(super) fn loaded(
        &mut self,
        returned: O::Return,
        elements: &E,
    ) -> Result<Storing, O::Return> {
        self.note_load();
        match O::split(returned) {
            Ok(found) => Ok(self.arrived(found.into_pairs(), elements)),
            Err(returned) => {
                self.fail(&returned);
                Err(returned)
            }
        }
    }

    /// Returns the ancestry of the calls that the load makes.
    pub(super) fn ancestry(&self) -> Option<Ancestry> {
        let loading = self.elements.iter().filter_map(|element| match &element.state {
            State::Loads(Some(loading)) => Some(loading.permit()),
            _ => None,
        });
        // mutant: a list waits for itself
        Ancestry::inside(loading)
    }

    fn note_load(&self) {
        let mut counted = false;
        for element in &self.elements {
            match &element.state {
                State::Loads(Some(loading)) => {
                    if !mem::replace(&mut counted, true) {
                        loading.session().counters().loads.increment();
                    }
                    mode::note(Source::Miss);
                }
                State::Loads(None) => mode::note(Source::Bypass),
                _ => {}
            }
        }
    }

    /// Hands an error on to the callers who asked for nothing else, and the turn to others.
    fn fail(&mut self, returned: &O::Return) {
        let forms = self.loading_forms();
        for (_, loading) in self.take_loading() {
            let error = loading.has_company().then(|| O::share(returned)).flatten();
            let shared = error
                .zip(forms.clone())
                .map(|(error, forms)| Kept::new(SharedError { forms, error }));
            loading.fail(shared);
        }
    }

    /// Returns the canonical texts of all ids that are being loaded. Returns `None` if an id has
    /// none.
    fn loading_forms(&self) -> Option<Arc<[Vec<u8>]>> {
        let loading = self.elements.iter().filter(|element| element.is_loading()).count();
        let places = self.places.iter().filter(|(_, at)| self.elements[**at].is_loading());
        let forms: Arc<[Vec<u8>]> = places.map(|(form, _)| form.clone()).collect();
        (forms.len() == loading).then_some(forms)
    }

    fn take_loading(&mut self) -> Vec<(usize, Box<Loading>)> {
        let mut all = Vec::new();
        for (at, element) in self.elements.iter_mut().enumerate() {
            element.state = match element.take() {
                State::Loads(loading) => {
                    all.extend(loading.map(|loading| (at, loading)));
                    State::Loaded
                }
                state => state,
            };
        }
        all
    }

    /// Finds the place of each pair, and decides what is stored of it.
    fn arrived(&mut self, pairs: Vec<Pair<O::Value>>, elements: &E) -> Storing {
        let mut counts = vec![0_usize; self.elements.len()];
        let mut are_all_known = true;
        let placed = pairs.into_iter().map(|(id, value)| {
            let place = canonical_form(&id).and_then(|form| self.places.get(&form).copied());
            match place.filter(|at| self.elements[*at].is_loading()) {
                Some(at) => counts[at] += 1,
                // mutant: an id that came back under another name is remembered as absent
                None => are_all_known = false,
            }
            (place.unwrap_or(NOWHERE), id, Some(value))
        });
        let mut placed: Vec<_> = placed.collect();
        placed.sort_by_key(|(at, _, _)| *at);
        let loading = self.take_loading();
        let needs_tokio = loading.iter().any(|(_, loading)| loading.session().needs_tokio());
        let mut loaded = Vec::with_capacity(loading.len());
        for (at, loading) in loading {
            let value = match counts[at] {
                // mutant: of several values of one id the first is stored
                1 => {
                    let first = placed.partition_point(|(place, _, _)| *place < at);
                    typed::loaded(&loading, elements, &placed[first].2)
                }
                // mutant: an absent element is not remembered
                0 if are_all_known => typed::loaded(&loading, elements, &None),
                0 => unstored(&loading, UNASKED),
                _ => unstored(&loading, SEVERAL),
            };
            loaded.push((loading, value));
        }
        let pairs = placed.into_iter().filter_map(|(at, id, value)| Some((at, id, value?)));
        self.pairs.extend(pairs);
        (needs_tokio, Box::pin(finish(loaded)))
    }

    /// Returns the caller's answer: the found and the loaded pairs in the order of the ids, then
    /// the pairs whose ids were not asked for.
    pub(super) fn answer(self) -> O::Return {
        let found = self.elements.into_iter().enumerate().filter_map(|(at, element)| {
            match (element.id, element.state) {
                (Some(id), State::Is(value)) => Some((at, id.into(), value?)),
                _ => None,
            }
        });
        let mut pairs: Vec<_> = found.chain(self.pairs).collect();
        pairs.sort_by_key(|(at, _, _)| *at);
        O::restore(Pairs::from_pairs(pairs.into_iter().map(|(_, id, value)| (id, value))))
    }
}

/// Stores the loaded values, [`TOGETHER`] at a time. Each value has a budget of its own.
async fn finish(mut loaded: Vec<(Box<Loading>, Loaded)>) {
    while !loaded.is_empty() {
        let rest = loaded.split_off(loaded.len().min(TOGETHER));
        let some = mem::replace(&mut loaded, rest);
        let finishing = some.into_iter().map(|(mut loading, loaded)| {
            loading.renew_budget();
            loading.finish(loaded)
        });
        join_all(finishing).await;
    }
}

const SEVERAL: &str =
    "the function returned several pairs of one id; return one value for each id, such as a list";

const UNASKED: &str = "the function returned an id that it was not asked for, so that ids without a value are not taken for absent; return the ids as they were given";

fn unstored(loading: &Loading, reason: &str) -> Loaded {
    typed::note_unstored(loading.session(), reason);
    Loaded::Own
}
