//! Constructs of Rust, one a row.

/// A construct: a piece of a program with random parts (`$s` a number, `$b` a condition, `$a` an array `[f64; 2]`, `$v` a
/// vector).
#[derive(Debug)]
pub(crate) struct Template {
    /// What it is called in reports.
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
    /// The numbers that a statement gives names to; of a signature, the parameter that is replaced.
    pub(crate) binds: &'static [&'static str],
}

const fn row(name: &'static str, text: &'static str, binds: &'static [&'static str]) -> Template {
    Template { name, text, binds }
}

mod expressions;
mod signatures;
mod statements;

pub(crate) use self::expressions::EXPRESSIONS;
pub(crate) use self::signatures::SIGNATURES;
pub(crate) use self::statements::STATEMENTS;

/// Rows that call a function for which there are no derivatives. The macro takes them, and the compiler refuses the
/// expansion, since only it knows.
pub(crate) const WITHOUT_DERIVATIVES: &[&str] =
    &["Default::default", "an operator by its trait", "a method by its whole path", "into"];
