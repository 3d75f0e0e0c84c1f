//! What the tools of voidgrad share: the program `voidgrad`, and `cargo xtask` in its repository.
//!
//! - on the command line: [`cli`], [`error`], [`terminal`], [`number`]
//! - while it runs: [`work`], [`progress`], [`interrupt`]
//! - what it leaves behind: [`output`], [`chart`], [`bars`]

pub mod bars;
pub mod chart;
pub mod cli;
pub mod error;
pub mod interrupt;
pub mod number;
pub mod output;
pub mod progress;
pub mod terminal;
pub mod work;
