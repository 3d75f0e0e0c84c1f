//! How one differentiated function reaches the derivatives of another: by the position of the argument.
//!
//! `#[differentiate]` and `#[control]` implement these traits for a function's namesake type. A call to the
//! function inside another annotated function becomes calls to [`partial`] and [`second_partial`].

/// The first derivative with respect to argument `I` (counted from 0) of a function of the arguments `Args`, whose
/// numbers are `R`.
///
/// ```
/// use voidgrad::{differentiate, partial};
///
/// #[differentiate(wrt(x))]
/// fn square(x: f64, scale: f64) -> f64 { scale * x * x }
///
/// assert_eq!(partial::<0, square, _, _>((3.0, 2.0)), 12.0);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no derivative with respect to its argument {I} (counted from 0)",
    label = "called here with an argument that the derivative goes through",
    note = "name the argument in `wrt(…)` where `{Self}` is annotated with `#[differentiate]`; the argument must be a single number"
)]
pub trait Partial<const I: usize, R, Args> {
    /// The derivative.
    fn partial(arguments: Args) -> R;
}

/// The second derivative with respect to the arguments `I <= J` of a function of the arguments `Args`, whose numbers
/// are `R`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no second derivative with respect to its arguments {I} and {J} (counted from 0)",
    label = "a second derivative goes through this call",
    note = "annotate `{Self}` with `#[differentiate(wrt(…), order = 2)]`"
)]
pub trait SecondPartial<const I: usize, const J: usize, R, Args> {
    /// The derivative.
    fn second_partial(arguments: Args) -> R;
}

/// The derivative of `F` with respect to its argument `I`.
#[inline(always)]
pub fn partial<const I: usize, F: Partial<I, R, Args>, R, Args>(arguments: Args) -> R {
    F::partial(arguments)
}

/// The second derivative of `F` with respect to its arguments `I <= J`.
#[inline(always)]
pub fn second_partial<const I: usize, const J: usize, F: SecondPartial<I, J, R, Args>, R, Args>(
    arguments: Args,
) -> R {
    F::second_partial(arguments)
}
