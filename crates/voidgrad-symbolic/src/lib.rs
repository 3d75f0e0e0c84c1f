//! The symbolic engine of voidgrad: a Rust function in, its derivatives as Rust out.
#![warn(missing_docs)]
pub mod attribute;
pub mod calculus;
pub mod diagnostics;
pub mod emit;
pub mod expand;
pub mod graph;
pub mod latex;
pub mod parse;
pub mod primitives;
pub mod signature;
pub mod stable;
