//! One panel of the quadrature of [`exact`](super::exact), given b.

use super::integrand::{Integrand, Point};
use super::nodes::{divisible, nodes};
use crate::control::Control;

/// Integrals of the two parts of `ĝ` over `[low, high]`, by the rule of the whole and by those of its halves.
pub(super) struct Panel {
    low: f64,
    high: f64,
    whole: Sums,
    halves: [Sums; 2],
    /// The integrand at both ends and in the middle.
    edges: [Point; 3],
}

/// Integrals against `p(z|b)`, about a fixed centre.
#[derive(Clone, Copy, Default)]
pub(super) struct Sums {
    /// `∫ p`.
    pub(super) mass: f64,
    /// `∫ (x - centre) p` for the parts x of `ĝ`.
    pub(super) first: [f64; 2],
    /// `∫ (x - centre)² p`.
    pub(super) second: [f64; 2],
    /// `∫ ∂c/∂y dy`, without the density.
    slope: f64,
}

/// What an error of one integral does to the variance: what the derivative of the variance by that integral is.
pub(super) struct Sensitivity {
    /// Means of the parts, less the centre.
    pub(super) shift: [f64; 2],
    /// By the mean square of a part.
    pub(super) second: f64,
    /// By the mean of a part.
    pub(super) first: f64,
}

impl Panel {
    /// The panels between these points, in their order.
    pub(super) fn between(
        breakpoints: &[f64],
        integrand: &Integrand<'_, impl Control + ?Sized>,
        centre: [f64; 2],
    ) -> Vec<Self> {
        breakpoints
            .windows(2)
            .map(|ends| {
                let (low, high) = (ends[0], ends[1]);
                let whole = Sums::new(low, high, integrand, centre);
                Self::new([low, high], whole, [integrand.at(low), integrand.at(high)], integrand, centre)
            })
            .collect()
    }

    fn new(
        [low, high]: [f64; 2],
        whole: Sums,
        [at_low, at_high]: [Point; 2],
        integrand: &Integrand<'_, impl Control + ?Sized>,
        centre: [f64; 2],
    ) -> Self {
        let middle = f64::midpoint(low, high);
        let halves = [Sums::new(low, middle, integrand, centre), Sums::new(middle, high, integrand, centre)];
        Self { low, high, whole, halves, edges: [at_low, integrand.at(middle), at_high] }
    }

    /// Its two halves as panels.
    pub(super) fn split(
        &self,
        integrand: &Integrand<'_, impl Control + ?Sized>,
        centre: [f64; 2],
    ) -> [Self; 2] {
        let middle = f64::midpoint(self.low, self.high);
        let [at_low, at_middle, at_high] = self.edges;
        [
            Self::new([self.low, middle], self.halves[0], [at_low, at_middle], integrand, centre),
            Self::new([middle, self.high], self.halves[1], [at_middle, at_high], integrand, centre),
        ]
    }

    /// Whether its halves can be told from it.
    pub(super) fn divisible(&self) -> bool {
        divisible(self.low, self.high)
    }

    /// The integrals, by the rules of the halves.
    pub(super) fn sums(&self) -> Sums {
        self.halves[0].plus(&self.halves[1])
    }

    /// An estimate of what this panel's error does to the variance.
    pub(super) fn error(&self, sensitivity: &Sensitivity, centre: [f64; 2]) -> f64 {
        let fine = self.sums();
        let mut error = 0.0;
        for part in 0..2 {
            // About the mean and not the centre.
            let shift = sensitivity.shift[part];
            let mass = fine.mass - self.whole.mass;
            let first = fine.first[part] - self.whole.first[part];
            let second = fine.second[part] - self.whole.second[part];
            error += sensitivity.second * (second - shift * (2.0 * first - shift * mass)).abs();
            error += sensitivity.first * (first - shift * mass).abs();
        }
        error + self.missed(&fine, sensitivity, centre)
    }

    /// A jump of `∂c/∂z` between a panel's end and the node next to it is seen by neither rule. It shows in
    /// `∫ ∂c/∂y dy`, which must be the difference of c at the ends.
    fn missed(&self, fine: &Sums, sensitivity: &Sensitivity, centre: [f64; 2]) -> f64 {
        let [low, middle, high] = &self.edges;
        let defect = (fine.slope - (high.c - low.c)).abs();
        let rounding = 16.0 * f64::EPSILON * (high.c.abs() + low.c.abs() + fine.slope.abs());
        if defect <= rounding || !self.divisible() {
            return 0.0;
        }
        let points = [low, middle, high];
        let density = points.iter().map(|point| point.density).fold(0.0, f64::max);
        let mut steepest = 2.0 * sensitivity.first;
        for (part, centre) in centre.iter().enumerate() {
            let mean = centre + sensitivity.shift[part];
            let reach = points.iter().map(|point| (point.parts[part] - mean).abs()).fold(0.0, f64::max);
            steepest += 2.0 * sensitivity.second * reach;
        }
        defect * density * steepest
    }
}

impl Sums {
    fn new(low: f64, high: f64, integrand: &Integrand<'_, impl Control + ?Sized>, centre: [f64; 2]) -> Self {
        let mut sums = Self::default();
        for (y, weight) in nodes(low, high) {
            let point = integrand.at(y);
            let mass = weight * point.density;
            sums.mass += mass;
            sums.slope += weight * point.slope;
            for (part, centre) in centre.iter().enumerate() {
                let deviation = point.parts[part] - centre;
                sums.first[part] += mass * deviation;
                sums.second[part] += mass * deviation * deviation;
            }
        }
        sums
    }

    /// The integrals over two panels together.
    pub(super) fn plus(&self, other: &Self) -> Self {
        let add = |x: [f64; 2], y: [f64; 2]| [x[0] + y[0], x[1] + y[1]];
        Self {
            mass: self.mass + other.mass,
            first: add(self.first, other.first),
            second: add(self.second, other.second),
            slope: self.slope + other.slope,
        }
    }
}
