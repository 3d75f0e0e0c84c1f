//! The state of an optimiser as data.

use super::OptimiserStateError;

/// Everything an [`Optimiser`](super::Optimiser) needs to continue with the same bits: its kind, and values by name.
///
/// A value is a number or an array of `f64`. A flag is 0 or 1, and a count is exact up to 2⁵³.
///
/// ```
/// use voidgrad::optimise::{Optimiser, Sgd};
/// let state = Sgd::new(0.5)?.state();
/// assert_eq!(state.kind(), "sgd");
/// assert_eq!(state.number("learning_rate")?, 0.5);
/// let error = state.number("beta1").unwrap_err();
/// assert_eq!(error.to_string(), "the state of the optimiser `sgd` has no value `beta1`");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct OptimiserState {
    kind: String,
    /// In the order of their names. A map of so few values would be a third of the code of all optimisers.
    values: Vec<(String, StateValue)>,
}

/// A value of an [`OptimiserState`].
#[derive(Debug, Clone, PartialEq)]
pub enum StateValue {
    /// A single number.
    Number(f64),
    /// An array, in most cases with one entry per parameter.
    Array(Vec<f64>),
}

impl OptimiserState {
    /// A state without values. `kind` names the optimiser.
    #[must_use]
    pub fn new(kind: &str) -> Self {
        Self { kind: kind.to_owned(), values: Vec::new() }
    }

    /// Adds a number, or replaces the value of this name.
    #[must_use]
    pub fn with_number(self, name: &str, value: f64) -> Self {
        self.with(name, StateValue::Number(value))
    }

    /// Adds an array, or replaces the value of this name.
    #[must_use]
    pub fn with_array(self, name: &str, values: Vec<f64>) -> Self {
        self.with(name, StateValue::Array(values))
    }

    /// Which optimiser it belongs to.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// All values, in the order of their names.
    pub fn values(&self) -> impl Iterator<Item = (&str, &StateValue)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The number of this name.
    ///
    /// # Errors
    /// Returns an error if there is no such value, or if it is an array.
    pub fn number(&self, name: &str) -> Result<f64, OptimiserStateError> {
        match self.find(name)? {
            StateValue::Number(value) => Ok(*value),
            StateValue::Array(_) => Err(self.other_form(name, "an array", "a number")),
        }
    }

    /// The array of this name, which has `length` entries.
    ///
    /// # Errors
    /// Returns an error if there is no such value, if it is a number, or if it has another length.
    pub fn array(&self, name: &str, length: usize) -> Result<&[f64], OptimiserStateError> {
        match self.find(name)? {
            StateValue::Array(values) if values.len() == length => Ok(values),
            StateValue::Array(values) => Err(OptimiserStateError::Length {
                kind: self.kind.clone(),
                name: name.to_owned(),
                found: values.len(),
                expected: length,
            }),
            StateValue::Number(_) => Err(self.other_form(name, "a number", "an array")),
        }
    }

    /// Checks that the state is of the optimiser `kind`, and that all its values are among `names`.
    ///
    /// # Errors
    /// Returns an error that names the other kind, or the first value that is not among `names`.
    pub fn check(&self, kind: &'static str, names: &[&str]) -> Result<(), OptimiserStateError> {
        self.check_kind(kind)?;
        match self.values.iter().find(|(name, _)| !names.contains(&name.as_str())) {
            Some((name, _)) => {
                Err(OptimiserStateError::Unknown { kind: self.kind.clone(), name: name.clone() })
            }
            None => Ok(()),
        }
    }

    /// Checks that the state is of the optimiser `kind`.
    pub(super) fn check_kind(&self, kind: &'static str) -> Result<(), OptimiserStateError> {
        if self.kind == kind {
            Ok(())
        } else {
            Err(OptimiserStateError::Kind { found: self.kind.clone(), expected: kind })
        }
    }

    /// The same values, as those of another optimiser.
    pub(super) fn of_kind(self, kind: &str) -> Self {
        Self { kind: kind.to_owned(), ..self }
    }

    /// The state without these values.
    pub(super) fn without(mut self, names: &[&str]) -> Self {
        self.values.retain(|(name, _)| !names.contains(&name.as_str()));
        self
    }

    /// The number of this name, if `is_allowed`; `allowed` says in words what is.
    pub(super) fn number_if(
        &self,
        name: &str,
        allowed: &'static str,
        is_allowed: impl Fn(f64) -> bool,
    ) -> Result<f64, OptimiserStateError> {
        let value = self.number(name)?;
        if is_allowed(value) { Ok(value) } else { Err(self.refused(name, 0, value, allowed)) }
    }

    /// The array of this name, if all its entries are allowed; `allowed` says in words what is.
    pub(super) fn array_if(
        &self,
        name: &str,
        length: usize,
        allowed: &'static str,
        is_allowed: impl Fn(usize, f64) -> bool,
    ) -> Result<&[f64], OptimiserStateError> {
        let values = self.array(name, length)?;
        match values.iter().enumerate().find(|&(index, &value)| !is_allowed(index, value)) {
            Some((index, &value)) => Err(self.refused(name, index, value, allowed)),
            None => Ok(values),
        }
    }

    fn find(&self, name: &str) -> Result<&StateValue, OptimiserStateError> {
        match self.place(name) {
            Ok(place) => Ok(&self.values[place].1),
            Err(_) => Err(OptimiserStateError::Missing { kind: self.kind.clone(), name: name.to_owned() }),
        }
    }

    /// The place of the value of this name, or the place for it.
    fn place(&self, name: &str) -> Result<usize, usize> {
        self.values.binary_search_by(|(own, _)| own.as_str().cmp(name))
    }

    fn with(mut self, name: &str, value: StateValue) -> Self {
        match self.place(name) {
            Ok(place) => self.values[place].1 = value,
            Err(place) => self.values.insert(place, (name.to_owned(), value)),
        }
        self
    }

    fn refused(&self, name: &str, index: usize, value: f64, allowed: &'static str) -> OptimiserStateError {
        OptimiserStateError::Value { kind: self.kind.clone(), name: name.to_owned(), index, value, allowed }
    }

    fn other_form(&self, name: &str, found: &'static str, expected: &'static str) -> OptimiserStateError {
        OptimiserStateError::Form { kind: self.kind.clone(), name: name.to_owned(), found, expected }
    }
}
