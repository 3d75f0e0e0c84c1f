//! What an objective returns if it cannot give its values.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// The error of an objective: the user's own, unchanged.
///
/// ```
/// use std::num::ParseFloatError;
/// use voidgrad::error::ObjectiveError;
/// let error = ObjectiveError::from("x".parse::<f64>().unwrap_err());
/// assert!(error.downcast_ref::<ParseFloatError>().is_some());
/// assert_eq!(error.to_string(), "invalid float literal");
/// ```
#[derive(Clone)]
pub struct ObjectiveError(Arc<dyn Error + Send + Sync>);

impl ObjectiveError {
    /// The user's error, if it is an `E`.
    #[must_use]
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        self.0.downcast_ref()
    }

    /// The user's error.
    #[must_use]
    pub fn get(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }
}

/// `?` turns any error into one, and text as well.
impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for ObjectiveError {
    fn from(error: E) -> Self {
        Self(Arc::from(error.into()))
    }
}

impl fmt::Display for ObjectiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for ObjectiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Two are equal if they are copies of one error.
impl PartialEq for ObjectiveError {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
