//! Differentiation on the graph: reverse accumulation for gradients, forward mode for directions, and the two on
//! top of each other for second derivatives. And where no second derivative is left.

mod forward;
mod linear;
mod reverse;
mod simplify;

pub use forward::tangents;
pub use linear::linear;
pub use reverse::adjoints;
