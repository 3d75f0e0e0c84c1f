//! What an estimate costs.

use std::fmt;

/// How often an estimate evaluates f, and how often its control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Evaluations of f, or of f and ∇f together.
    pub f: Count,
    /// Evaluations of the control c with its derivatives, if there is one.
    pub control: Option<Count>,
}

/// A number of evaluations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Count {
    /// Always so many.
    Fixed(u64),
    /// K, which the user chooses.
    K,
    /// K, and no more than M + 1, for M variables.
    KOrVariablesAndOne,
    /// K, and no more than there are states.
    KOrStates,
    /// So many times K.
    TimesK(u64),
    /// Another number in every round.
    Varies,
    /// M + 1, for M variables.
    VariablesAndOne,
    /// 4M.
    FourTimesVariables,
    /// All states of M variables: `2ᴹ`, `Kᴹ` or `C(n, k)`.
    States,
}

impl Cost {
    /// One evaluation of f.
    pub const ONE: Self = Self::f(Count::Fixed(1));

    /// So many evaluations of f.
    #[must_use]
    pub const fn f(f: Count) -> Self {
        Self { f, control: None }
    }

    /// The same, and so many evaluations of a control.
    #[must_use]
    pub const fn and_control(self, control: Count) -> Self {
        Self { control: Some(control), ..self }
    }

    /// Whether the user chooses K, the number of samples.
    #[must_use]
    pub fn has_choice(&self) -> bool {
        matches!(self.f, Count::K | Count::KOrVariablesAndOne | Count::KOrStates | Count::Varies)
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(count) => write!(f, "{count}"),
            Self::K | Self::KOrVariablesAndOne | Self::KOrStates => f.write_str("K"),
            Self::TimesK(times) => write!(f, "{times}K"),
            Self::Varies => f.write_str("varies"),
            Self::VariablesAndOne => f.write_str("M + 1"),
            Self::FourTimesVariables => f.write_str("4M"),
            Self::States => f.write_str("2^M"),
        }
    }
}

/// As in "K, c 2K times".
impl fmt::Display for Cost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.f)?;
        match self.control {
            None => Ok(()),
            Some(Count::Fixed(1)) => formatter.write_str(", c once"),
            Some(Count::Fixed(2)) => formatter.write_str(", c twice"),
            Some(count) => write!(formatter, ", c {count} times"),
        }
    }
}
