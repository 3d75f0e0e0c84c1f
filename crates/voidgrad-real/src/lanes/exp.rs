//! e^x, 2^x and e^x - 1.
//!
//! Cody and Waite's reduction, x = k ln 2 + r with |r| ≤ ln(2)/2, and e^r = 1 + r + r²q(r) with a minimax polynomial q.
//! The scaling by 2^k goes in two steps, so that results that are subnormal or overflow come out right, and NaN survives.

use super::wide::Wide;

/// x = k ln 2 + r.
#[derive(Clone, Copy)]
pub(super) struct Reduced<W: Wide> {
    /// k plus twice the bias, in the lowest bits.
    exponent: W::Bits,
    r: W,
    /// e^r - 1 - r.
    tail: W,
}

impl<W: Wide> Reduced<W> {
    /// Of x, in the domain of e^x.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn new(x: W) -> Self {
        let shift = rounding_shift(x);
        let shifted = x.mul_add(x.constant(core::f64::consts::LOG2_E), shift);
        let k = shifted - shift;
        let [high, low] = W::LN_2;
        let r = k.mul_add(x.constant(-low), k.mul_add(x.constant(-high), x));
        Self::of(shifted, r)
    }

    /// Of x ln 2, for x in the domain of 2^x.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn binary(x: W) -> Self {
        let shift = rounding_shift(x);
        let shifted = x + shift;
        let k = shifted - shift;
        Self::of(shifted, (x - k) * x.constant(core::f64::consts::LN_2))
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn of(shifted: W, r: W) -> Self {
        Self { exponent: shifted.to_bits(), r, tail: r * r * r.exp_series() }
    }

    /// `mantissa`·2^k.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn scale(self, mantissa: W) -> W {
        let half = self.exponent >> 1;
        let rest = self.exponent - half;
        mantissa * W::from_bits(half << W::MANTISSA) * W::from_bits(rest << W::MANTISSA)
    }

    /// e^x.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn exp(self) -> W {
        self.scale(self.r.constant(1.0) + (self.r + self.tail))
    }

    /// Half of e^x - 1, for any x of the domain.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn half_exp_m1(self) -> W {
        self.half_exp_m1_with(self.scale(self.r.constant(0.5)))
    }

    /// The same where 2^(k - 1) is `half`: `(half - ½) + half·r + half·tail`, of which the first sum is carried in two parts.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn half_exp_m1_with(self, half: W) -> W {
        let whole = half - half.constant(0.5);
        let part = half * self.r;
        let high = whole + part;
        let low = part - (high - whole);
        high + half.mul_add(self.tail, low)
    }
}

/// 1.5·2^p + 2·bias. A number that is added to it is rounded to an integer, and twice the bias plus that integer is what
/// the lowest bits of the sum are.
#[cfg_attr(not(debug_assertions), inline(always))]
fn rounding_shift<W: Wide>(x: W) -> W {
    x.constant(1.5 * (1_u64 << W::MANTISSA) as f64 + f64::from(2 * W::BIAS))
}

#[cfg_attr(not(debug_assertions), inline(always))]
fn clamp<W: Wide>(x: W, [low, high]: [f64; 2]) -> W {
    x.at_least(low).at_most(high)
}

#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn exp<W: Wide>(x: W) -> W {
    Reduced::new(clamp(x, W::EXP_DOMAIN)).exp()
}

#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn exp2<W: Wide>(x: W) -> W {
    Reduced::binary(clamp(x, W::EXP2_DOMAIN)).exp()
}

#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn exp_m1<W: Wide>(x: W) -> W {
    let reduced = Reduced::new(clamp(x, [W::EXP_M1_FLOOR, W::EXP_DOMAIN[1]]));
    // 2^(k - 1) is a number of full precision here, so one step makes it.
    let field = reduced.exponent - x.bits(u64::from(W::BIAS) + 1);
    let half = reduced.half_exp_m1_with(W::from_bits(field << W::MANTISSA));
    // e^x - 1 is x to the last bit; halving it could lose one, and the sums above lose the sign of 0.
    let tiny = x.abs().is_lt(x.constant(W::MIN_POSITIVE * 4.0));
    W::select(tiny, x, half + half)
}

/// `x = -|y|`, reduced.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn of_negative<W: Wide>(x: W) -> Reduced<W> {
    Reduced::new(x.at_least(W::EXP_DOMAIN[0]))
}
