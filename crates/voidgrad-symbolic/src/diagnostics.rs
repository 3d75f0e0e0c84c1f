//! All that is wrong with an annotated function, collected and reported at once.

use std::fmt::Display;

use quote::ToTokens;

/// The errors found so far. Each stands on the user's own tokens and says what to write instead.
///
/// Forgetting to look at it is a bug in the macro, so dropping one that was never asked panics.
#[derive(Debug, Default)]
pub struct Diagnostics {
    errors: Vec<syn::Error>,
    checked: bool,
}

impl Diagnostics {
    /// Reports `message` on `tokens`.
    pub fn error(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.errors.push(syn::Error::new_spanned(tokens, message));
    }

    /// Reports an error that was made elsewhere.
    pub fn push(&mut self, error: syn::Error) {
        self.errors.push(error);
    }

    /// True while nothing was reported.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// The errors as one, or nothing.
    ///
    /// # Errors
    /// Returns an error if anything was reported.
    pub fn check(mut self) -> syn::Result<()> {
        self.checked = true;
        let mut errors = std::mem::take(&mut self.errors).into_iter();
        let Some(mut all) = errors.next() else { return Ok(()) };
        all.extend(errors);
        Err(all)
    }
}

impl Drop for Diagnostics {
    fn drop(&mut self) {
        assert!(self.checked || std::thread::panicking(), "diagnostics were collected and never checked");
    }
}
