//! The guide to [`#[differentiate]`](macro@crate::differentiate), [`#[control]`](macro@crate::control), [`#[network]`](macro@crate::network) and the estimators.
//!
//! - [`language`]: what an annotated function may say, and what is generated from it;
//! - [`composing`]: functions that call one another, across modules and crates;
//! - [`second_order`]: second derivatives, whole or in a direction;
//! - [`networks`]: models of many rows, from functions of one;
//! - [`refusals`]: what is refused, and why;
//! - [`primitives`]: every function with a derivative, and how to add one;
//! - [`which_estimator`]: which estimator to use, what each costs, and the measurements behind it;
//! - [`batches`]: many samples at once, on lanes and all cores;
//! - [`comparison`]: beside symdiff, num-dual, autodiff and code written by hand.

/// What an annotated function may say.
pub mod language {
    #![doc = include_str!("language.md")]
}

/// Functions that call one another.
pub mod composing {
    #![doc = include_str!("composing.md")]
}

/// Second derivatives.
pub mod second_order {
    #![doc = include_str!("second_order.md")]
}

/// Models of many rows.
pub mod networks {
    #![doc = include_str!("networks.md")]
}

/// What is refused, and why.
pub mod refusals {
    #![doc = include_str!("refusals.md")]
}

/// Every function with a derivative, and how to add one.
pub mod primitives {
    #![doc = include_str!("primitives.md")]
}

/// Which estimator?
pub mod which_estimator {
    #![doc = include_str!("which_estimator.md")]
}

/// Many samples at once.
pub mod batches {
    #![doc = include_str!("batches.md")]
}

/// Beside symdiff, num-dual, autodiff and code written by hand.
pub mod comparison {
    #![doc = include_str!("comparison.md")]
}
