//! Marks two ways for a type to have a trait, of which no type takes the second. With two ways,
//! rustc names the missing trait instead of the bounds of its blanket implementation.

/// The way through serde, by which a value or argument is known to be usable.
///
/// A second, uninhabited way keeps rustc from looking through the blanket impl. Errors then report
/// this crate's traits with their notes, and not the first missing bound behind them.
#[derive(Debug)]
pub enum ViaSerde {}

/// The way that no type takes.
#[derive(Debug)]
pub enum ViaNothing {}

/// A trait that no type implements.
pub trait Never {}
