//! The field's functions of one number and of two, as functions: what an annotated function calls by name.

/// A method of [`Real`](crate::Real) as a function.
macro_rules! function {
    ($(#[$doc:meta])* $name:ident($first:ident $(, $rest:ident)*)) => {
        $(#[$doc])*
        #[inline(always)]
        pub fn $name<R: $crate::Real>($first: R $(, $rest: R)*) -> R {
            R::$name($first $(, $rest)*)
        }

        /// The function's namesake among the types. Generated code names it to make sure that a call in an
        /// annotated function means this function and not another of the same name.
        #[allow(non_camel_case_types)]
        #[derive(Debug, Clone, Copy)]
        pub enum $name {}
    };
}

pub(crate) use function;

/// Those that are in the files of their arithmetic.
macro_rules! called {
    (@function $name:ident) => {
        pub use crate::arithmetic::$name::$name;
    };
    ($(
        $(#[$doc:meta])* $name:ident($($argument:ident),*) $(as $called:ident)? {$($bounds:tt)*};
    )*) => {
        $($(called!(@$called $name);)?)*
    };
}

crate::of_the_field!([called]);

function! {
    /// `ln σ(x) = -softplus(-x)`.
    ///
    /// ```
    /// assert_eq!(voidgrad_real::log_sigmoid(-1000.0), -1000.0);
    /// ```
    log_sigmoid(x)
}

function! {
    /// `max(x, 0)`; its derivative at 0 is 0.
    ///
    /// ```
    /// assert_eq!(voidgrad_real::relu(-2.0), 0.0);
    /// ```
    relu(x)
}
