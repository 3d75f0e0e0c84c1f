//! The numbers of several lanes: true to the last bits or two, and equal to the scalar, for every instruction set that
//! the machine has.
//!
//! Apart from the suite, since the same mathematics for four instruction sets takes long to compile.

mod arrays;
mod functions;
mod moves;
mod quick;
mod ratios;
mod scalar;
mod truth;
mod ulps;
