//! Two ways for a type to have a trait, of which one is never taken: rustc then names the trait that is missing, and not what a blanket
//! implementation of it asks for.

/// How a value or argument is known to be usable: through serde.
///
/// A second, uninhabited way keeps rustc from looking through the blanket impl, so that it reports our traits, with
/// our notes, and not the first missing bound behind them.
#[derive(Debug)]
pub enum ViaSerde {}

/// The way that no type takes.
#[derive(Debug)]
pub enum ViaNothing {}

/// Implemented by no type.
pub trait Never {}
