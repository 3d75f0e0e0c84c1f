//! Memory that an estimator keeps from one round to the next.

use std::any::Any;
use std::fmt;

/// A place for one value of a type that the estimator chooses. It saves allocations; no result depends on it.
#[derive(Default)]
pub struct Memory(Option<Box<dyn Any + Send + Sync>>);

impl Memory {
    /// The value, made anew if there is none of this type.
    pub fn of<T: Any + Send + Sync>(&mut self, new: impl FnOnce() -> T) -> &mut T {
        if !self.0.as_ref().is_some_and(|value| value.is::<T>()) {
            self.0 = Some(Box::new(new()));
        }
        let value = self.0.as_mut().and_then(|value| value.downcast_mut());
        value.expect("the line above has put one there")
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").finish_non_exhaustive()
    }
}
