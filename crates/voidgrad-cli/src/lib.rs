//! The commands of the program `voidgrad`, for it and for `cargo xtask` in the repository.
//!
//! [`run`] is the program: it reads the command line, runs a command, and gives the exit code. A [`Program`] has a name, commands of its own, and what it does when it is
//! asked for something that it was built without.

#![cfg_attr(
    not(feature = "models"),
    allow(dead_code, unused_imports, reason = "some functions and imports are for the models alone")
)]

mod choice;
mod cli;
mod compare;
mod costs;
mod evaluation;
#[cfg(feature = "logs")]
pub mod events;
#[cfg(feature = "expand")]
mod expand;
mod folder;
mod page;
mod preparation;
mod problems;
mod program;
pub mod project;
mod seed;
#[cfg(feature = "shell")]
pub mod shell;
mod statistics;
mod trained;
mod training;
mod variables;
mod variance;

pub use program::{Missing, Other, Program, Run, run};
