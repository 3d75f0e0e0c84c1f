//! The symbolic engine of [voidgrad](https://docs.rs/voidgrad): a Rust function in, its derivatives as Rust out.
//!
//! The data flows one way:
//!
//! ```text
//! attribute + function   (syn)
//!   → signature           the parameters and their shapes
//!   → parse               the body as a graph, in stable forms
//!   → calculus            derivatives on the graph
//!   → emit                the graph as the body of a function
//!   → kernel              of a control: the stages that run over many samples side by side
//!   → expand              the functions as items
//! ```
//!
//! The engine knows no probability and nothing of the estimators that use it. [`expand`] holds the entry points;
//! [`primitives`] is the one table of functions that can be differentiated.
//!
//! ```
//! use quote::quote;
//! use voidgrad_symbolic::expand::differentiate;
//!
//! let function = quote!(fn square(x: f64) -> f64 { x * x });
//! let expansion = differentiate(quote!(wrt(x)), &function, &quote!(::voidgrad));
//! assert!(expansion.tokens.to_string().contains("fn d_x"));
//! ```

pub mod attribute;
pub mod calculus;
pub mod callees;
pub mod cost;
mod declaration;
pub mod depth;
pub mod diagnostics;
pub mod emit;
pub mod evaluate;
pub mod expand;
pub mod graph;
mod inert;
pub mod kernel;
pub mod latex;
pub mod parse;
pub mod primitives;
pub mod signature;
pub mod stable;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
