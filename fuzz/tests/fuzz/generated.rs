//! Random types, generated from the seed 12: do not edit them.

use fuzz::Suite;

pub mod now {
    use cache_runtime::{Shape, cached};
    use fuzz::{Choices, Marks, Tested, Value};
    use serde::{Deserialize, Serialize};
    use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
    use std::sync::Arc;

    #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Shape)]
    pub struct T0(pub u8);

    #[cached(id = "fuzz.t0", shape)]
    pub async fn t0() -> Option<T0> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Shape)]
    pub struct T1(pub Vec<Vec<Vec<()>>>);

    #[cached(id = "fuzz.t1", shape)]
    pub async fn t1() -> Option<T1> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Shape)]
    #[serde(untagged)]
    pub enum T2 {
        V0(u8),
        V1(u16),
        V2(u32),
        V3(u64),
        V4(u128),
        V5(usize),
        V6(i8),
        V7(i16),
        V8(i32),
        V9(i64),
        V10(i128),
        V11(isize),
        V12(f32),
        V13(f64),
        V14(bool),
        V15(char),
        V16(String),
        V17(()),
        V18(T0),
        V19(Option<u8>),
        V20(Option<Option<u8>>),
        V21(Option<Option<()>>),
        V22(Vec<u8>),
        V23(Vec<Vec<u8>>),
        V24(Vec<Vec<Vec<()>>>),
        V25((u8, u8)),
        V26((Vec<u8>, Vec<u8>)),
        V27(BTreeSet<u8>),
        V28(HashMap<String, Option<u8>>),
        V29((), Vec<bool>),
        V30(T0),
        V31(Vec<Option<u64>>, char),
        V32(BTreeMap<u32, T1>),
        V33(HashMap<char, T1>, T0),
    }

    #[cached(id = "fuzz.t2", shape)]
    pub async fn t2() -> Option<T2> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Shape)]
    #[serde(untagged)]
    pub enum T3 {
        A,
    }

    #[cached(id = "fuzz.t3", shape)]
    pub async fn t3() -> Option<T3> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Shape)]
    pub enum T4 {
        A(i8),
        B {
            a: i64,
            b: (T1, BTreeMap<T1, i32>),
            r#type: (char, T0),
        },
        C(isize, HashMap<u64, i32>, Vec<T2>),
        #[serde(untagged)]
        Bare(String),
    }

    #[cached(id = "fuzz.t4", shape)]
    pub async fn t4() -> Option<T4> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Shape)]
    pub enum T5 {
        A,
    }

    #[cached(id = "fuzz.t5", shape)]
    pub async fn t5() -> Option<T5> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Shape)]
    pub enum T6 {
        A,
        B,
        C,
        One(T1),
        TwoWords,
    }

    #[cached(id = "fuzz.t6", shape)]
    pub async fn t6() -> Option<T6> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Shape)]
    pub struct T7 {
        #[serde(rename = "")]
        pub a: HashSet<String>,
        pub b: HashMap<Option<u128>, Option<u8>>,
        pub r#type: T2,
        #[serde(alias = "alias")]
        pub first_name: (usize, Option<Option<String>>),
        #[serde(flatten)]
        pub more: BTreeMap<String, T6>,
    }

    #[cached(id = "fuzz.t7", shape)]
    pub async fn t7() -> Option<T7> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Shape)]
    pub struct T8(pub u64, pub u64, pub Option<i128>);

    #[cached(id = "fuzz.t8", shape)]
    pub async fn t8() -> Option<T8> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Shape)]
    pub enum T9 {
        A { a: i16, b: T0, r#type: u16 },
        B,
        C,
        One(Option<i64>),
        TwoWords { a: BTreeSet<u16>, b: u8 },
    }

    #[cached(id = "fuzz.t9", shape)]
    pub async fn t9() -> Option<T9> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Shape)]
    pub struct T10(pub u16, pub usize, pub String);

    #[cached(id = "fuzz.t10", shape)]
    pub async fn t10() -> Option<T10> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Shape)]
    #[serde(tag = "kind")]
    pub enum T11 {
        A {
            a: Option<Option<String>>,
        },
        #[serde(other)]
        Other,
    }

    #[cached(id = "fuzz.t11", shape)]
    pub async fn t11() -> Option<T11> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Shape)]
    #[serde(transparent)]
    pub struct T12 {
        pub a: HashMap<Vec<isize>, Arc<u64>>,
    }

    #[cached(id = "fuzz.t12", shape)]
    pub async fn t12() -> Option<T12> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Shape)]
    pub enum T13 {
        A(HashMap<usize, Option<u128>>, BTreeMap<String, Option<i16>>, u32),
        B,
        C(u8),
        One,
    }

    #[cached(id = "fuzz.t13", shape)]
    pub async fn t13() -> Option<T13> {
        None
    }

    impl Value for T0 {
        fn random(choices: &mut Choices) -> Self {
            match choices.below(1) {
                _ => Self(Value::random(choices)),
            }
        }

        fn rebuilt(&self) -> Self {
            match self {
                Self(f0) => Self(f0.rebuilt()),
            }
        }

        fn change(&mut self, choices: &mut Choices) {
            match self {
                Self(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
            }
        }

        fn mark_inside(&self, marks: &mut Marks) {
            match self {
                Self(f0) => {
                    f0.mark(marks);
                }
            }
        }
    }

    impl Tested for T0 {
        const NAME: &'static str = "T0";
        const HIDES_ORDER: bool = false;
        const IS_LOSSY: bool = false;
    }

    impl Value for T1 {
        fn random(choices: &mut Choices) -> Self {
            match choices.below(1) {
                _ => Self(Value::random(choices)),
            }
        }

        fn rebuilt(&self) -> Self {
            match self {
                Self(f0) => Self(f0.rebuilt()),
            }
        }

        fn change(&mut self, choices: &mut Choices) {
            match self {
                Self(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
            }
        }

        fn mark_inside(&self, marks: &mut Marks) {
            match self {
                Self(f0) => {
                    f0.mark(marks);
                }
            }
        }
    }

    impl Tested for T1 {
        const NAME: &'static str = "T1";
        const HIDES_ORDER: bool = false;
        const IS_LOSSY: bool = false;
    }

    impl Value for T2 {
        fn random(choices: &mut Choices) -> Self {
            match choices.below(34) {
                0 => Self::V0(Value::random(choices)),
                1 => Self::V1(Value::random(choices)),
                2 => Self::V2(Value::random(choices)),
                3 => Self::V3(Value::random(choices)),
                4 => Self::V4(Value::random(choices)),
                5 => Self::V5(Value::random(choices)),
                6 => Self::V6(Value::random(choices)),
                7 => Self::V7(Value::random(choices)),
                8 => Self::V8(Value::random(choices)),
                9 => Self::V9(Value::random(choices)),
                10 => Self::V10(Value::random(choices)),
                11 => Self::V11(Value::random(choices)),
                12 => Self::V12(Value::random(choices)),
                13 => Self::V13(Value::random(choices)),
                14 => Self::V14(Value::random(choices)),
                15 => Self::V15(Value::random(choices)),
                16 => Self::V16(Value::random(choices)),
                17 => Self::V17(Value::random(choices)),
                18 => Self::V18(Value::random(choices)),
                19 => Self::V19(Value::random(choices)),
                20 => Self::V20(Value::random(choices)),
                21 => Self::V21(Value::random(choices)),
                22 => Self::V22(Value::random(choices)),
                23 => Self::V23(Value::random(choices)),
                24 => Self::V24(Value::random(choices)),
                25 => Self::V25(Value::random(choices)),
                26 => Self::V26(Value::random(choices)),
                27 => Self::V27(Value::random(choices)),
                28 => Self::V28(Value::random(choices)),
                29 => Self::V29(Value::random(choices), Value::random(choices)),
                30 => Self::V30(Value::random(choices)),
                31 => Self::V31(Value::random(choices), Value::random(choices)),
                32 => Self::V32(Value::random(choices)),
                _ => Self::V33(Value::random(choices), Value::random(choices)),
            }
        }

        fn rebuilt(&self) -> Self {
            match self {
                Self::V0(f0) => Self::V0(f0.rebuilt()),
                Self::V1(f0) => Self::V1(f0.rebuilt()),
                Self::V2(f0) => Self::V2(f0.rebuilt()),
                Self::V3(f0) => Self::V3(f0.rebuilt()),
                Self::V4(f0) => Self::V4(f0.rebuilt()),
                Self::V5(f0) => Self::V5(f0.rebuilt()),
                Self::V6(f0) => Self::V6(f0.rebuilt()),
                Self::V7(f0) => Self::V7(f0.rebuilt()),
                Self::V8(f0) => Self::V8(f0.rebuilt()),
                Self::V9(f0) => Self::V9(f0.rebuilt()),
                Self::V10(f0) => Self::V10(f0.rebuilt()),
                Self::V11(f0) => Self::V11(f0.rebuilt()),
                Self::V12(f0) => Self::V12(f0.rebuilt()),
                Self::V13(f0) => Self::V13(f0.rebuilt()),
                Self::V14(f0) => Self::V14(f0.rebuilt()),
                Self::V15(f0) => Self::V15(f0.rebuilt()),
                Self::V16(f0) => Self::V16(f0.rebuilt()),
                Self::V17(f0) => Self::V17(f0.rebuilt()),
                Self::V18(f0) => Self::V18(f0.rebuilt()),
                Self::V19(f0) => Self::V19(f0.rebuilt()),
                Self::V20(f0) => Self::V20(f0.rebuilt()),
                Self::V21(f0) => Self::V21(f0.rebuilt()),
                Self::V22(f0) => Self::V22(f0.rebuilt()),
                Self::V23(f0) => Self::V23(f0.rebuilt()),
                Self::V24(f0) => Self::V24(f0.rebuilt()),
                Self::V25(f0) => Self::V25(f0.rebuilt()),
                Self::V26(f0) => Self::V26(f0.rebuilt()),
                Self::V27(f0) => Self::V27(f0.rebuilt()),
                Self::V28(f0) => Self::V28(f0.rebuilt()),
                Self::V29(f0, f1) => Self::V29(f0.rebuilt(), f1.rebuilt()),
                Self::V30(f0) => Self::V30(f0.rebuilt()),
                Self::V31(f0, f1) => Self::V31(f0.rebuilt(), f1.rebuilt()),
                Self::V32(f0) => Self::V32(f0.rebuilt()),
                Self::V33(f0, f1) => Self::V33(f0.rebuilt(), f1.rebuilt()),
            }
        }

        fn change(&mut self, choices: &mut Choices) {
            if choices.once_in(4) {
                *self = Self::random(choices);
                return;
            }
            match self {
                Self::V0(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::V1(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::V2(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::V3(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::V4(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::V5(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::V6(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::V7(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::V8(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::V9(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::V10(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::V11(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::V12(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::V13(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::V14(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::V15(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::V16(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::V17(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::V18(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::V19(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::V20(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::V21(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::V22(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::V23(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::V24(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::V25(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::V26(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::V27(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::V28(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::V29(f0, f1) => match choices.below(2) {
                    0 => f0.change(choices),
                    1 => f1.change(choices),
                    _ => {}
                },
                Self::V30(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::V31(f0, f1) => match choices.below(2) {
                    0 => f0.change(choices),
                    1 => f1.change(choices),
                    _ => {}
                },
                Self::V32(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::V33(f0, f1) => match choices.below(2) {
                    0 => f0.change(choices),
                    1 => f1.change(choices),
                    _ => {}
                },
            }
        }

        fn mark_inside(&self, marks: &mut Marks) {
            match self {
                Self::V0(f0) => {
                    f0.mark_inside(marks);
                }
                Self::V1(f0) => {
                    f0.mark_inside(marks);
                }
                Self::V2(f0) => {
                    f0.mark_inside(marks);
                }
                Self::V3(f0) => {
                    f0.mark_inside(marks);
                }
                Self::V4(f0) => {
                    f0.mark_inside(marks);
                }
                Self::V5(f0) => {
                    f0.mark_inside(marks);
                }
                Self::V6(f0) => {
                    f0.mark_inside(marks);
                }
                Self::V7(f0) => {
                    f0.mark_inside(marks);
                }
                Self::V8(f0) => {
                    f0.mark_inside(marks);
                }
                Self::V9(f0) => {
                    f0.mark_inside(marks);
                }
                Self::V10(f0) => {
                    f0.mark_inside(marks);
                }
                Self::V11(f0) => {
                    f0.mark_inside(marks);
                }
                Self::V12(f0) => {
                    f0.mark_inside(marks);
                }
                Self::V13(f0) => {
                    f0.mark_inside(marks);
                }
                Self::V14(f0) => {
                    f0.mark_inside(marks);
                }
                Self::V15(f0) => {
                    f0.mark_inside(marks);
                }
                Self::V16(f0) => {
                    f0.mark_inside(marks);
                }
                Self::V17(f0) => {
                    f0.mark_inside(marks);
                }
                Self::V18(f0) => {
                    f0.mark_inside(marks);
                }
                Self::V19(f0) => {
                    f0.mark_inside(marks);
                }
                Self::V20(f0) => {
                    f0.mark_inside(marks);
                }
                Self::V21(f0) => {
                    f0.mark_inside(marks);
                }
                Self::V22(f0) => {
                    f0.mark_inside(marks);
                }
                Self::V23(f0) => {
                    f0.mark_inside(marks);
                }
                Self::V24(f0) => {
                    f0.mark_inside(marks);
                }
                Self::V25(f0) => {
                    f0.mark_inside(marks);
                }
                Self::V26(f0) => {
                    f0.mark_inside(marks);
                }
                Self::V27(f0) => {
                    f0.mark_inside(marks);
                }
                Self::V28(f0) => {
                    f0.mark_inside(marks);
                }
                Self::V29(f0, f1) => {
                    f0.mark(marks);
                    f1.mark(marks);
                }
                Self::V30(f0) => {
                    f0.mark_inside(marks);
                }
                Self::V31(f0, f1) => {
                    f0.mark(marks);
                    f1.mark(marks);
                }
                Self::V32(f0) => {
                    f0.mark_inside(marks);
                }
                Self::V33(f0, f1) => {
                    f0.mark(marks);
                    f1.mark(marks);
                }
            }
        }
    }

    impl Tested for T2 {
        const NAME: &'static str = "T2";
        const HIDES_ORDER: bool = true;
        const IS_LOSSY: bool = true;
    }

    impl Value for T3 {
        fn random(choices: &mut Choices) -> Self {
            match choices.below(1) {
                _ => Self::A,
            }
        }

        fn rebuilt(&self) -> Self {
            match self {
                Self::A => Self::A,
            }
        }

        fn change(&mut self, choices: &mut Choices) {
            match self {
                Self::A => {}
            }
        }

        fn mark_inside(&self, marks: &mut Marks) {
            match self {
                Self::A => {}
            }
        }
    }

    impl Tested for T3 {
        const NAME: &'static str = "T3";
        const HIDES_ORDER: bool = false;
        const IS_LOSSY: bool = true;
    }

    impl Value for T4 {
        fn random(choices: &mut Choices) -> Self {
            match choices.below(4) {
                0 => Self::A(Value::random(choices)),
                1 => Self::B {
                    a: Value::random(choices),
                    b: Value::random(choices),
                    r#type: Value::random(choices),
                },
                2 => {
                    Self::C(Value::random(choices), Value::random(choices), Value::random(choices))
                }
                _ => Self::Bare(Value::random(choices)),
            }
        }

        fn rebuilt(&self) -> Self {
            match self {
                Self::A(f0) => Self::A(f0.rebuilt()),
                Self::B { a: f0, b: f1, r#type: f2 } => {
                    Self::B { a: f0.rebuilt(), b: f1.rebuilt(), r#type: f2.rebuilt() }
                }
                Self::C(f0, f1, f2) => Self::C(f0.rebuilt(), f1.rebuilt(), f2.rebuilt()),
                Self::Bare(f0) => Self::Bare(f0.rebuilt()),
            }
        }

        fn change(&mut self, choices: &mut Choices) {
            if choices.once_in(4) {
                *self = Self::random(choices);
                return;
            }
            match self {
                Self::A(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::B { a: f0, b: f1, r#type: f2 } => match choices.below(3) {
                    0 => f0.change(choices),
                    1 => f1.change(choices),
                    2 => f2.change(choices),
                    _ => {}
                },
                Self::C(f0, f1, f2) => match choices.below(3) {
                    0 => f0.change(choices),
                    1 => f1.change(choices),
                    2 => f2.change(choices),
                    _ => {}
                },
                Self::Bare(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
            }
        }

        fn mark_inside(&self, marks: &mut Marks) {
            match self {
                Self::A(f0) => {
                    f0.mark(marks);
                }
                Self::B { a: f0, b: f1, r#type: f2 } => {
                    f0.mark(marks);
                    f1.mark(marks);
                    f2.mark(marks);
                }
                Self::C(f0, f1, f2) => {
                    f0.mark(marks);
                    f1.mark(marks);
                    f2.mark(marks);
                }
                Self::Bare(f0) => {
                    f0.mark_inside(marks);
                }
            }
        }
    }

    impl Tested for T4 {
        const NAME: &'static str = "T4";
        const HIDES_ORDER: bool = true;
        const IS_LOSSY: bool = true;
    }

    impl Value for T5 {
        fn random(choices: &mut Choices) -> Self {
            match choices.below(1) {
                _ => Self::A,
            }
        }

        fn rebuilt(&self) -> Self {
            match self {
                Self::A => Self::A,
            }
        }

        fn change(&mut self, choices: &mut Choices) {
            match self {
                Self::A => {}
            }
        }

        fn mark_inside(&self, marks: &mut Marks) {
            match self {
                Self::A => {}
            }
        }
    }

    impl Tested for T5 {
        const NAME: &'static str = "T5";
        const HIDES_ORDER: bool = false;
        const IS_LOSSY: bool = false;
    }

    impl Value for T6 {
        fn random(choices: &mut Choices) -> Self {
            match choices.below(5) {
                0 => Self::A,
                1 => Self::B,
                2 => Self::C,
                3 => Self::One(Value::random(choices)),
                _ => Self::TwoWords,
            }
        }

        fn rebuilt(&self) -> Self {
            match self {
                Self::A => Self::A,
                Self::B => Self::B,
                Self::C => Self::C,
                Self::One(f0) => Self::One(f0.rebuilt()),
                Self::TwoWords => Self::TwoWords,
            }
        }

        fn change(&mut self, choices: &mut Choices) {
            if choices.once_in(4) {
                *self = Self::random(choices);
                return;
            }
            match self {
                Self::A => {}
                Self::B => {}
                Self::C => {}
                Self::One(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::TwoWords => {}
            }
        }

        fn mark_inside(&self, marks: &mut Marks) {
            match self {
                Self::A => {}
                Self::B => {}
                Self::C => {}
                Self::One(f0) => {
                    f0.mark(marks);
                }
                Self::TwoWords => {}
            }
        }
    }

    impl Tested for T6 {
        const NAME: &'static str = "T6";
        const HIDES_ORDER: bool = false;
        const IS_LOSSY: bool = false;
    }

    impl Value for T7 {
        fn random(choices: &mut Choices) -> Self {
            match choices.below(1) {
                _ => Self {
                    a: Value::random(choices),
                    b: Value::random(choices),
                    r#type: Value::random(choices),
                    first_name: Value::random(choices),
                    more: Value::random(choices),
                },
            }
        }

        fn rebuilt(&self) -> Self {
            match self {
                Self { a: f0, b: f1, r#type: f2, first_name: f3, more: f4 } => Self {
                    a: f0.rebuilt(),
                    b: f1.rebuilt(),
                    r#type: f2.rebuilt(),
                    first_name: f3.rebuilt(),
                    more: f4.rebuilt(),
                },
            }
        }

        fn change(&mut self, choices: &mut Choices) {
            match self {
                Self { a: f0, b: f1, r#type: f2, first_name: f3, more: f4 } => {
                    match choices.below(5) {
                        0 => f0.change(choices),
                        1 => f1.change(choices),
                        2 => f2.change(choices),
                        3 => f3.change(choices),
                        4 => f4.change(choices),
                        _ => {}
                    }
                }
            }
        }

        fn mark_inside(&self, marks: &mut Marks) {
            match self {
                Self { a: f0, b: f1, r#type: f2, first_name: f3, more: f4 } => {
                    f0.mark(marks);
                    f1.mark(marks);
                    f2.mark(marks);
                    f3.mark(marks);
                    f4.mark_inside(marks);
                }
            }
        }
    }

    impl Tested for T7 {
        const NAME: &'static str = "T7";
        const HIDES_ORDER: bool = true;
        const IS_LOSSY: bool = true;
    }

    impl Value for T8 {
        fn random(choices: &mut Choices) -> Self {
            match choices.below(1) {
                _ => Self(Value::random(choices), Value::random(choices), Value::random(choices)),
            }
        }

        fn rebuilt(&self) -> Self {
            match self {
                Self(f0, f1, f2) => Self(f0.rebuilt(), f1.rebuilt(), f2.rebuilt()),
            }
        }

        fn change(&mut self, choices: &mut Choices) {
            match self {
                Self(f0, f1, f2) => match choices.below(3) {
                    0 => f0.change(choices),
                    1 => f1.change(choices),
                    2 => f2.change(choices),
                    _ => {}
                },
            }
        }

        fn mark_inside(&self, marks: &mut Marks) {
            match self {
                Self(f0, f1, f2) => {
                    f0.mark(marks);
                    f1.mark(marks);
                    f2.mark(marks);
                }
            }
        }
    }

    impl Tested for T8 {
        const NAME: &'static str = "T8";
        const HIDES_ORDER: bool = false;
        const IS_LOSSY: bool = false;
    }

    impl Value for T9 {
        fn random(choices: &mut Choices) -> Self {
            match choices.below(5) {
                0 => Self::A {
                    a: Value::random(choices),
                    b: Value::random(choices),
                    r#type: Value::random(choices),
                },
                1 => Self::B,
                2 => Self::C,
                3 => Self::One(Value::random(choices)),
                _ => Self::TwoWords { a: Value::random(choices), b: Value::random(choices) },
            }
        }

        fn rebuilt(&self) -> Self {
            match self {
                Self::A { a: f0, b: f1, r#type: f2 } => {
                    Self::A { a: f0.rebuilt(), b: f1.rebuilt(), r#type: f2.rebuilt() }
                }
                Self::B => Self::B,
                Self::C => Self::C,
                Self::One(f0) => Self::One(f0.rebuilt()),
                Self::TwoWords { a: f0, b: f1 } => {
                    Self::TwoWords { a: f0.rebuilt(), b: f1.rebuilt() }
                }
            }
        }

        fn change(&mut self, choices: &mut Choices) {
            if choices.once_in(4) {
                *self = Self::random(choices);
                return;
            }
            match self {
                Self::A { a: f0, b: f1, r#type: f2 } => match choices.below(3) {
                    0 => f0.change(choices),
                    1 => f1.change(choices),
                    2 => f2.change(choices),
                    _ => {}
                },
                Self::B => {}
                Self::C => {}
                Self::One(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::TwoWords { a: f0, b: f1 } => match choices.below(2) {
                    0 => f0.change(choices),
                    1 => f1.change(choices),
                    _ => {}
                },
            }
        }

        fn mark_inside(&self, marks: &mut Marks) {
            match self {
                Self::A { a: f0, b: f1, r#type: f2 } => {
                    f0.mark(marks);
                    f1.mark(marks);
                    f2.mark(marks);
                }
                Self::B => {}
                Self::C => {}
                Self::One(f0) => {
                    f0.mark(marks);
                }
                Self::TwoWords { a: f0, b: f1 } => {
                    f0.mark(marks);
                    f1.mark(marks);
                }
            }
        }
    }

    impl Tested for T9 {
        const NAME: &'static str = "T9";
        const HIDES_ORDER: bool = false;
        const IS_LOSSY: bool = false;
    }

    impl Value for T10 {
        fn random(choices: &mut Choices) -> Self {
            match choices.below(1) {
                _ => Self(Value::random(choices), Value::random(choices), Value::random(choices)),
            }
        }

        fn rebuilt(&self) -> Self {
            match self {
                Self(f0, f1, f2) => Self(f0.rebuilt(), f1.rebuilt(), f2.rebuilt()),
            }
        }

        fn change(&mut self, choices: &mut Choices) {
            match self {
                Self(f0, f1, f2) => match choices.below(3) {
                    0 => f0.change(choices),
                    1 => f1.change(choices),
                    2 => f2.change(choices),
                    _ => {}
                },
            }
        }

        fn mark_inside(&self, marks: &mut Marks) {
            match self {
                Self(f0, f1, f2) => {
                    f0.mark(marks);
                    f1.mark(marks);
                    f2.mark(marks);
                }
            }
        }
    }

    impl Tested for T10 {
        const NAME: &'static str = "T10";
        const HIDES_ORDER: bool = false;
        const IS_LOSSY: bool = false;
    }

    impl Value for T11 {
        fn random(choices: &mut Choices) -> Self {
            match choices.below(2) {
                0 => Self::A { a: Value::random(choices) },
                _ => Self::Other,
            }
        }

        fn rebuilt(&self) -> Self {
            match self {
                Self::A { a: f0 } => Self::A { a: f0.rebuilt() },
                Self::Other => Self::Other,
            }
        }

        fn change(&mut self, choices: &mut Choices) {
            if choices.once_in(4) {
                *self = Self::random(choices);
                return;
            }
            match self {
                Self::A { a: f0 } => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::Other => {}
            }
        }

        fn mark_inside(&self, marks: &mut Marks) {
            match self {
                Self::A { a: f0 } => {
                    f0.mark(marks);
                }
                Self::Other => {}
            }
        }
    }

    impl Tested for T11 {
        const NAME: &'static str = "T11";
        const HIDES_ORDER: bool = false;
        const IS_LOSSY: bool = true;
    }

    impl Value for T12 {
        fn random(choices: &mut Choices) -> Self {
            match choices.below(1) {
                _ => Self { a: Value::random(choices) },
            }
        }

        fn rebuilt(&self) -> Self {
            match self {
                Self { a: f0 } => Self { a: f0.rebuilt() },
            }
        }

        fn change(&mut self, choices: &mut Choices) {
            match self {
                Self { a: f0 } => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
            }
        }

        fn mark_inside(&self, marks: &mut Marks) {
            match self {
                Self { a: f0 } => {
                    f0.mark_inside(marks);
                }
            }
        }
    }

    impl Tested for T12 {
        const NAME: &'static str = "T12";
        const HIDES_ORDER: bool = true;
        const IS_LOSSY: bool = false;
    }

    impl Value for T13 {
        fn random(choices: &mut Choices) -> Self {
            match choices.below(4) {
                0 => {
                    Self::A(Value::random(choices), Value::random(choices), Value::random(choices))
                }
                1 => Self::B,
                2 => Self::C(Value::random(choices)),
                _ => Self::One,
            }
        }

        fn rebuilt(&self) -> Self {
            match self {
                Self::A(f0, f1, f2) => Self::A(f0.rebuilt(), f1.rebuilt(), f2.rebuilt()),
                Self::B => Self::B,
                Self::C(f0) => Self::C(f0.rebuilt()),
                Self::One => Self::One,
            }
        }

        fn change(&mut self, choices: &mut Choices) {
            if choices.once_in(4) {
                *self = Self::random(choices);
                return;
            }
            match self {
                Self::A(f0, f1, f2) => match choices.below(3) {
                    0 => f0.change(choices),
                    1 => f1.change(choices),
                    2 => f2.change(choices),
                    _ => {}
                },
                Self::B => {}
                Self::C(f0) => match choices.below(1) {
                    0 => f0.change(choices),
                    _ => {}
                },
                Self::One => {}
            }
        }

        fn mark_inside(&self, marks: &mut Marks) {
            match self {
                Self::A(f0, f1, f2) => {
                    f0.mark(marks);
                    f1.mark(marks);
                    f2.mark(marks);
                }
                Self::B => {}
                Self::C(f0) => {
                    f0.mark(marks);
                }
                Self::One => {}
            }
        }
    }

    impl Tested for T13 {
        const NAME: &'static str = "T13";
        const HIDES_ORDER: bool = false;
        const IS_LOSSY: bool = false;
    }
}

/// The same types once more.
pub mod twin {
    use cache_runtime::{Shape, cached};
    use serde::{Deserialize, Serialize};
    use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
    use std::sync::Arc;

    #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Shape)]
    pub struct T0(pub u8);

    #[cached(id = "fuzz.t0", shape)]
    pub async fn t0() -> Option<T0> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Shape)]
    pub struct T1(pub Vec<Vec<Vec<()>>>);

    #[cached(id = "fuzz.t1", shape)]
    pub async fn t1() -> Option<T1> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Shape)]
    #[serde(untagged)]
    pub enum T2 {
        V0(u8),
        V1(u16),
        V2(u32),
        V3(u64),
        V4(u128),
        V5(usize),
        V6(i8),
        V7(i16),
        V8(i32),
        V9(i64),
        V10(i128),
        V11(isize),
        V12(f32),
        V13(f64),
        V14(bool),
        V15(char),
        V16(String),
        V17(()),
        V18(T0),
        V19(Option<u8>),
        V20(Option<Option<u8>>),
        V21(Option<Option<()>>),
        V22(Vec<u8>),
        V23(Vec<Vec<u8>>),
        V24(Vec<Vec<Vec<()>>>),
        V25((u8, u8)),
        V26((Vec<u8>, Vec<u8>)),
        V27(BTreeSet<u8>),
        V28(HashMap<String, Option<u8>>),
        V29((), Vec<bool>),
        V30(T0),
        V31(Vec<Option<u64>>, char),
        V32(BTreeMap<u32, T1>),
        V33(HashMap<char, T1>, T0),
    }

    #[cached(id = "fuzz.t2", shape)]
    pub async fn t2() -> Option<T2> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Shape)]
    #[serde(untagged)]
    pub enum T3 {
        A,
    }

    #[cached(id = "fuzz.t3", shape)]
    pub async fn t3() -> Option<T3> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Shape)]
    pub enum T4 {
        A(i8),
        B {
            a: i64,
            b: (T1, BTreeMap<T1, i32>),
            r#type: (char, T0),
        },
        C(isize, HashMap<u64, i32>, Vec<T2>),
        #[serde(untagged)]
        Bare(String),
    }

    #[cached(id = "fuzz.t4", shape)]
    pub async fn t4() -> Option<T4> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Shape)]
    pub enum T5 {
        A,
    }

    #[cached(id = "fuzz.t5", shape)]
    pub async fn t5() -> Option<T5> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Shape)]
    pub enum T6 {
        A,
        B,
        C,
        One(T1),
        TwoWords,
    }

    #[cached(id = "fuzz.t6", shape)]
    pub async fn t6() -> Option<T6> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Shape)]
    pub struct T7 {
        #[serde(rename = "")]
        pub a: HashSet<String>,
        pub b: HashMap<Option<u128>, Option<u8>>,
        pub r#type: T2,
        #[serde(alias = "alias")]
        pub first_name: (usize, Option<Option<String>>),
        #[serde(flatten)]
        pub more: BTreeMap<String, T6>,
    }

    #[cached(id = "fuzz.t7", shape)]
    pub async fn t7() -> Option<T7> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Shape)]
    pub struct T8(pub u64, pub u64, pub Option<i128>);

    #[cached(id = "fuzz.t8", shape)]
    pub async fn t8() -> Option<T8> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Shape)]
    pub enum T9 {
        A { a: i16, b: T0, r#type: u16 },
        B,
        C,
        One(Option<i64>),
        TwoWords { a: BTreeSet<u16>, b: u8 },
    }

    #[cached(id = "fuzz.t9", shape)]
    pub async fn t9() -> Option<T9> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Shape)]
    pub struct T10(pub u16, pub usize, pub String);

    #[cached(id = "fuzz.t10", shape)]
    pub async fn t10() -> Option<T10> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Shape)]
    #[serde(tag = "kind")]
    pub enum T11 {
        A {
            a: Option<Option<String>>,
        },
        #[serde(other)]
        Other,
    }

    #[cached(id = "fuzz.t11", shape)]
    pub async fn t11() -> Option<T11> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Shape)]
    #[serde(transparent)]
    pub struct T12 {
        pub a: HashMap<Vec<isize>, Arc<u64>>,
    }

    #[cached(id = "fuzz.t12", shape)]
    pub async fn t12() -> Option<T12> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Shape)]
    pub enum T13 {
        A(HashMap<usize, Option<u128>>, BTreeMap<String, Option<i16>>, u32),
        B,
        C(u8),
        One,
    }

    #[cached(id = "fuzz.t13", shape)]
    pub async fn t13() -> Option<T13> {
        None
    }
}

/// The types of a later version: some have changed.
pub mod next {
    use cache_runtime::{Shape, cached};
    use serde::{Deserialize, Serialize};
    use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
    use std::sync::Arc;

    #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Shape)]
    pub struct T0(pub u8);

    #[cached(id = "fuzz.t0", shape)]
    pub async fn t0() -> Option<T0> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Shape)]
    pub struct T1(pub u8, pub Vec<Vec<Vec<()>>>);

    #[cached(id = "fuzz.t1", shape)]
    pub async fn t1() -> Option<T1> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Shape)]
    #[serde(untagged)]
    pub enum T2 {
        V0(u8),
        V1(u16),
        V2(u32),
        V3(u64),
        V4(u128),
        V5(usize),
        V6(i8),
        V7(i16),
        V8(i32),
        V9(i64),
        V10(i128),
        V11(isize),
        V12(f32),
        V13(f64),
        V14(bool),
        V15(char),
        V16(String),
        V17(()),
        V18(T0),
        V19(Option<u8>),
        V20(Option<Option<u8>>),
        V21(Option<Option<()>>),
        V22(Vec<u8>),
        V23(Vec<Vec<u8>>),
        V24(Vec<Vec<Vec<()>>>),
        V25((u8, u8)),
        V26((Vec<u8>, Vec<u8>)),
        V27(BTreeSet<u8>),
        V28(HashMap<String, Option<u8>>),
        V29((), Vec<bool>),
        V30(T0),
        V31(Vec<Option<u64>>, char),
        V32(BTreeMap<u32, T1>),
        V33(HashMap<char, T1>, T0),
    }

    #[cached(id = "fuzz.t2", shape)]
    pub async fn t2() -> Option<T2> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Shape)]
    #[serde(untagged)]
    pub enum T3 {
        Renamed,
    }

    #[cached(id = "fuzz.t3", shape)]
    pub async fn t3() -> Option<T3> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Shape)]
    pub enum T4 {
        A(i8),
        C(isize, HashMap<u64, i32>, Vec<T2>),
        #[serde(untagged)]
        Bare(String),
    }

    #[cached(id = "fuzz.t4", shape)]
    pub async fn t4() -> Option<T4> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Shape)]
    pub enum T5 {
        A,
    }

    #[cached(id = "fuzz.t5", shape)]
    pub async fn t5() -> Option<T5> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Shape)]
    pub enum T6 {
        #[serde(rename = "renamed")]
        A,
        B,
        C,
        One(T1),
        TwoWords,
    }

    #[cached(id = "fuzz.t6", shape)]
    pub async fn t6() -> Option<T6> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Shape)]
    pub struct T7 {
        #[serde(rename = "")]
        pub a: HashSet<String>,
        pub b: HashMap<Option<u128>, Option<u8>>,
        pub r#type: T2,
        #[serde(alias = "alias")]
        pub first_name: (usize, Option<Option<String>>),
        #[serde(flatten)]
        pub more: BTreeMap<String, T6>,
    }

    #[cached(id = "fuzz.t7", shape)]
    pub async fn t7() -> Option<T7> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Shape)]
    pub struct T8(pub Vec<u64>, pub u64, pub Option<i128>);

    #[cached(id = "fuzz.t8", shape)]
    pub async fn t8() -> Option<T8> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Shape)]
    pub enum T9 {
        Added,
        A { a: i16, b: T0, r#type: u16 },
        B,
        C,
        One(Option<i64>),
        TwoWords { a: BTreeSet<u16>, b: u8 },
    }

    #[cached(id = "fuzz.t9", shape)]
    pub async fn t9() -> Option<T9> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Shape)]
    pub struct T10(pub usize, pub String);

    #[cached(id = "fuzz.t10", shape)]
    pub async fn t10() -> Option<T10> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Shape)]
    #[serde(tag = "kind")]
    pub enum T11 {
        Renamed {
            a: Option<Option<String>>,
        },
        #[serde(other)]
        Other,
    }

    #[cached(id = "fuzz.t11", shape)]
    pub async fn t11() -> Option<T11> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Shape)]
    #[serde(transparent)]
    pub struct T12 {
        pub a: HashMap<Vec<isize>, Arc<u64>>,
    }

    #[cached(id = "fuzz.t12", shape)]
    pub async fn t12() -> Option<T12> {
        None
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Shape)]
    pub enum T13 {
        #[serde(rename = "renamed")]
        A(HashMap<usize, Option<u128>>, BTreeMap<String, Option<i16>>, u32),
        B,
        C(u8),
        One,
    }

    #[cached(id = "fuzz.t13", shape)]
    pub async fn t13() -> Option<T13> {
        None
    }
}

/// What is tested.
pub fn suite() -> Suite {
    let mut suite = Suite::of(include_str!("generated.rs"));
    suite.test::<now::T0>();
    suite.test::<now::T1>();
    suite.test::<now::T2>();
    suite.test::<now::T3>();
    suite.test::<now::T4>();
    suite.test::<now::T5>();
    suite.test::<now::T6>();
    suite.test::<now::T7>();
    suite.test::<now::T8>();
    suite.test::<now::T9>();
    suite.test::<now::T10>();
    suite.test::<now::T11>();
    suite.test::<now::T12>();
    suite.test::<now::T13>();

    suite.shape(
        "T0",
        (<now::T0 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(now::t0())),
        (<twin::T0 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(twin::t0())),
        (<next::T0 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(next::t0())),
        false,
    );
    suite.shape(
        "T1",
        (<now::T1 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(now::t1())),
        (<twin::T1 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(twin::t1())),
        (<next::T1 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(next::t1())),
        true,
    );
    suite.shape(
        "T2",
        (<now::T2 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(now::t2())),
        (<twin::T2 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(twin::t2())),
        (<next::T2 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(next::t2())),
        true,
    );
    suite.shape(
        "T3",
        (<now::T3 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(now::t3())),
        (<twin::T3 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(twin::t3())),
        (<next::T3 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(next::t3())),
        true,
    );
    suite.shape(
        "T4",
        (<now::T4 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(now::t4())),
        (<twin::T4 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(twin::t4())),
        (<next::T4 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(next::t4())),
        true,
    );
    suite.shape(
        "T5",
        (<now::T5 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(now::t5())),
        (<twin::T5 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(twin::t5())),
        (<next::T5 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(next::t5())),
        false,
    );
    suite.shape(
        "T6",
        (<now::T6 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(now::t6())),
        (<twin::T6 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(twin::t6())),
        (<next::T6 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(next::t6())),
        true,
    );
    suite.shape(
        "T7",
        (<now::T7 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(now::t7())),
        (<twin::T7 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(twin::t7())),
        (<next::T7 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(next::t7())),
        true,
    );
    suite.shape(
        "T8",
        (<now::T8 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(now::t8())),
        (<twin::T8 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(twin::t8())),
        (<next::T8 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(next::t8())),
        true,
    );
    suite.shape(
        "T9",
        (<now::T9 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(now::t9())),
        (<twin::T9 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(twin::t9())),
        (<next::T9 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(next::t9())),
        true,
    );
    suite.shape(
        "T10",
        (<now::T10 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(now::t10())),
        (<twin::T10 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(twin::t10())),
        (<next::T10 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(next::t10())),
        true,
    );
    suite.shape(
        "T11",
        (<now::T11 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(now::t11())),
        (<twin::T11 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(twin::t11())),
        (<next::T11 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(next::t11())),
        true,
    );
    suite.shape(
        "T12",
        (<now::T12 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(now::t12())),
        (<twin::T12 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(twin::t12())),
        (<next::T12 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(next::t12())),
        false,
    );
    suite.shape(
        "T13",
        (<now::T13 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(now::t13())),
        (<twin::T13 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(twin::t13())),
        (<next::T13 as cache_runtime::Shape>::SHAPE, cache_runtime::key!(next::t13())),
        true,
    );

    suite
}
