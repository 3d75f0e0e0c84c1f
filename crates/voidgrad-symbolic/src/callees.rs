//! The bodies of other annotated functions, which stand for calls that take whole arrays.
//!
//! A macro sees the tokens of its own function alone. So each annotated function that takes an array is emitted with a macro
//! of its name, which hands its body on as text. The macro of a caller that meets such a call, and does not know the body yet,
//! expands to a call of that macro, with all that it needs to go on.

use quote::ToTokens;
use syn::Path;

use crate::graph::text::{Portable, read};

/// What is known of another function.
#[derive(Debug)]
pub enum Known {
    /// Its body.
    Body(Box<Portable>),
    /// It can't be a part of another function.
    Alone {
        /// Why: as a sentence without its subject, the function.
        reason: String,
        /// Whether its value is one number, so that a call may stay a call.
        is_number: bool,
    },
}

impl Known {
    /// What is known by the text of [`Known::text`] or of [`write`](crate::graph::text::write).
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let alone = |reason: &str, is_number| Self::Alone { reason: reason.to_owned(), is_number };
        if let Some(reason) = text.strip_prefix("a number: ") {
            return Some(alone(reason, true));
        }
        match text.strip_prefix("an array: ") {
            Some(reason) => Some(alone(reason, false)),
            None => read(text).map(|body| Self::Body(Box::new(body))),
        }
    }

    /// The text that says why a function is no part of another one.
    #[must_use]
    pub fn text(reason: &str, is_number: bool) -> String {
        format!("{}: {reason}", if is_number { "a number" } else { "an array" })
    }
}

/// The functions that are known, by the paths that the caller wrote, and what becomes of calls to them.
#[derive(Debug, Default)]
pub struct Callees {
    known: Vec<(String, Known)>,
    numbers: Numbers,
}

/// What becomes of calls whose value is one number. The others have to be inlined.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    /// They stay calls, so that the caller does not grow by the body.
    #[default]
    Called,
    /// They are inlined if the body is there, since a kernel can be made of it.
    InlinedIfPossible,
    /// They are inlined, since there is nothing but a kernel.
    Inlined,
}

impl Callees {
    /// No functions yet.
    #[must_use]
    pub fn new(numbers: Numbers) -> Self {
        Self { known: Vec::new(), numbers }
    }

    /// Whether a call of a known function stays a call.
    #[must_use]
    pub fn stays(&self, known: &Known) -> bool {
        let is_number = match known {
            Known::Alone { is_number, .. } => *is_number,
            Known::Body(body) => body.graph.shape(body.output).is_scalar(),
        };
        is_number
            && match self.numbers {
                Numbers::Called => true,
                Numbers::InlinedIfPossible => matches!(known, Known::Alone { .. }),
                Numbers::Inlined => false,
            }
    }

    /// Adds a function.
    pub fn add(&mut self, path: &Path, known: Known) {
        self.known.push((words(path), known));
    }

    /// What is known of the function with this path.
    #[must_use]
    pub fn find(&self, path: &Path) -> Option<&Known> {
        let words = words(path);
        self.known.iter().find(|(known, _)| *known == words).map(|(_, known)| known)
    }
}

fn words(path: &Path) -> String {
    path.to_token_stream().to_string()
}
