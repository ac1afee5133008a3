//! KEYS.md is true: its test vectors are the keys of annotated functions, and a program written from it alone
//! (`tests/keys.py`) computes the same keys for generated arguments.

#![expect(clippy::option_option, reason = "keys tell them apart, and this is where it is proved")]

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io::{Seek, Write};
use std::process::{Command, Stdio};

use cache_runtime::{Cache, cached, invalidates};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use testkit::Random;

/// How often each function is called with new arguments.
const ROUNDS: usize = 40;

async fn embedded() -> Cache {
    let builder = Cache::builder().memory_capacity(1 << 20);
    builder.build().await.expect("the embedded store needs nothing")
}

/// The key of the one entry there is, prefix included; then the entry is deleted.
async fn take_key(cache: &Cache) -> Option<String> {
    let mut keys = cache.keys("*").expect("it is a pattern");
    let key = keys.next().await.transpose().expect("memory does not fail")?;
    assert!(keys.next().await.is_none(), "one call, one entry");
    cache.clear().await.expect("memory does not fail");
    Some(format!("{}:{key}", cache.prefix()))
}

/// What `tests/keys.py` says of these cases.
fn keys_by_python(cases: &[Value]) -> Vec<String> {
    let mut input = tempfile::tempfile().expect("a temporary file can be made");
    for case in cases {
        writeln!(input, "{case}").expect("it is writable");
    }
    input.rewind().expect("it is a file");
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/keys.py");
    let output = Command::new("python3")
        .arg(program)
        .stdin(input)
        .stderr(Stdio::inherit())
        .output()
        .unwrap_or_else(|error| {
            panic!("python3 does not start ({error}); install it: apt-get install python3")
        });
    assert!(output.status.success(), "{program} failed: {}", output.status);
    let text = String::from_utf8(output.stdout).expect("keys are UTF-8");
    text.lines().map(str::to_owned).collect()
}

fn assert_python_agrees(cases: &[(Value, String)]) {
    let descriptions: Vec<Value> = cases.iter().map(|(case, _)| case.clone()).collect();
    let computed = keys_by_python(&descriptions);
    assert_eq!(computed.len(), cases.len(), "one key for each case");
    for ((case, key), computed) in cases.iter().zip(computed) {
        assert_eq!(*key, computed, "the key of the function, and that of keys.py, for {case}");
    }
}

/// A case for `keys.py`, without what most cases do without.
fn case(owner: &str, name: &str, more: Value) -> Value {
    let mut case = json!({
        "prefix": "cache", "owner": owner, "name": name, "id": null, "local": null, "types": [], "version": 0,
        "template": null, "unordered": {}, "fields": {}, "arguments": {},
    });
    let Value::Object(more) = more else { panic!("a case is an object") };
    case.as_object_mut().expect("it is one").extend(more);
    case
}

/// An argument that can be made up, and described for another language.
trait Sample: Sized {
    fn sample(random: &mut Random) -> Self;
    fn describe(&self) -> Value;
}

macro_rules! integers {
    ($($type:ty),*) => {$(
        impl Sample for $type {
            fn sample(random: &mut Random) -> Self {
                let bits = u128::from(random.bits()) << 64 | u128::from(random.bits());
                let size = random.below(128);
                let any = <$type>::from_le_bytes(
                    (bits >> size).to_le_bytes()[..size_of::<$type>()].try_into().unwrap(),
                );
                random.pick(&[any, any, 0, 1, <$type>::MIN, <$type>::MAX])
            }

            fn describe(&self) -> Value {
                json!({ "int": self.to_string() })
            }
        }
    )*};
}

integers!(u8, i8, u16, i16, u32, i32, u64, i64, u128, i128);

macro_rules! floats {
    ($($type:ident $name:literal $powers:expr),*) => {$(
        impl Sample for $type {
            fn sample(random: &mut Random) -> Self {
                let special = [
                    0.0, -0.0, 0.1, 1e21, -1.5e-7, $type::MIN, $type::MAX, $type::EPSILON, $type::MIN_POSITIVE,
                    -$type::MIN_POSITIVE / 2.0, $type::from_bits(1),
                ];
                let quarter = ((1u64 << ($type::MANTISSA_DIGITS - 1)) + random.bits() % 64 * 2 + 1) as $type / 4.0;
                let power = $type::powi(2.0, $powers.start + random.below($powers.len()) as i32);
                let any = $type::from_bits(random.bits() as _);
                let any = if any.is_finite() { any } else { 7.5 };
                // Quarters: two shortest decimals are equally near. Powers: the neighbour below is nearer.
                let odd = random.pick(&special);
                random.pick(&[odd, odd, quarter, power, any, -any])
            }

            fn describe(&self) -> Value {
                json!({ $name: format!("{:x}", self.to_bits()) })
            }
        }
    )*};
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    reason = "any bits will do"
)]
mod floats {
    use super::{Random, Sample, Value, json};

    floats!(f32 "f32" (-149..128), f64 "f64" (-1074..1024));
}

impl Sample for bool {
    fn sample(random: &mut Random) -> Self {
        random.pick(&[true, false])
    }

    fn describe(&self) -> Value {
        json!({ "bool": self })
    }
}

impl Sample for char {
    fn sample(random: &mut Random) -> Self {
        let any = char::from_u32(u32::sample(random) % 0x11_0000);
        let odd = random.pick(&[
            'a', '"', '\\', '/', '\0', '\u{8}', '\t', '\n', '\u{c}', '\r', '\u{1f}', '\u{7f}', 'é',
            '\u{2028}', '\u{ffff}', '😀', '~', '%', ':', '*', '.', '_', '-', ' ', '[', '+', '!',
        ]);
        random.pick(&[odd, odd, any.unwrap_or('ß')])
    }

    fn describe(&self) -> Value {
        json!({ "char": self })
    }
}

impl Sample for String {
    fn sample(random: &mut Random) -> Self {
        let whole = random.pick(&["", "null", "~", "1", "id", "a", "a!", "[null]", "+null"]);
        // Around the 64 bytes from which placeholders are shortened.
        let length = random.pick(&[1, 3, 6, 20, 63, 64, 65]);
        match random.below(4) {
            0 => whole.to_owned(),
            1 => "x".repeat(length),
            _ => (0..length).map(|_| char::sample(random)).collect(),
        }
    }

    fn describe(&self) -> Value {
        json!({ "str": self })
    }
}

impl Sample for () {
    fn sample(_random: &mut Random) -> Self {}

    fn describe(&self) -> Value {
        json!({ "unit": null })
    }
}

impl<T: Sample> Sample for Option<T> {
    fn sample(random: &mut Random) -> Self {
        (random.below(3) > 0).then(|| T::sample(random))
    }

    fn describe(&self) -> Value {
        match self {
            Some(content) => json!({ "some": content.describe() }),
            None => json!({ "none": null }),
        }
    }
}

impl<T: Sample> Sample for Box<T> {
    fn sample(random: &mut Random) -> Self {
        Self::new(T::sample(random))
    }

    fn describe(&self) -> Value {
        T::describe(self)
    }
}

fn several<T: Sample, C: FromIterator<T>>(random: &mut Random) -> C {
    let count = random.pick(&[0, 1, 2, 3, 12]);
    (0..count).map(|_| T::sample(random)).collect()
}

fn list<'a>(items: impl IntoIterator<Item = &'a (impl Sample + 'a)>) -> Value {
    json!({ "list": items.into_iter().map(Sample::describe).collect::<Vec<_>>() })
}

fn set<'a>(items: impl IntoIterator<Item = &'a (impl Sample + 'a)>) -> Value {
    json!({ "set": items.into_iter().map(Sample::describe).collect::<Vec<_>>() })
}

fn map<'a, K: Sample + 'a, V: Sample + 'a>(
    entries: impl IntoIterator<Item = (&'a K, &'a V)>,
) -> Value {
    let entries = entries.into_iter().map(|(key, value)| json!([key.describe(), value.describe()]));
    json!({ "hash_map": entries.collect::<Vec<_>>() })
}

macro_rules! collections {
    ($([$($bounds:tt)*] $type:ty: $describe:ident;)*) => {$(
        impl<$($bounds)*> Sample for $type {
            fn sample(random: &mut Random) -> Self {
                several(random)
            }

            fn describe(&self) -> Value {
                $describe(self)
            }
        }
    )*};
}

collections! {
    [T: Sample] Vec<T>: list;
    [T: Sample + Ord] BTreeSet<T>: set;
    [T: Sample + Eq + std::hash::Hash] HashSet<T>: set;
    [K: Sample + Ord, V: Sample] BTreeMap<K, V>: map;
    [K: Sample + Eq + std::hash::Hash, V: Sample] HashMap<K, V>: map;
}

impl<K: Sample, V: Sample> Sample for (K, V) {
    fn sample(random: &mut Random) -> Self {
        (K::sample(random), V::sample(random))
    }

    fn describe(&self) -> Value {
        json!({ "tuple": [self.0.describe(), self.1.describe()] })
    }
}

impl Sample for [i64; 2] {
    fn sample(random: &mut Random) -> Self {
        [i64::sample(random), i64::sample(random)]
    }

    fn describe(&self) -> Value {
        json!({ "tuple": [self[0].describe(), self[1].describe()] })
    }
}

#[derive(Clone, Serialize)]
struct Point {
    y: f32,
    x: i128,
    r#type: Option<String>,
    #[serde(rename = "x!")]
    renamed: u8,
}

impl Sample for Point {
    fn sample(random: &mut Random) -> Self {
        Self {
            y: f32::sample(random),
            x: i128::sample(random),
            r#type: Option::sample(random),
            renamed: u8::sample(random),
        }
    }

    fn describe(&self) -> Value {
        json!({ "struct": [
            ["y", self.y.describe()],
            ["x", self.x.describe()],
            ["type", self.r#type.describe()],
            ["x!", self.renamed.describe()],
        ] })
    }
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
enum Shape {
    Unit,
    Newtype(Option<Option<u8>>),
    Tuple(u8, String),
    Struct { b: bool, a: char, inner: Option<Box<Shape>> },
}

impl Sample for Shape {
    fn sample(random: &mut Random) -> Self {
        match random.below(4) {
            0 => Self::Unit,
            1 => Self::Newtype(Option::sample(random)),
            2 => Self::Tuple(u8::sample(random), String::sample(random)),
            _ => Self::Struct {
                b: bool::sample(random),
                a: char::sample(random),
                inner: Option::sample(random),
            },
        }
    }

    fn describe(&self) -> Value {
        match self {
            Self::Unit => json!({ "unit_variant": "Unit" }),
            Self::Newtype(content) => json!({ "newtype_variant": ["Newtype", content.describe()] }),
            Self::Tuple(one, other) => {
                json!({ "tuple_variant": ["Tuple", [one.describe(), other.describe()]] })
            }
            Self::Struct { b, a, inner } => json!({ "struct_variant": ["Struct", [
                ["b", b.describe()], ["a", a.describe()], ["inner", inner.describe()],
            ]] }),
        }
    }
}

/// A key type whose texts would be alike if numbers were written as strings.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
enum Loose {
    Number(i8),
    Size(u64),
    Text(String),
    Marker(Marker),
    Wrapper(Wrapper<u8>),
    Pair(Pair),
    Nothing,
}

impl Sample for Loose {
    fn sample(random: &mut Random) -> Self {
        match random.below(7) {
            0 => Self::Number(i8::sample(random)),
            1 => Self::Size(random.bits() % 3),
            2 => Self::Text(String::sample(random)),
            3 => Self::Marker(Marker),
            4 => Self::Wrapper(Wrapper::sample(random)),
            5 => Self::Pair(Pair::sample(random)),
            _ => Self::Nothing,
        }
    }

    fn describe(&self) -> Value {
        match self {
            Self::Number(number) => json!({ "shown_int": [number.to_string(), "i8"] }),
            Self::Size(number) => json!({ "shown_int": [number.to_string(), "u64"] }),
            Self::Text(text) => text.describe(),
            Self::Marker(marker) => json!({ "shown_struct": ["Marker", marker.describe()] }),
            Self::Wrapper(wrapper) => json!({ "shown_struct": ["Wrapper", wrapper.describe()] }),
            Self::Pair(pair) => json!({ "shown_struct": ["Pair", pair.describe()] }),
            Self::Nothing => json!({ "unit": null }),
        }
    }
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Marker;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Wrapper<T>(T);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Pair(u8, Option<()>);

impl Sample for Marker {
    fn sample(_random: &mut Random) -> Self {
        Self
    }

    fn describe(&self) -> Value {
        json!({ "unit_struct": null })
    }
}

impl<T: Sample> Sample for Wrapper<T> {
    fn sample(random: &mut Random) -> Self {
        Self(T::sample(random))
    }

    fn describe(&self) -> Value {
        json!({ "newtype": self.0.describe() })
    }
}

impl Sample for Pair {
    fn sample(random: &mut Random) -> Self {
        Self(u8::sample(random), Option::sample(random))
    }

    fn describe(&self) -> Value {
        json!({ "tuple_struct": [self.0.describe(), self.1.describe()] })
    }
}

/// Bytes as serde's data model has them; `Vec<u8>` is a list to it.
#[derive(Clone)]
struct Blob(Vec<u8>);

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl Sample for Blob {
    fn sample(random: &mut Random) -> Self {
        Self(several(random))
    }

    fn describe(&self) -> Value {
        json!({ "bytes": self.0 })
    }
}

#[derive(Clone, Serialize)]
struct Deep {
    points: Vec<Point>,
    by_name: BTreeMap<String, Option<Point>>,
    shapes: HashMap<Shape, Wrapper<Option<Marker>>>,
    blob: Blob,
    marker: Marker,
}

impl Sample for Deep {
    fn sample(random: &mut Random) -> Self {
        Self {
            points: several(random),
            by_name: several(random),
            shapes: several(random),
            blob: Blob::sample(random),
            marker: Marker,
        }
    }

    fn describe(&self) -> Value {
        json!({ "struct": [
            ["points", self.points.describe()],
            ["by_name", self.by_name.describe()],
            ["shapes", self.shapes.describe()],
            ["blob", self.blob.describe()],
            ["marker", self.marker.describe()],
        ] })
    }
}

/// Functions with these arguments, writes that invalidate their calls, and a test that makes the calls.
macro_rules! functions {
    ($($module:ident ($($arg:ident: $type:ty),*) $(key = $key:literal)? $(unordered $list:ident)?;)*) => {
        $(mod $module {
            #[allow(unused_imports, reason = "not all of them use all of it")]
            use super::*;

            #[cached($(key = $key,)? $(unordered($list))?)]
            pub(super) async fn load($($arg: $type),*) -> u8 {
                let _ = ($($arg,)*);
                7
            }

            #[invalidates(load($($arg),*))]
            pub(super) async fn forget($($arg: &$type),*) {
                let _ = ($($arg,)*);
            }
        })*

        #[tokio::test]
        async fn another_language_computes_the_same_keys() {
            let mut random = Random::new();
            let cache = embedded().await;
            let mut cases = Vec::new();
            for _ in 0..ROUNDS {
                $({
                    $(let $arg = <$type>::sample(&mut random);)*
                    let unordered: &[(&str, Value)] = &[$((stringify!($list), json!([""])),)?];
                    let template: &[&str] = &[$($key,)?];
                    let arguments: Vec<(&str, Value)> =
                        vec![$((stringify!($arg).trim_start_matches("r#"), $arg.describe())),*];
                    let owner = concat!(module_path!(), "::", stringify!($module), "::");
                    let case = case(owner, "load", json!({
                        "template": template.first(),
                        "unordered": Value::from_iter(unordered.iter().cloned()),
                        "arguments": Value::from_iter(arguments),
                    }));
                    cache.scope($module::load($($arg.clone()),*)).await;
                    let key = take_key(&cache).await.expect("the call is stored");
                    cache.scope($module::load($($arg.clone()),*)).await;
                    cache.scope($module::forget($(&$arg),*)).await;
                    assert_eq!(take_key(&cache).await, None, "the companion's key is another: {case}");
                    cases.push((case, key));
                })*
            }
            assert!(cases.len() >= 200, "{}", cases.len());
            assert_eq!(cache.stats().uncached, 0);
            assert_python_agrees(&cases);
        }
    };
}

functions! {
    nothing();
    narrow(a1: u8, a10: i8, a2: u16, b: i16);
    middle(id2: u32, id: i32, id10: bool);
    wide(d: i64, c: u64, b: i128, a: u128) key = "<a>:<b>:<c>:<d>";
    flags(flag: bool, mark: char) key = "{<flag>}:<mark>";
    text(text: String) key = "<text>";
    texts(r#type: String, b: Vec<String>, b2: String) key = "x:<type>:é<b>";
    floats_narrow(float: f32, floats: Vec<f32>) key = "<float>";
    floats_wide(float: f64, floats: Vec<f64>) key = "<float>";
    options(a: Option<u8>, b: Option<Option<u8>>, c: Option<Option<Option<()>>>) key = "<a>:<b>:<c>";
    option_texts(a: Option<String>, b: Option<Option<String>>, c: Option<char>) key = "<a>:<b>:<c>";
    units(a: (), b: Option<Marker>, c: Wrapper<()>, d: Pair) key = "<a>:<b>:<c>:<d>";
    wrappers(a: Wrapper<Option<Option<u8>>>, b: Option<Wrapper<Option<u8>>>) key = "<a>:<b>";
    wrapped_texts(a: Wrapper<String>, b: Option<Wrapper<char>>, c: Wrapper<Wrapper<Shape>>) key = "<a>:<b>:<c>";
    point(point: Point, tuple: (u8, String), array: [i64; 2]) key = "<point>:<tuple>:<array>";
    shape(shape: Shape, shapes: Vec<Shape>, option: Option<Shape>) key = "<shape>:<option>";
    blob(blob: Blob, bytes: Vec<u8>, option: Option<Blob>) key = "<blob>:<bytes>:<option>";
    ordered(map: BTreeMap<String, u8>, set: BTreeSet<String>) key = "<map>";
    hashed(map: HashMap<String, Vec<u8>>, other: HashMap<u64, Option<u8>>);
    odd_keys(a: BTreeMap<(u8, String), u8>, b: BTreeMap<i128, char>, c: HashMap<Shape, u8>);
    loose_keys(a: BTreeMap<Option<String>, u8>, b: BTreeMap<Loose, u8>, c: BTreeMap<char, bool>, d: BTreeMap<Option<Option<u8>>, u8>);
    sets(set: HashSet<String>, option: Option<HashSet<u16>>, shapes: HashSet<Shape>);
    unordered(list: Vec<u8>, other: Vec<u8>) unordered list;
    unordered_lists(lists: Option<Vec<Vec<u8>>>) unordered lists;
    unordered_wrapped(list: Wrapper<Vec<String>>) unordered list;
    deep(deep: Deep, deeper: Option<Box<Deep>>);
    values(loose: Option<Loose>, list: Option<Vec<Option<()>>>) key = "<loose>:<list>";
}

/// The functions of the test vectors.
mod shop {
    use super::{BTreeMap, Blob, HashSet, Serialize, Shape, cached};

    pub(super) struct Db;

    #[cached(key = "user:<tenant>:<id>", version = 2, skip(db))]
    pub(super) async fn user(db: &Db, id: u64, tenant: &str) -> u8 {
        let Db = db;
        u8::try_from(id).unwrap_or_default() + u8::from(tenant.is_empty())
    }

    #[cached]
    pub(super) async fn all() -> u8 {
        7
    }

    #[cached(key = "find:<name>")]
    pub(super) async fn find(name: Option<&str>) -> bool {
        name.is_some()
    }

    #[cached(key = "{shop}:nested:<value>")]
    pub(super) async fn nested(value: Option<Option<u8>>) -> bool {
        value.is_some()
    }

    #[cached]
    pub(super) async fn limit(r#type: u128, (a, b): (f32, f64), id10: i8, id2: i8) -> bool {
        r#type > 0 && a > 0.0 && b > 0.0 && id10 > id2
    }

    #[cached]
    pub(super) async fn note(text: &str, initial: char) -> bool {
        text.starts_with(initial)
    }

    #[cached]
    pub(super) async fn tagged(tags: &HashSet<&str>) -> usize {
        tags.len()
    }

    #[cached(unordered(ids))]
    pub(super) async fn listed(ids: &[u8]) -> usize {
        ids.len()
    }

    #[cached]
    pub(super) async fn board(
        places: BTreeMap<(u8, u8), Option<Option<u8>>>,
        names: BTreeMap<&'static str, u8>,
    ) -> usize {
        places.len() + names.len()
    }

    #[cached]
    pub(super) async fn draw(shapes: &[Shape]) -> usize {
        shapes.len()
    }

    #[cached]
    pub(super) async fn blob(blob: Blob) -> usize {
        blob.0.len()
    }

    #[cached]
    pub(super) async fn pick<T: Serialize, const N: usize>(items: Vec<T>) -> usize {
        items.len().min(N)
    }

    #[cached]
    pub(super) async fn show(value: impl Serialize) -> usize {
        size_of_val(&value)
    }

    #[cached(skip(db))]
    pub(super) async fn load<D>(db: &D, id: u64) -> u64 {
        id + size_of_val(db) as u64
    }

    #[cached(id = "users.list", version = 1)]
    pub(super) async fn list(page: u32) -> u32 {
        page
    }

    pub(super) struct Tenant {
        pub(super) name: &'static str,
    }

    #[cached(key = "tenant:<ctx.name>", skip(ctx))]
    pub(super) async fn plan(ctx: &Tenant) -> usize {
        ctx.name.len()
    }

    pub(super) struct Repo<T> {
        pub(super) tenant: &'static str,
        pub(super) first: T,
    }

    impl<T> Repo<T> {
        #[cached(key = "<self.tenant>:<id>")]
        pub(super) async fn get(&self, id: u64) -> u64 {
            id + size_of_val(&self.first) as u64
        }

        #[cached(id = "repo.count", skip(self))]
        pub(super) async fn count(&self) -> usize {
            size_of_val(&self.first)
        }
    }

    pub(super) trait Users {
        fn first(&self) -> u8;
    }

    impl Users for Repo<u8> {
        #[cached(skip(self))]
        fn first(&self) -> u8 {
            self.first
        }
    }
}

/// A row of the table in KEYS.md.
struct Vector {
    call: &'static str,
    hashed: String,
    key: String,
}

impl Vector {
    fn row(&self) -> String {
        format!("| `{}` | `{}` | `{}` |\n", self.call, self.hashed, self.key)
    }
}

/// Makes calls on the embedded store: each as the table shows it, as it is made, what it hashes, and as `keys.py` sees it.
macro_rules! vectors {
    ($($call:literal, $made:expr, $hashed:literal, $owner:literal, $name:literal, $case:tt;)*) => {{
        let cache = embedded().await;
        let mut vectors = Vec::new();
        let mut cases = Vec::new();
        $(
            cache.scope(async { let _ = $made; }).await;
            let key = take_key(&cache).await.expect("the call is stored");
            vectors.push(Vector { call: $call, hashed: $hashed.to_owned(), key: key.clone() });
            cases.push((case($owner, $name, json!($case)), key));
        )*
        (vectors, cases)
    }};
}

async fn vectors() -> (Vec<Vector>, Vec<(Value, String)>) {
    let repo = shop::Repo { tenant: "a:b", first: 0u8 };
    let long = "x".repeat(65);
    let shapes = [
        Shape::Unit,
        Shape::Newtype(None),
        Shape::Tuple(1, "a".to_owned()),
        Shape::Struct { b: true, a: 'ß', inner: None },
    ];
    vectors! {
        r#"user(&db, 7, "Müller & Co")"#, shop::user(&shop::Db, 7, "Müller & Co").await,
            r#"["keys::shop::user",[],2,{"id":7,"tenant":"Müller & Co"}]"#,
            "keys::shop::", "user", {
                "version": 2, "template": "user:<tenant>:<id>",
                "arguments": { "id": { "int": "7" }, "tenant": { "str": "Müller & Co" } },
            };
        "all()", shop::all().await, r#"["keys::shop::all",[],0,{}]"#, "keys::shop::", "all", {};
        "find(None)", shop::find(None).await, r#"["keys::shop::find",[],0,{"name":null}]"#,
            "keys::shop::", "find", { "template": "find:<name>", "arguments": { "name": { "none": null } } };
        r#"find(Some("~"))"#, shop::find(Some("~")).await, r#"["keys::shop::find",[],0,{"name":+"~"}]"#,
            "keys::shop::", "find", { "template": "find:<name>", "arguments": { "name": { "some": { "str": "~" } } } };
        r#"find(Some(""))"#, shop::find(Some("")).await, r#"["keys::shop::find",[],0,{"name":+""}]"#,
            "keys::shop::", "find", { "template": "find:<name>", "arguments": { "name": { "some": { "str": "" } } } };
        r#"find(Some("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"))"#, shop::find(Some(&long)).await,
            r#"["keys::shop::find",[],0,{"name":+"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}]"#,
            "keys::shop::", "find", { "template": "find:<name>", "arguments": { "name": { "some": { "str": long } } } };
        "nested(Some(None))", shop::nested(Some(None)).await, r#"["keys::shop::nested",[],0,{"value":+null}]"#,
            "keys::shop::", "nested", {
                "template": "{shop}:nested:<value>", "arguments": { "value": { "some": { "none": null } } },
            };
        "nested(Some(Some(5)))", shop::nested(Some(Some(5))).await, r#"["keys::shop::nested",[],0,{"value":++5}]"#,
            "keys::shop::", "nested", {
                "template": "{shop}:nested:<value>", "arguments": { "value": { "some": { "some": { "int": "5" } } } },
            };
        "limit(u128::MAX, (0.1, -0.0), -1, 2)", shop::limit(u128::MAX, (0.1, -0.0), -1, 2).await,
            r#"["keys::shop::limit",[],0,{"a":1e-1f,"b":-0e0,"id10":-1,"id2":2,"type":340282366920938463463374607431768211455}]"#,
            "keys::shop::", "limit", { "arguments": {
                "type": { "int": u128::MAX.to_string() }, "id2": { "int": "2" }, "id10": { "int": "-1" },
                "a": { "f32": "3dcccccd" }, "b": { "f64": "8000000000000000" },
            } };
        r#"note("é\"\\/\n\u{1f}", '\'')"#, shop::note("é\"\\/\n\u{1f}", '\'').await,
            "[\"keys::shop::note\",[],0,{\"initial\":''',\"text\":\"é\\\"\\\\/\\n\\u001f\"}]",
            "keys::shop::", "note", { "arguments": {
                "text": { "str": "é\"\\/\n\u{1f}" }, "initial": { "char": "'" },
            } };
        r#"tagged(&HashSet::from(["b", "a"]))"#, shop::tagged(&HashSet::from(["b", "a"])).await,
            r#"["keys::shop::tagged",[],0,{"tags":["a","b"]}]"#,
            "keys::shop::", "tagged", { "arguments": { "tags": { "set": [{ "str": "b" }, { "str": "a" }] } } };
        "listed(&[9, 10, 9])", shop::listed(&[9, 10, 9]).await, r#"["keys::shop::listed",[],0,{"ids":[10,9,9]}]"#,
            "keys::shop::", "listed", {
                "unordered": { "ids": [""] }, "arguments": { "ids": { "list": [{ "int": "9" }, { "int": "10" }, { "int": "9" }] } },
            };
        r#"board(BTreeMap::from([((1, 2), Some(None))]), BTreeMap::from([("a", 1), ("a!", 2)]))"#,
            shop::board(BTreeMap::from([((1, 2), Some(None))]), BTreeMap::from([("a", 1), ("a!", 2)])).await,
            r#"["keys::shop::board",[],0,{"names":#{"a!":2,"a":1},"places":#{(1,2):+null}}]"#,
            "keys::shop::", "board", { "arguments": {
                "places": { "hash_map": [[{ "tuple": [{ "int": "1" }, { "int": "2" }] }, { "some": { "none": null } }]] },
                "names": { "hash_map": [[{ "str": "a" }, { "int": "1" }], [{ "str": "a!" }, { "int": "2" }]] },
            } };
        r#"draw(&[Unit, Newtype(None), Tuple(1, "a".into()), Struct { b: true, a: 'ß', inner: None }])"#, shop::draw(&shapes).await,
            r#"["keys::shop::draw",[],0,{"shapes":[@"Unit",@"Newtype"(null),@"Tuple"[1,"a"],@"Struct"{"b":true,"a":'ß',"inner":null}]}]"#,
            "keys::shop::", "draw", { "arguments": { "shapes": list(&shapes) } };
        "blob(Blob(vec![0, 255]))", shop::blob(Blob(vec![0, 255])).await, r#"["keys::shop::blob",[],0,{"blob":x"00ff"}]"#,
            "keys::shop::", "blob", { "arguments": { "blob": { "bytes": [0, 255] } } };
        "pick::<u8, 2>(vec![1, 2])", shop::pick::<u8, 2>(vec![1, 2]).await, r#"["keys::shop::pick",["u8","2"],0,{"items":[1,2]}]"#,
            "keys::shop::", "pick", { "types": ["u8", "2"], "arguments": { "items": { "list": [{ "int": "1" }, { "int": "2" }] } } };
        r#"show("a".to_owned())"#, shop::show("a".to_owned()).await, r#"["keys::shop::show",["alloc::string::String"],0,{"value":"a"}]"#,
            "keys::shop::", "show", { "types": ["alloc::string::String"], "arguments": { "value": { "str": "a" } } };
        "load(&db, 7)", shop::load(&shop::Db, 7).await, r#"["keys::shop::load",[],0,{"id":7}]"#,
            "keys::shop::", "load", { "arguments": { "id": { "int": "7" } } };
        "list(1)", shop::list(1).await, r#"[{"id":"users.list"},[],1,{"page":1}]"#,
            "keys::shop::", "list", { "id": "users.list", "version": 1, "arguments": { "page": { "int": "1" } } };
        r#"plan(&Tenant { name: "a:b" })"#, shop::plan(&shop::Tenant { name: "a:b" }).await,
            r#"["keys::shop::plan",[],0,{"ctx.name":"a:b"}]"#,
            "keys::shop::", "plan", { "template": "tenant:<ctx.name>", "arguments": { "ctx.name": { "str": "a:b" } } };
        r#"Repo { tenant: "a:b", first: 0u8 }.get(7)"#, repo.get(7).await,
            r#"["keys::shop::Repo<u8>::get",[],0,{"id":7,"self.tenant":"a:b"}]"#,
            "keys::shop::Repo<u8>::", "get", {
                "template": "<self.tenant>:<id>", "arguments": { "id": { "int": "7" }, "self.tenant": { "str": "a:b" } },
            };
        r#"Repo { tenant: "a:b", first: 0u8 }.count()"#, repo.count().await,
            r#"[{"id":"repo.count","of":"keys::shop::Repo<u8>"},[],0,{}]"#, "keys::shop::Repo<u8>::", "count", { "id": "repo.count" };
        r#"Repo { tenant: "a:b", first: 0u8 }.first()"#, shop::Users::first(&repo),
            r#"["<keys::shop::Repo<u8> as keys::shop::Users>::first",[],0,{}]"#,
            "<keys::shop::Repo<u8> as keys::shop::Users>::", "first", {};
    }
}

fn hash_of(text: &str) -> String {
    let digest = Sha256::digest(text);
    let first = digest[..16].try_into().expect("it has 32 bytes");
    format!("{:032x}", u128::from_be_bytes(first))
}

#[tokio::test]
async fn the_test_vectors_are_the_keys_of_annotated_functions() {
    let page = include_str!("../../KEYS.md");
    let (vectors, cases) = vectors().await;
    for vector in &vectors {
        let (_, hash) = vector.key.rsplit_once(':').expect("a key ends in a hash");
        assert_eq!(hash, hash_of(&vector.hashed), "what is hashed is not {}", vector.hashed);
    }
    assert_python_agrees(&cases);
    let table: String = vectors.iter().map(Vector::row).collect();
    assert!(page.ends_with(&table), "the table in KEYS.md must be:\n{table}");
    let example = format!("4. Key: `{}`\n", vectors[0].key);
    assert!(page.contains(&example), "the example in KEYS.md must end in:\n{example}");
}

#[cached(key = "<float>")]
async fn average(float: f64, floats: Vec<f32>) -> f64 {
    float + f64::from(floats[0])
}

#[tokio::test]
async fn a_call_that_has_no_key_runs_uncached() {
    let cache = embedded().await;
    let calls = [(f64::NAN, 1.0), (f64::INFINITY, 1.0), (1.0, f32::NAN), (1.0, f32::NEG_INFINITY)];
    for (float, other) in calls {
        let sum = cache.scope(average(float, vec![other])).await;
        assert_eq!(sum.to_bits(), (float + f64::from(other)).to_bits());
        assert_eq!(take_key(&cache).await, None);
    }
    let stats = cache.stats();
    assert_eq!((stats.uncached, stats.loads, stats.misses), (4, 0, 0));
    let described = json!({ "arguments": { "floats": { "list": [f32::NAN.describe()] } } });
    assert_eq!(keys_by_python(&[case("", "average", described)]), ["uncached"]);
}

#[cached(id = "twice")]
async fn first_of_two(id: u8) -> u8 {
    id + 1
}

#[cached(id = "twice")]
async fn second_of_two(id: u8) -> u8 {
    id + 2
}

/// In another process the second may have come first: which of them it is must not matter.
#[tokio::test]
async fn of_two_functions_with_one_identity_neither_uses_the_cache() {
    let cache = embedded().await;
    assert_eq!(cache.scope(first_of_two(1)).await, 2);
    assert_eq!(cache.scope(second_of_two(1)).await, 3);
    assert_eq!(cache.scope(first_of_two(1)).await, 2);
    assert_eq!((cache.stats().uncached, cache.stats().stores), (3, 0));
}
