//! What has to hold for a value that was stored: it comes back equal, or it was not stored.

use crate::Tested;
use crate::calls::{json, json_zstd, msgpack, msgpack_zstd};
use crate::finding::Fault;
use crate::run::{Counts, Handles};
use crate::trace::Trace;
use cache_runtime::{Source, observe};

/// The four forms that an entry can have.
const FORMS: [&str; 4] = ["json", "json+zstd", "msgpack", "msgpack+zstd"];

/// Stores a value in one of the forms, and reads it.
pub(crate) async fn round_trip<T: Tested>(
    value: &T,
    id: usize,
    handles: &mut Handles,
    counts: &mut Counts,
) -> Result<(), Fault> {
    let form = id % FORMS.len();
    handles.plain.scope(call(form, id, value)).await;
    let (got, observed) = handles.plain.scope(observe(call(form, id, value))).await;
    let fault = |expected| {
        Fault::new(expected).with("form", FORMS[form]).with("value", value).with("got", &got)
    };
    if observed.last != Some(Source::Hit) {
        let (skipped, corrupt) = handles.news();
        let may_be_unreadable = T::IS_LOSSY && !comes_back(form, value);
        match (skipped > 0, corrupt > 0 && may_be_unreadable) {
            (true, _) => counts.skipped += 1,
            (false, true) => counts.unreadable += 1,
            (false, false) => {
                let fault = fault("what was not skipped is stored, and what is stored can be read");
                return Err(fault.with("observed", observed));
            }
        }
        return Ok(());
    }
    if is_same(value, &got) {
        counts.stored += 1;
        return Ok(());
    }
    let promises_more = Trace::of(value).is_ok_and(|trace| trace.has_nothing_in_some());
    if T::IS_LOSSY && !promises_more && is_serdes_doing(value, &got) {
        counts.lossy += 1;
        return Ok(());
    }
    Err(fault("what is stored comes back equal"))
}

async fn call<T: Tested>(form: usize, id: usize, value: &T) -> T {
    match form {
        0 => json(id, value).await,
        1 => json_zstd(id, value).await,
        2 => msgpack(id, value).await,
        _ => msgpack_zstd(id, value).await,
    }
}

/// Equal, as far as serde sees too: `0.0` and `-0.0` are not.
fn is_same<T: Tested>(one: &T, other: &T) -> bool {
    match (Trace::of(one), Trace::of(other)) {
        (Ok(seen), Ok(seen_of_other)) => one == other && (seen == seen_of_other || T::HIDES_ORDER),
        // A NaN is not even equal to itself.
        (Err(_), Err(_)) => one == other || format!("{one:?}").len() == format!("{other:?}").len(),
        _ => false,
    }
}

/// Whether a codec without a cache brings back the same: what serde's attributes lose is lost there, too.
fn is_serdes_doing<T: Tested>(value: &T, got: &T) -> bool {
    let is_got = |back: T| is_same(&back, got) || differs_by_order_alone(&back, got);
    by_json(value).is_some_and(is_got) || by_message_pack(value).is_some_and(is_got)
}

/// Whether a set that was read as a list is one that was written in another order.
fn differs_by_order_alone<T: Tested>(one: &T, other: &T) -> bool {
    let sorted = |value| Trace::of(value).ok().map(Trace::without_order);
    sorted(one).is_some() && sorted(one) == sorted(other)
}

/// Whether the codec of a form, without a cache, brings the same back.
fn comes_back<T: Tested>(form: usize, value: &T) -> bool {
    let back = if form < 2 { by_json(value) } else { by_message_pack(value) };
    back.is_some_and(|back| is_same(&back, value))
}

fn by_json<T: Tested>(value: &T) -> Option<T> {
    serde_json::from_slice(&serde_json::to_vec(value).ok()?).ok()
}

fn by_message_pack<T: Tested>(value: &T) -> Option<T> {
    let mut bytes = Vec::new();
    let mut serializer =
        rmp_serde::Serializer::new(&mut bytes).with_struct_map().with_human_readable();
    value.serialize(&mut serializer).ok()?;
    let mut reader = rmp_serde::Deserializer::from_read_ref(&bytes).with_human_readable();
    T::deserialize(&mut reader).ok()
}
