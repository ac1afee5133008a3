//! The elements of one call on their way, each as far as it is.

use super::Each;
use crate::answer::{self, More, Next};
use crate::call::Call;
use crate::grant::Grant;
use crate::key::canonical::{self, Order};
use crate::lists::{List, Pairs};
use crate::loading::{Loaded, Loading};
use crate::mode::{self, Mode, Source};
use crate::outcome::{CacheValue, Copied, Outcome, Shared, Verdict};
use crate::session::{Session, Step, open_all};
use futures_util::future::{join, join_all};
use serde::Serialize;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::future::Future;
use std::marker::PhantomData;
use std::mem;
use std::pin::Pin;
use tokio::time::Instant;

/// The outcome of one element on its way; an error is that of the whole call.
struct One<O, E>(PhantomData<fn() -> (O, E)>);

impl<O: Outcome, E: Outcome> Outcome for One<O, E> {
    type Return = Result<E::Value, O::Return>;
    type Value = E::Value;

    fn split(returned: Self::Return) -> Result<E::Value, Self::Return> {
        returned.map_err(Err)
    }

    fn restore(value: E::Value) -> Self::Return {
        Ok(value)
    }

    fn is_none(value: &E::Value) -> bool {
        E::is_none(value)
    }

    fn verdict(&self, _value: &E::Value) -> Verdict {
        Verdict::new()
    }

    fn copy(value: &E::Value) -> Option<Copied> {
        E::copy(value)
    }

    fn recall(copied: &Copied) -> Option<E::Value> {
        E::recall(copied)
    }

    fn unshare(shared: &Shared) -> Option<Self::Return> {
        O::unshare(shared).map(Err)
    }
}

/// What its values are, and how they are known to be usable.
type Kind<O, E, How> = fn() -> (O, E, How);

/// The elements of one call.
pub(super) struct Batch<L: List, O: Outcome, E: Outcome, How> {
    elements: Vec<Element<L::Id, E::Value>>,
    /// Where each id stands, by its canonical form.
    places: HashMap<Vec<u8>, usize>,
    /// Until when the call waits for others; set when it first does.
    deadline: Option<Instant>,
    kind: PhantomData<Kind<O, E, How>>,
}

struct Element<Id, V> {
    /// Nothing once it was handed to the load or to the caller.
    id: Option<Id>,
    state: State<V>,
}

/// How far an element is.
enum State<V> {
    /// Its value is known, or that there is none.
    Is(V),
    /// It is looked up next, together with others.
    Opens(Session),
    /// There is more to do at the store, or to wait for.
    More(Session, More),
    /// It is looked up again when one that comes before it is decided.
    Rests(Session),
    /// It may be loaded.
    Granted(Session, Grant),
    /// It is being loaded.
    Loads(Box<Loading>),
    /// It is loaded without the cache.
    Uncached,
    /// Another element is the same, or its work is under way.
    Gone,
}

type Working = Pin<Box<dyn Future<Output = Vec<(usize, Step)>> + Send>>;

/// The pairs that a load returned, each with the place of its id, and what is to be done before the caller has them.
pub(super) struct Arrived<P: Pairs> {
    pub(super) pairs: Vec<Placed<P>>,
    pub(super) needs_tokio: bool,
    pub(super) work: Pin<Box<dyn Future<Output = ()> + Send>>,
}

type Pair<P> = (<P as Pairs>::Id, <P as Pairs>::Value);

type Placed<P> = (usize, <P as Pairs>::Id, <P as Pairs>::Value);

/// The place of a pair whose id nobody asked for.
const NOWHERE: usize = usize::MAX;

/// What tells an id from others.
fn canonical_form(id: &impl Serialize) -> Option<Vec<u8>> {
    let mut form = Vec::with_capacity(16);
    canonical::write(&mut form, id, Order::AsGiven).ok()?;
    Some(form)
}

impl<Id, V> Element<Id, V> {
    fn new(id: Id, state: State<V>) -> Self {
        Self { id: Some(id), state }
    }

    fn take(&mut self) -> State<V> {
        mem::replace(&mut self.state, State::Gone)
    }

    /// What stands in line for the store, if this does.
    fn session(&self) -> Option<&Session> {
        match &self.state {
            State::More(session, _) | State::Granted(session, _) => Some(session),
            _ => None,
        }
    }

    fn is_waiting(&self) -> bool {
        matches!(&self.state, State::More(_, more) if more.is_waiting())
    }

    /// Gives back what it holds if it comes behind a key that is waited for.
    fn give_way_to(&mut self, key: &str) {
        if self.session().is_some_and(|session| session.key() > key) {
            self.state = match self.take() {
                // It holds nothing that others wait for.
                State::Granted(session, alone @ Grant::Alone(None)) => {
                    State::Granted(session, alone)
                }
                State::Granted(session, _) | State::More(session, _) => State::Rests(session),
                state => state,
            };
        }
    }

    fn is_missing(&self) -> bool {
        matches!(self.state, State::Loads(_) | State::Uncached)
    }
}

impl<L, O, E, How> Batch<L, O, E, How>
where
    L: List<Id: Serialize + Into<<O::Value as Pairs>::Id>>,
    O: Outcome<Value: Pairs<Id: Serialize>>,
    E: Outcome<Value = Option<<O::Value as Pairs>::Value>>,
    E::Value: CacheValue<How>,
{
    pub(super) fn begin(each: Each<L>) -> Self {
        let Each { ids, calls, has_cache } = each;
        let is_plain = !has_cache || mode::current() == Mode::Bypass;
        let mut batch = Self {
            elements: Vec::with_capacity(ids.len()),
            places: HashMap::with_capacity(ids.len()),
            deadline: None,
            kind: PhantomData,
        };
        for (id, call) in ids.into_iter().zip(calls) {
            let state = if is_plain { State::Uncached } else { batch.state_of(&id, call) };
            batch.elements.push(Element::new(id, state));
        }
        batch
    }

    fn state_of(&mut self, id: &L::Id, mut call: Call) -> State<E::Value> {
        if let Some(form) = canonical_form(id) {
            match self.places.entry(form) {
                Entry::Occupied(_) => return State::Gone,
                Entry::Vacant(place) => _ = place.insert(self.elements.len()),
            }
        }
        if let Some(Ok(value)) = answer::here::<One<O, E>, How>(&mut call) {
            return State::Is(value);
        }
        Session::begin(call).map_or(State::Uncached, State::Opens)
    }

    /// What is to be done next, if anything is; and whether it needs tokio.
    pub(super) fn work(&mut self) -> Option<(bool, Working)> {
        let (mut opening, mut going) = (self.opening(), self.going(|more| !more.is_waiting()));
        if opening.is_empty() && going.is_empty() {
            going = self.waiting();
        }
        if opening.is_empty() && going.is_empty() {
            self.wake();
            opening = self.opening();
        }
        if opening.is_empty() && going.is_empty() {
            return None;
        }
        let store_needs_tokio = opening.iter().any(|(_, session)| session.needs_tokio());
        let needs_tokio =
            store_needs_tokio || going.iter().any(|(_, (needs_tokio, _))| *needs_tokio);
        Some((needs_tokio, Box::pin(all_steps(opening, going))))
    }

    fn opening(&mut self) -> Vec<(usize, Session)> {
        let opens = |element: &Element<_, _>| matches!(element.state, State::Opens(_));
        let opening = self.elements.iter_mut().enumerate().filter(|(_, element)| opens(element));
        let sessions = opening.filter_map(|(at, element)| match element.take() {
            State::Opens(session) => Some((at, session)),
            _ => None,
        });
        sessions.collect()
    }

    /// Begins the work of elements that are to do something of a kind.
    fn going(&mut self, is_due: impl Fn(&More) -> bool) -> Vec<(usize, (bool, answer::Working))> {
        let goes = |element: &Element<_, _>| matches!(&element.state, State::More(_, more) if is_due(more));
        let going = self.elements.iter_mut().enumerate().filter(|(_, element)| goes(element));
        let works = going.filter_map(|(at, element)| match element.take() {
            State::More(session, more) => Some((at, more.begin(session))),
            _ => None,
        });
        works.collect()
    }

    /// Begins to wait for the first in line of those that others load, with nothing in hand that comes behind it. When the time to wait
    /// is over, nobody waits.
    fn waiting(&mut self) -> Vec<(usize, (bool, answer::Working))> {
        let waiting = self.elements.iter_mut().filter(|element| element.is_waiting());
        let first = waiting.min_by(|one, other| {
            one.session().map(Session::key).cmp(&other.session().map(Session::key))
        });
        let Some(Element { state: State::More(session, _), .. }) = first else { return Vec::new() };
        let deadline = *self.deadline.get_or_insert_with(|| session.deadline());
        session.wait_until(deadline);
        let key = session.key().to_owned();
        if deadline > Instant::now() {
            for element in &mut self.elements {
                element.give_way_to(&key);
            }
        }
        self.going(More::is_waiting)
    }

    /// Sees to it that those who rest are looked up again.
    fn wake(&mut self) {
        for element in &mut self.elements {
            element.state = match (element.take(), self.deadline) {
                (State::Rests(mut session), Some(deadline)) => {
                    session.wait_until(deadline);
                    State::Opens(session)
                }
                (state, _) => state,
            };
        }
    }

    /// Takes what the work came to; an error of a load that others made is that of this call.
    pub(super) fn take(&mut self, steps: Option<Vec<(usize, Step)>>) -> Result<(), O::Return> {
        let Some(steps) = steps else {
            // There is no thread for the cache.
            self.elements.iter_mut().for_each(|element| element.state = State::Uncached);
            return Ok(());
        };
        for (at, step) in steps {
            self.elements[at].state = match answer::next::<One<O, E>, How>(Some(step)) {
                Next::Return(returned) => State::Is(returned?),
                Next::Load(Some((session, grant))) => State::Granted(session, grant),
                Next::Load(None) => State::Uncached,
                Next::More(session, more) => State::More(session, more),
            };
        }
        Ok(())
    }

    /// The ids that are to be loaded; an empty list is left to the function.
    pub(super) fn missing(&mut self) -> Option<Vec<L::Id>> {
        let is_empty = self.elements.is_empty();
        let mut missing = Vec::new();
        for element in &mut self.elements {
            element.state = match element.take() {
                State::Granted(session, grant) => {
                    State::Loads(Box::new(Loading::begin(session, grant)))
                }
                state => state,
            };
            if element.is_missing() {
                missing.extend(element.id.take());
            }
        }
        (is_empty || !missing.is_empty()).then_some(missing)
    }

    /// Judges what was loaded; an error is for the caller at once.
    pub(super) fn split(
        &mut self,
        returned: O::Return,
        elements: &E,
    ) -> Result<Arrived<O::Value>, O::Return> {
        self.note_load();
        match O::split(returned) {
            Ok(found) => Ok(self.arrived(found.into_pairs(), elements)),
            Err(returned) => {
                for loading in self.loading() {
                    answer::fail::<O>(loading.1, &returned);
                }
                Err(returned)
            }
        }
    }

    fn note_load(&self) {
        let mut counted = false;
        for element in &self.elements {
            match &element.state {
                State::Loads(loading) => {
                    if !mem::replace(&mut counted, true) {
                        loading.session().counters().loads.increment();
                    }
                    mode::note(Source::Miss);
                }
                State::Uncached => mode::note(Source::Bypass),
                _ => {}
            }
        }
    }

    fn loading(&mut self) -> Vec<(usize, Box<Loading>)> {
        let elements = self.elements.iter_mut().enumerate();
        let loading = elements.filter_map(|(at, element)| match element.take() {
            State::Loads(loading) => Some((at, loading)),
            state => {
                element.state = state;
                None
            }
        });
        loading.collect()
    }

    /// Finds the place of each pair, and what is to be stored of it.
    fn arrived(&mut self, pairs: Vec<Pair<O::Value>>, elements: &E) -> Arrived<O::Value> {
        let mut counts = vec![0_usize; self.elements.len()];
        let mut are_all_known = true;
        let placed = pairs.into_iter().map(|(id, value)| {
            let place = canonical_form(&id).and_then(|form| self.places.get(&form).copied());
            match place.filter(|at| self.elements[*at].is_missing()) {
                Some(at) => counts[at] += 1,
                None => are_all_known = false,
            }
            (place.unwrap_or(NOWHERE), id, Some(value))
        });
        let mut placed: Vec<_> = placed.collect();
        placed.sort_by_key(|(at, _, _)| *at);
        let loading = self.loading();
        let needs_tokio = loading.iter().any(|(_, loading)| loading.session().needs_tokio());
        let mut finishing = Vec::with_capacity(loading.len());
        for (at, loading) in loading {
            let loaded = match counts[at] {
                1 => {
                    let first = placed.partition_point(|(place, _, _)| *place < at);
                    answer::loaded(&loading, elements, &placed[first].2)
                }
                0 if are_all_known => answer::loaded(&loading, elements, &None),
                0 => Loaded::Own,
                _ => note_several(&loading),
            };
            finishing.push(loading.finish(loaded));
        }
        let pairs = placed.into_iter().filter_map(|(at, id, value)| Some((at, id, value?)));
        let work = Box::pin(async move { _ = join_all(finishing).await });
        Arrived { pairs: pairs.collect(), needs_tokio, work }
    }

    /// What the caller gets: what was found and what was loaded, in the order of the ids, and then what nobody asked for.
    pub(super) fn answer(self, loaded: Vec<Placed<O::Value>>) -> O::Return {
        let found = self.elements.into_iter().enumerate().filter_map(|(at, element)| {
            match (element.id, element.state) {
                (Some(id), State::Is(value)) => Some((at, id.into(), value?)),
                _ => None,
            }
        });
        let mut pairs: Vec<_> = found.chain(loaded).collect();
        pairs.sort_by_key(|(at, _, _)| *at);
        O::restore(Pairs::from_pairs(pairs.into_iter().map(|(_, id, value)| (id, value))))
    }
}

async fn all_steps(
    opening: Vec<(usize, Session)>,
    going: Vec<(usize, (bool, answer::Working))>,
) -> Vec<(usize, Step)> {
    let (opened, sessions): (Vec<usize>, Vec<Session>) = opening.into_iter().unzip();
    let going = going.into_iter().map(|(at, (_, work))| async move { (at, work.await) });
    let (steps, mut all) = join(open_all(sessions), join_all(going)).await;
    all.extend(opened.into_iter().zip(steps));
    all
}

/// Several pairs of one id are more than one entry can bring back.
fn note_several(loading: &Loading) -> Loaded {
    let session = loading.session();
    session.counters().skipped.increment();
    if session.cache().may_warn() {
        tracing::warn!(target: "cache_runtime", function = session.site().label(), "the function returned several pairs of one id, which are not stored; return one value for each id, such as a list");
    }
    Loaded::Own
}
