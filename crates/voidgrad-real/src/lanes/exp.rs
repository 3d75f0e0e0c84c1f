//! e^x, 2^x and e^x - 1.
//!
//! Cody and Waite's reduction, x = k ln 2 + r with |r| ≤ ln(2)/2, and e^r = 1 + r + r²q(r) with a minimax polynomial q.
//! The scaling by 2^k goes in two steps, so that results that are subnormal or overflow come out right, and NaN survives.

use super::wide::Wide;

/// x = k ln 2 + r.
#[derive(Clone, Copy)]
struct Reduced<W: Wide> {
    /// k plus what the shift had, in the lowest bits.
    exponent: W::Bits,
    r: W,
    /// e^r - 1 - r.
    tail: W,
}

impl<W: Wide> Reduced<W> {
    /// Of x, in the domain of e^x.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn new(x: W, shift: W) -> Self {
        let shifted = x.mul_add(x.constant(core::f64::consts::LOG2_E), shift);
        let k = shifted - shift;
        let [high, low] = W::LN_2;
        let r = k.mul_add(x.constant(-low), k.mul_add(x.constant(-high), x));
        Self::of(shifted, r)
    }

    /// Of x ln 2, for x in the domain of 2^x.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn binary(x: W, shift: W) -> Self {
        let shifted = x + shift;
        let k = shifted - shift;
        Self::of(shifted, (x - k) * x.constant(core::f64::consts::LN_2))
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn of(shifted: W, r: W) -> Self {
        Self { exponent: shifted.to_bits(), r, tail: r * r * r.exp_series() }
    }

    /// e^r.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn mantissa(self) -> W {
        self.r.constant(1.0) + (self.r + self.tail)
    }

    /// e^r·2^k, where the shift had twice the bias.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn exp(self) -> W {
        let half = self.exponent >> 1;
        let rest = self.exponent - half;
        self.mantissa() * W::from_bits(half << W::MANTISSA) * W::from_bits(rest << W::MANTISSA)
    }

    /// `scale`·e^r - `unit`, where `unit` is a power of 2 and `scale` is 2^k `unit`:
    /// `(scale - unit) + scale·r + scale·tail`, of which the first sum is carried in two parts.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn exp_m1(self, scale: W, unit: f64) -> W {
        let whole = scale - scale.constant(unit);
        let part = scale * self.r;
        let high = whole + part;
        let low = part - (high - whole);
        high + scale.mul_add(self.tail, low)
    }
}

/// 1.5·2^p + `offset`. A number that is added to it is rounded to an integer, and `offset` plus that integer is what the lowest
/// bits of the sum are.
#[cfg_attr(not(debug_assertions), inline(always))]
fn rounding_shift<W: Wide>(x: W, offset: u32) -> W {
    x.constant(1.5 * (1_u64 << W::MANTISSA) as f64 + f64::from(offset))
}

#[cfg_attr(not(debug_assertions), inline(always))]
fn clamp<W: Wide>(x: W, [low, high]: [f64; 2]) -> W {
    x.at_least(low).at_most(high)
}

#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn exp<W: Wide>(x: W) -> W {
    Reduced::new(clamp(x, W::EXP_DOMAIN), rounding_shift(x, 2 * W::BIAS)).exp()
}

#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn exp2<W: Wide>(x: W) -> W {
    Reduced::binary(clamp(x, W::EXP2_DOMAIN), rounding_shift(x, 2 * W::BIAS)).exp()
}

/// 2^x for sums: x is clamped to where the result is a number of full precision, so that one product scales it.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn exp2_quick<W: Wide>(x: W) -> W {
    let bound = f64::from(W::BIAS - 2);
    let x = clamp(x, [-bound, bound]);
    let shift = rounding_shift(x, W::BIAS);
    let shifted = x + shift;
    let r = x - (shifted - shift);
    let mantissa = r.mul_add(r.exp2_series(), x.constant(1.0));
    // Added to the exponent, the bits of a NaN could make another NaN a number.
    mantissa * W::from_bits(shifted.to_bits() << W::MANTISSA)
}

#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn exp_m1<W: Wide>(x: W) -> W {
    // 2^(k - 1) is a number of full precision here, so one step makes it; 2^k could overflow.
    let reduced = Reduced::new(clamp(x, [W::EXP_M1_FLOOR, W::EXP_DOMAIN[1]]), rounding_shift(x, W::BIAS - 1));
    let half = reduced.exp_m1(W::from_bits(reduced.exponent << W::MANTISSA), 0.5);
    // e^x - 1 is x to the last bit; halving it could lose one, and the sums above lose the sign of 0.
    let tiny = x.abs().is_lt(x.constant(W::MIN_POSITIVE * 4.0));
    W::select(tiny, x, half + half)
}

/// e^x and its like for x ≤ 0, where the scaling is shorter: 2^k is a product of a number of full precision and a constant.
#[derive(Clone, Copy)]
pub(crate) struct Negative<W: Wide> {
    reduced: Reduced<W>,
    /// 2^(k + `EXTRA`).
    scale: W,
}

impl<W: Wide> Negative<W> {
    /// More than what the smallest k, that of the smallest number, is below the exponents of full precision.
    const EXTRA: u32 = W::MANTISSA + 8;
    /// 2^-`EXTRA`.
    const DOWN: f64 = f64::from_bits((1023 - Self::EXTRA as u64) << 52);

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn new(x: W) -> Self {
        let reduced = Reduced::new(x.at_least(W::EXP_DOMAIN[0]), rounding_shift(x, W::BIAS + Self::EXTRA));
        Self { reduced, scale: W::from_bits(reduced.exponent << W::MANTISSA) }
    }

    /// e^x.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn exp(self) -> W {
        self.reduced.mantissa() * self.scale * self.scale.constant(Self::DOWN)
    }

    /// `unit`·(e^x - 1), where `unit` is a power of 2.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn exp_m1(self, unit: f64) -> W {
        self.reduced.exp_m1(self.scale * self.scale.constant(unit * Self::DOWN), unit)
    }
}
