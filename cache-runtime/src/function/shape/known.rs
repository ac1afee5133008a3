//! Gives the shapes of the types that serde knows.

use super::{Outline, Shape};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::ffi::{CStr, CString, OsStr, OsString};
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::num::{
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize, NonZeroU8,
    NonZeroU16, NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize, Saturating, Wrapping,
};
use std::ops::{Bound, Range, RangeFrom, RangeInclusive, RangeTo};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, Mutex, RwLock, atomic};
use std::time::{Duration, SystemTime};

macro_rules! plain {
    ($($type:ty: $name:literal),* $(,)?) => {$(
        impl Shape for $type {
            const SHAPE: u64 = Outline::of($name).finish();
        }
    )*};
}

plain! {
    (): "unit", bool: "bool", char: "char", str: "str", String: "str",
    i8: "i8", i16: "i16", i32: "i32", i64: "i64", i128: "i128", isize: "i64",
    u8: "u8", u16: "u16", u32: "u32", u64: "u64", u128: "u128", usize: "u64",
    f32: "f32", f64: "f64",
    NonZeroI8: "i8 but 0", NonZeroI16: "i16 but 0", NonZeroI32: "i32 but 0", NonZeroI64: "i64 but 0",
    NonZeroI128: "i128 but 0", NonZeroIsize: "i64 but 0",
    NonZeroU8: "u8 but 0", NonZeroU16: "u16 but 0", NonZeroU32: "u32 but 0", NonZeroU64: "u64 but 0",
    NonZeroU128: "u128 but 0", NonZeroUsize: "u64 but 0",
    Duration: "duration", SystemTime: "system time",
    IpAddr: "address", Ipv4Addr: "address 4", Ipv6Addr: "address 6",
    SocketAddr: "socket address", SocketAddrV4: "socket address 4", SocketAddrV6: "socket address 6",
    PathBuf: "path", Path: "path", OsString: "os string", OsStr: "os string", CString: "c string", CStr: "c string",
    bytes::Bytes: "bytes", bytes::BytesMut: "bytes",
    serde_json::Value: "json", serde_json::Number: "json number", serde_json::Map<String, serde_json::Value>: "json object",
}

macro_rules! atomic {
    ($($width:literal: $($type:ident as $name:literal),*;)*) => {$($(
        #[cfg(target_has_atomic = $width)]
        impl Shape for atomic::$type {
            const SHAPE: u64 = Outline::of($name).finish();
        }
    )*)*};
}

atomic! {
    "8": AtomicBool as "bool", AtomicI8 as "i8", AtomicU8 as "u8";
    "16": AtomicI16 as "i16", AtomicU16 as "u16";
    "32": AtomicI32 as "i32", AtomicU32 as "u32";
    "64": AtomicI64 as "i64", AtomicU64 as "u64";
    "ptr": AtomicIsize as "i64", AtomicUsize as "u64";
}

macro_rules! around {
    ($($kind:literal: [$($param:ident),*] $type:ty),* $(,)?) => {$(
        impl<$($param: Shape),*> Shape for $type {
            const SHAPE: u64 = Outline::of($kind)$(.part::<$param>())*.finish();
        }
    )*};
}

around! {
    "option": [T] Option<T>, "result": [T, E] Result<T, E>, "bound": [T] Bound<T>,
    "range": [T] Range<T>, "range to the end": [T] RangeInclusive<T>, "range from": [T] RangeFrom<T>, "range to": [T] RangeTo<T>,
    "list": [T] [T], "list": [T] Vec<T>, "list": [T] VecDeque<T>, "list": [T] LinkedList<T>, "list": [T] BinaryHeap<T>,
    "set": [T] BTreeSet<T>, "map": [K, V] BTreeMap<K, V>,
}

/// Implements `Shape` for the tuple of the first types, and for all longer tuples.
macro_rules! tuples {
    ([$($param:ident)*]) => {
        around! { "tuple": [$($param),*] ($($param,)*) }
    };
    ([$($param:ident)*] $next:ident $($rest:ident)*) => {
        tuples! { [$($param)*] }
        tuples! { [$($param)* $next] $($rest)* }
    };
}

// serde implements its traits for tuples of up to 16 types.
tuples! { [A] B C D E F G H I J K L M N O P }

impl<T: Shape, S> Shape for HashSet<T, S> {
    const SHAPE: u64 = Outline::of("set").part::<T>().finish();
}

impl<K: Shape, V: Shape, S> Shape for HashMap<K, V, S> {
    const SHAPE: u64 = Outline::of("map").part::<K>().part::<V>().finish();
}

impl<T: Shape, const N: usize> Shape for [T; N] {
    // mutant: the length of an array is no part of its shape
    const SHAPE: u64 = Outline::of("array").part::<T>().number(N as i128).finish();
}

macro_rules! transparent {
    ($($type:ty),*) => {$(
        impl<T: Shape + ?Sized> Shape for $type {
            const SHAPE: u64 = T::SHAPE;
        }
    )*};
}

transparent!(Box<T>, Rc<T>, Arc<T>, &T, Cell<T>, RefCell<T>, Mutex<T>, RwLock<T>);

macro_rules! transparent_and_sized {
    ($($type:ty),*) => {$(
        impl<T: Shape> Shape for $type {
            const SHAPE: u64 = T::SHAPE;
        }
    )*};
}

transparent_and_sized!(Reverse<T>, Saturating<T>, Wrapping<T>);

impl<T: ?Sized> Shape for PhantomData<T> {
    const SHAPE: u64 = Outline::of("unit").finish();
}

impl<T: Shape + ToOwned + ?Sized> Shape for Cow<'_, T> {
    const SHAPE: u64 = T::SHAPE;
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! alike {
        ($($first:ty = $($other:ty),*;)*) => {$($(
            assert_eq!(<$first>::SHAPE, <$other>::SHAPE, stringify!($other));
        )*)*};
    }

    #[test]
    fn how_a_value_is_held_is_no_part_of_its_shape() {
        alike! {
            u8 = Cell<u8>, RefCell<u8>, Mutex<u8>, RwLock<u8>, Wrapping<u8>, Saturating<u8>, Reverse<u8>, atomic::AtomicU8;
            bool = atomic::AtomicBool;
            i64 = isize, atomic::AtomicI64, atomic::AtomicIsize;
            NonZeroUsize = NonZeroU64;
            String = Box<str>, Arc<str>, Cow<'_, str>;
            Vec<u8> = Box<[u8]>, Rc<[u8]>, Cow<'_, [u8]>, VecDeque<u8>, Box<RefCell<[u8]>>;
            PathBuf = Box<Path>;
            OsString = Box<OsStr>;
            CString = Box<CStr>;
            bytes::Bytes = bytes::BytesMut;
        }
    }

    #[test]
    fn what_is_read_otherwise_has_another_shape() {
        let shapes = [
            u8::SHAPE,
            i8::SHAPE,
            NonZeroU8::SHAPE,
            NonZeroU16::SHAPE,
            f32::SHAPE,
            f64::SHAPE,
            <Range<u8>>::SHAPE,
            <RangeInclusive<u8>>::SHAPE,
            <RangeFrom<u8>>::SHAPE,
            <RangeTo<u8>>::SHAPE,
            <Range<u16>>::SHAPE,
            <Bound<u8>>::SHAPE,
            <Bound<u16>>::SHAPE,
            <Vec<u8>>::SHAPE,
            <BTreeSet<u8>>::SHAPE,
            bytes::Bytes::SHAPE,
            CString::SHAPE,
            OsString::SHAPE,
            PathBuf::SHAPE,
            String::SHAPE,
            char::SHAPE,
            IpAddr::SHAPE,
            SocketAddr::SHAPE,
            SocketAddrV4::SHAPE,
            SocketAddrV6::SHAPE,
            serde_json::Value::SHAPE,
            serde_json::Number::SHAPE,
            <serde_json::Map<String, serde_json::Value>>::SHAPE,
            <(u8,)>::SHAPE,
            <(u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8)>::SHAPE,
            <(u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8)>::SHAPE,
        ];
        let different: BTreeSet<u64> = shapes.into_iter().collect();
        assert_eq!(different.len(), shapes.len());
    }
}
