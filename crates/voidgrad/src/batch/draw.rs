//! z, b and z̃ of many variables, in formulas that take one logarithm each.

use voidgrad_real::{Element, Lanes, sigmoid};

use super::cells::Cells;
use crate::lanes::Work;
use crate::noise::BlockStream;

/// Draws u and v, and from them z, b, z̃ and their derivatives.
pub(super) struct Draw<'c, 'a, T> {
    pub(super) stream: &'c mut BlockStream,
    /// The logit of all cells, where they are samples of one variable.
    pub(super) one: Option<f64>,
    pub(super) cells: &'c mut Cells<'a, T>,
}

impl<T> Work<T> for Draw<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn on<R: Lanes<Element = T>>(self, hand: R)
    where
        T: Element,
    {
        let Cells { a, u, v, z, b, z_tilde, z_tilde_a, score, count, .. } = self.cells;
        self.stream.fill(hand, &mut u[..*count]);
        self.stream.fill(hand, &mut v[..*count]);
        // Cells behind the last one repeat the first, whose values are as good as any.
        let (first_u, first_v) = (u[0], v[0]);
        u[*count..].fill(first_u);
        v[*count..].fill(first_v);
        let shared = self.one.map(|a| Odds::of(hand, a));
        for i in (0..count.next_multiple_of(R::LANES)).step_by(R::LANES) {
            let odds = match shared {
                Some(odds) => odds,
                None => Odds::each(hand.load(&a[i..])),
            };
            let drawn = odds.draw(hand.load(&u[i..]), hand.load(&v[i..]));
            drawn.z.store(&mut z[i..]);
            drawn.b.store(&mut b[i..]);
            drawn.z_tilde.store(&mut z_tilde[i..]);
            drawn.z_tilde_a.store(&mut z_tilde_a[i..]);
            drawn.score.store(&mut score[i..]);
        }
    }
}

/// What the draws of one variable have in common.
#[derive(Clone, Copy)]
struct Odds<R> {
    /// The logit.
    a: R,
    /// `e^a`
    up: R,
    /// `e^-a`
    down: R,
    /// `∂/∂a ln p(1) = σ(-a)`
    score_of_one: R,
    /// `∂/∂a ln p(0) = -σ(a)`
    score_of_zero: R,
}

struct Drawn<R> {
    z: R,
    b: R,
    z_tilde: R,
    z_tilde_a: R,
    score: R,
}

impl<R: Lanes> Odds<R> {
    /// One variable in all lanes.
    #[inline(always)]
    fn of(hand: R, a: f64) -> Self {
        Self {
            a: hand.constant(a),
            up: hand.constant(a.exp()),
            down: hand.constant((-a).exp()),
            score_of_one: hand.constant(sigmoid(-a)),
            score_of_zero: hand.constant(-sigmoid(a)),
        }
    }

    /// A variable in each lane.
    #[inline(always)]
    fn each(a: R) -> Self {
        Self { a, up: a.exp(), down: (-a).exp(), score_of_one: (-a).sigmoid(), score_of_zero: -a.sigmoid() }
    }

    /// With `w = e^a` where `b = 1` and `e^-a` where `b = 0`, the library's `z̃` is
    /// `±(ln(1 + v·w) - ln(1 - v)) = ±ln((1 + v·w)/(1 - v))`, and `∂z̃/∂a` is `v·w/(1 + v·w)`.
    #[inline(always)]
    fn draw(&self, u: R, v: R) -> Drawn<R> {
        let (zero, one) = (u.constant(0.0), u.constant(1.0));
        let z = self.a + u.ln_ratio(one - u);
        let b = z.is_ge(zero);
        let vw = v * R::select(b, self.up, self.down);
        let far = one + vw;
        let size = far.ln_ratio(one - v);
        Drawn {
            z,
            b: z.indicator(b),
            z_tilde: R::select(b, size, -size),
            z_tilde_a: vw / far,
            score: R::select(b, self.score_of_one, self.score_of_zero),
        }
    }
}
