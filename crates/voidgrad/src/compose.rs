//! How one differentiated function reaches the derivatives of another: by the position of the argument.
//!
//! `#[differentiate]` and `#[control]` implement these traits for a function's namesake type. A call to the
//! function inside another annotated function becomes calls to [`partial`] and [`second_partial`].

/// The first derivative with respect to argument `I` (counted from 0) of a function of the arguments `Args`. Its
/// type `D` is that of the argument: a number, or an array that the function takes whole.
///
/// ```
/// use voidgrad::__private::partial;
/// use voidgrad::differentiate;
///
/// #[differentiate(wrt(x))]
/// fn square(x: f64, scale: f64) -> f64 { scale * x * x }
///
/// assert_eq!(partial::<0, square, _, _>((3.0, 2.0)), 12.0);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no derivative with respect to its argument {I} (counted from 0)",
    label = "called here with an argument that the derivative goes through",
    note = "name the argument in `wrt(…)` where `{Self}` is annotated with `#[differentiate]`"
)]
pub trait Partial<const I: usize, D, Args> {
    /// The derivative.
    fn partial(arguments: Args) -> D;
}

/// The second derivative with respect to the arguments `I <= J` of a function of the arguments `Args`. Its type
/// `D` is a number.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no second derivative with respect to its arguments {I} and {J} (counted from 0)",
    label = "a second derivative goes through this call",
    note = "annotate `{Self}` with `#[differentiate(wrt(…), order = 2)]`"
)]
pub trait SecondPartial<const I: usize, const J: usize, D, Args> {
    /// The derivative.
    fn second_partial(arguments: Args) -> D;
}

/// The derivative with respect to argument `I` of the derivative with respect to argument `J` in a direction: second
/// derivatives where one of the arguments is an array that the function takes whole. `D` is the type of argument `I`,
/// `Dot` that of argument `J`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no second derivative with respect to its arguments {I} and {J} (counted from 0)",
    label = "a second derivative goes through this call",
    note = "annotate `{Self}` with `#[differentiate(wrt(…), order = 2)]`"
)]
pub trait SecondDirection<const I: usize, const J: usize, D, Dot, Args> {
    /// The derivative.
    fn second_direction(arguments: Args, dot: Dot) -> D;
}

/// The value of a function of numbers alone.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no annotated function of numbers",
    label = "the body that takes the place of this call calls it",
    note = "annotate `{Self}` with `#[differentiate]`"
)]
pub trait Value<D, Args> {
    /// The value.
    fn value(arguments: Args) -> D;
}

/// The arguments of a call that stands in the body of another function, which was inlined: of its `N`-th callee. So whoever
/// inlines a body calls what it calls, without a path to it.
#[derive(Debug, Clone, Copy)]
pub struct Within<const N: usize, Args>(pub Args);

/// The value of `F`.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn value<F: Value<D, Args>, D, Args>(arguments: Args) -> D {
    F::value(arguments)
}

/// The derivative of `F` with respect to its argument `I`.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn partial<const I: usize, F: Partial<I, D, Args>, D, Args>(arguments: Args) -> D {
    F::partial(arguments)
}

/// The second derivative of `F` with respect to its arguments `I <= J`.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn second_partial<const I: usize, const J: usize, F: SecondPartial<I, J, D, Args>, D, Args>(
    arguments: Args,
) -> D {
    F::second_partial(arguments)
}

/// The derivative of `F` with respect to its argument `I` of that with respect to `J` in the direction `dot`.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn second_direction<
    const I: usize,
    const J: usize,
    F: SecondDirection<I, J, D, Dot, Args>,
    D,
    Dot,
    Args,
>(
    arguments: Args,
    dot: Dot,
) -> D {
    F::second_direction(arguments, dot)
}
