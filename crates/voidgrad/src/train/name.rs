//! Names of what a trainer has.

use super::TrainerError;

/// What a state has besides blocks.
pub(super) const RESERVED: [&str; 2] = ["best", "extras"];

/// Whether `/`, which separates names in a file, and control characters are absent.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains('/') && !name.contains(char::is_control)
}

/// Refuses a name that a file can't hold.
pub(super) fn check_name(of: &'static str, name: &str) -> Result<(), TrainerError> {
    if is_name(name) {
        Ok(())
    } else {
        let allowed = "a name: at least one character, without `/` and control characters";
        Err(TrainerError::Name { of, name: name.to_owned(), allowed })
    }
}
