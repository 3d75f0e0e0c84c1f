//! Distances between numbers.

/// What is measured of `f32` and `f64` alike.
pub(crate) trait Number: voidgrad_real::Element {
    const EPSILON: f64;
    const MIN_POSITIVE: f64;
    /// Bits of a number as an integer that grows with it; both zeros are 0.
    fn rank(self) -> i64;
    fn is_negative(self) -> bool;
    fn from_seed(bits: u64) -> Self;
    fn of(value: f64) -> Self;
}

macro_rules! number {
    ($float:ident, $signed:ident) => {
        impl Number for $float {
            const EPSILON: f64 = $float::EPSILON as f64;
            const MIN_POSITIVE: f64 = $float::MIN_POSITIVE as f64;

            fn rank(self) -> i64 {
                let magnitude = i64::from($signed::from_ne_bytes(self.abs().to_ne_bytes()));
                if self.is_sign_negative() { -magnitude } else { magnitude }
            }

            fn is_negative(self) -> bool {
                self.is_sign_negative()
            }

            #[allow(clippy::cast_possible_truncation)] // as many bits as there are
            fn from_seed(bits: u64) -> Self {
                Self::from_bits(bits as _)
            }

            #[allow(clippy::cast_possible_truncation)] // the nearest one
            fn of(value: f64) -> Self {
                value as Self
            }
        }
    };
}

number!(f32, i32);
number!(f64, i64);

/// Steps from `a` to `b`: 0 where both are NaN, infinite where one is, or where they are zeros of different sign.
#[allow(clippy::cast_precision_loss)] // a bound is a small number
pub(crate) fn steps<T: Number>(a: T, b: T) -> f64 {
    let nan = [a, b].map(|x| x.partial_cmp(&x).is_none());
    let zeros_differ = a.rank() == 0 && b.rank() == 0 && a.is_negative() != b.is_negative();
    match nan {
        [true, true] => 0.0,
        [false, false] if !zeros_differ => (b.rank().saturating_sub(a.rank())) as f64,
        _ => f64::INFINITY,
    }
}
