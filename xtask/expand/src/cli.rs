//! The command line.

use std::path::PathBuf;

use clap::Parser;
use xtask_kit::cli::WIDEST;

/// The generated code of the library's functions, and the formula of each derivative in LaTeX
#[derive(Debug, Parser)]
#[command(name = "cargo xtask expand", bin_name = "cargo xtask expand", max_term_width = WIDEST)]
pub(crate) struct Arguments {
    /// The function [default: all of them]
    pub(crate) name: Option<String>,
    /// A file of annotated functions of your own, instead of the library's
    #[arg(long, value_name = "FILE")]
    pub(crate) path: Option<PathBuf>,
}
