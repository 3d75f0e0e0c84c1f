//! Numbers: the value that rustc's code has, bit for bit, and beside it a hyper-dual number.
//!
//! The hyper-dual part follows the one rule of the second-order chain rule. Each result is disturbed by a relative error of
//! size [`Context::jitter`], so that a few runs show how much rounding errors matter: their spread is the
//! tolerance that a comparison of derivatives takes.

use std::cell::Cell;

/// A number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Number {
    /// The value, exactly as the program computes it.
    pub(crate) value: f64,
    /// The value, two first derivatives and the mixed second one, each with disturbances.
    pub(crate) dual: [f64; 4],
}

impl Number {
    pub(crate) fn constant(value: f64) -> Self {
        Self { value, dual: [value, 0.0, 0.0, 0.0] }
    }
}

/// What holds of all numbers of one run.
#[derive(Debug)]
pub(crate) struct Context {
    /// False where only values are wanted.
    pub(crate) duals: bool,
    /// The relative size of the disturbances.
    pub(crate) jitter: f64,
    /// The state of their generator.
    state: Cell<u64>,
    /// True after a decision that a small disturbance would have turned: there is no derivative to compare.
    pub(crate) tied: Cell<bool>,
    /// True after a sum of zeros, whose sign is the standard library's in the function and another in generated code.
    pub(crate) zero_sum: Cell<bool>,
    /// True after a derivative left the range in which neither side overflows or underflows on the way.
    pub(crate) extreme: Cell<bool>,
}

/// Two numbers that differ by less than this, relatively, are tied.
const TIE: f64 = 1e-6;
/// Products of two numbers below this are still numbers.
const LARGEST: f64 = 1e100;

impl Context {
    /// Values alone.
    pub(crate) fn values() -> Self {
        Self {
            duals: false,
            jitter: 0.0,
            state: Cell::new(1),
            tied: Cell::new(false),
            zero_sum: Cell::new(false),
            extreme: Cell::new(false),
        }
    }

    /// Values and derivatives, with disturbances of this size.
    pub(crate) fn duals(jitter: f64, seed: u64) -> Self {
        Self { duals: true, jitter, state: Cell::new(seed | 1), ..Self::values() }
    }

    /// `part`, disturbed.
    fn disturbed(&self, part: f64) -> f64 {
        if self.jitter == 0.0 {
            return part;
        }
        // xorshift64
        let mut state = self.state.get();
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        self.state.set(state);
        let unit = (state >> 11) as f64 / (1_u64 << 53) as f64;
        part * (1.0 + self.jitter * (2.0 * unit - 1.0))
    }

    fn made(&self, value: f64, dual: [f64; 4]) -> Number {
        if dual.iter().any(|part| *part != 0.0 && !(LARGEST.recip()..LARGEST).contains(&part.abs())) {
            self.extreme.set(true);
        }
        Number { value, dual: dual.map(|part| self.disturbed(part)) }
    }

    /// `f(x)`, from its value and `[f, f', f'']` at the disturbed argument.
    pub(super) fn unary(&self, x: Number, value: f64, rates: impl FnOnce(f64) -> [f64; 3]) -> Number {
        if !self.duals {
            return Number::constant(value);
        }
        let [_, x1, x2, x12] = x.dual;
        let [f, f1, f2] = rates(x.dual[0]);
        let times = |rate, part| self.times(rate, part);
        self.made(value, [f, times(f1, x1), times(f1, x2), times(f1, x12) + times(f2, x1 * x2)])
    }

    /// `f(a, b)`, from its value and `[f, f_a, f_b, f_aa, f_ab, f_bb]` at the disturbed arguments.
    pub(super) fn binary(
        &self,
        a: Number,
        b: Number,
        value: f64,
        rates: impl FnOnce(f64, f64) -> [f64; 6],
    ) -> Number {
        if !self.duals {
            return Number::constant(value);
        }
        let ([a0, a1, a2, a12], [b0, b1, b2, b12]) = (a.dual, b.dual);
        let [f, fa, fb, faa, fab, fbb] = rates(a0, b0);
        let times = |rate, part| self.times(rate, part);
        let mixed = times(fa, a12)
            + times(fb, b12)
            + times(faa, a1 * a2)
            + times(fab, a1 * b2 + a2 * b1)
            + times(fbb, b1 * b2);
        self.made(value, [f, times(fa, a1) + times(fb, b1), times(fa, a2) + times(fb, b2), mixed])
    }

    /// A product where 0 is "does not depend", but for an infinite rate, where it may also be a limit. Terms are
    /// disturbed one by one, since their sum may cancel.
    fn times(&self, rate: f64, part: f64) -> f64 {
        if part != 0.0 {
            return self.disturbed(rate * part);
        }
        if !rate.is_finite() {
            self.extreme.set(true);
        }
        0.0
    }

    pub(super) fn add(&self, a: Number, b: Number) -> Number {
        self.binary(a, b, a.value + b.value, |a, b| [a + b, 1.0, 1.0, 0.0, 0.0, 0.0])
    }

    pub(super) fn sub(&self, a: Number, b: Number) -> Number {
        self.binary(a, b, a.value - b.value, |a, b| [a - b, 1.0, -1.0, 0.0, 0.0, 0.0])
    }

    pub(super) fn mul(&self, a: Number, b: Number) -> Number {
        self.binary(a, b, a.value * b.value, |a, b| [a * b, b, a, 0.0, 1.0, 0.0])
    }

    pub(super) fn div(&self, a: Number, b: Number) -> Number {
        self.binary(a, b, a.value / b.value, |a, b| {
            let r = b.recip();
            [a / b, r, -a * r * r, 0.0, -r * r, 2.0 * a * r * r * r]
        })
    }

    /// `a % b`: of a remainder, the quotient is a constant between its jumps.
    pub(super) fn rem(&self, a: Number, b: Number) -> Number {
        let quotient = a.value / b.value;
        self.jump(quotient - quotient.round(), 1.0);
        self.binary(a, b, a.value % b.value, |a, b| [a % b, 1.0, -(a / b).trunc(), 0.0, 0.0, 0.0])
    }

    pub(super) fn neg(a: Number) -> Number {
        Number { value: -a.value, dual: a.dual.map(|part| -part) }
    }

    /// Notes that something depends on the sign of `difference`, which is of the order of `scale`.
    pub(super) fn jump(&self, difference: f64, scale: f64) {
        if difference.abs() <= TIE * scale || difference.is_nan() {
            self.tied.set(true);
        }
    }

    /// The order of `a` and `b` matters.
    pub(super) fn compared(&self, a: Number, b: Number) {
        self.jump(a.value - b.value, a.value.abs().max(b.value.abs()));
    }
}
