//! Differentiation on the graph: reverse accumulation for gradients, forward mode for directions, and the two on
//! top of each other for second derivatives.

mod forward;
mod reverse;
mod simplify;

pub use forward::tangents;
pub use reverse::adjoints;
