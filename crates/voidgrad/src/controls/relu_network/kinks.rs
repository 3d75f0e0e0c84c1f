//! The kinks of RELAX's network.

use nalgebra::{DVector, SMatrix, SVector};

use super::{ReluNetwork, WEIGHTS, Weights};
use crate::control::Control as _;
use crate::controls::kinked::{Kink, Kinked, in_order};

type Column = SVector<f64, 5>;

/// A unit with a `ReLU`.
#[derive(Clone, Copy)]
enum Unit {
    First(usize),
    Second(usize),
    Last,
}

/// A z at which the input of a unit changes its sign.
struct Root {
    z: f64,
    /// Whether the input is positive to the right of it.
    opens: bool,
}

/// The network at one z: what is added up in each unit, and which of them are open, 1 or 0.
struct At {
    z: f64,
    first: Column,
    second: Column,
    last: f64,
    open: Open,
}

#[derive(Clone, Copy)]
struct Open {
    first: Column,
    second: Column,
    last: f64,
}

impl Open {
    fn with(mut self, unit: Unit, open: f64) -> Self {
        match unit {
            Unit::First(i) => self.first[i] = open,
            Unit::Second(i) => self.second[i] = open,
            Unit::Last => self.last = open,
        }
        self
    }
}

fn is_open(x: f64) -> f64 {
    f64::from(u8::from(x > 0.0))
}

impl ReluNetwork {
    fn inputs(&self, z: f64) -> At {
        let Weights { w1, b1, w2, b2, w3, b3 } = self.weights;
        let first = w1 * z + b1;
        let second = w2 * first.map(|x| x.max(0.0)) + b2;
        let last = w3.dot(&second.map(|x| x.max(0.0))) + b3;
        let open = if self.ends_in_relu { is_open(last) } else { 1.0 };
        let open = Open { first: first.map(is_open), second: second.map(is_open), last: open };
        At { z, first, second, last, open }
    }

    /// `∂r/∂z` with these units open.
    fn slope(&self, open: &Open) -> f64 {
        let Weights { w1, w2, w3, .. } = self.weights;
        let first = w1.component_mul(&open.first);
        open.last * w3.dot(&(w2 * first).component_mul(&open.second))
    }

    /// What r changes by with the output of a unit.
    fn gain(&self, unit: Unit, open: &Open) -> f64 {
        let Weights { w2, w3, .. } = self.weights;
        match unit {
            Unit::First(i) => open.last * w2.column(i).dot(&w3.component_mul(&open.second)),
            Unit::Second(i) => open.last * w3[i],
            Unit::Last => 1.0,
        }
    }

    /// The derivatives of a unit's input by the weights.
    fn input_by_weights(&self, unit: Unit, at: &At) -> Weights {
        let (zero, none) = (Column::zeros(), SMatrix::zeros());
        let mut by = Weights { w1: zero, b1: zero, w2: none, b2: zero, w3: zero, b3: 0.0 };
        let mut by_second = zero;
        match unit {
            Unit::First(i) => {
                (by.w1[i], by.b1[i]) = (at.z, 1.0);
                return by;
            }
            Unit::Second(i) => by_second[i] = 1.0,
            Unit::Last => {
                by.w3 = at.second.component_mul(&at.open.second);
                by.b3 = 1.0;
                by_second = self.weights.w3.component_mul(&at.open.second);
            }
        }
        let by_first = self.weights.w2.tr_mul(&by_second).component_mul(&at.open.first);
        by.w1 = by_first * at.z;
        by.b1 = by_first;
        by.w2 = by_second * at.first.component_mul(&at.open.first).transpose();
        by.b2 = by_second;
        by
    }

    fn kink(&self, unit: Unit, root: &Root) -> Kink {
        let at = self.inputs(root.z);
        // Rounding leaves the unit itself on either side.
        let [closed, open] = [0.0, 1.0].map(|own| self.slope(&at.open.with(unit, own)));
        let slopes = if root.opens { [closed, open] } else { [open, closed] };
        // With the input x of the unit, J = gain·|∂x/∂z| and ∂κ/∂φ = -(∂x/∂φ)/(∂x/∂z): nothing is divided.
        let gain = self.gain(unit, &at.open);
        let factor = if root.opens { -gain } else { gain };
        let by = self.input_by_weights(unit, &at);
        let moved = DVector::from_iterator(WEIGHTS, by.iter().map(|entry| factor * entry));
        Kink { z: root.z, slopes, moved }
    }
}

impl Kinked for ReluNetwork {
    /// At most 71: five of the first layer, then a root of each unit in each interval between those of the layers before it. The input of a unit is linear there, so its
    /// roots are found without a search.
    fn kinks(&self) -> Vec<Kink> {
        let Weights { w1, b1, .. } = self.weights;
        let mut found: Vec<(Unit, Root)> = Vec::with_capacity(self.parameters());
        let sloped = (0..5).filter(|&i| w1[i] != 0.0);
        found.extend(sloped.map(|i| (Unit::First(i), Root { z: -b1[i] / w1[i], opens: w1[i] > 0.0 })));
        let ends = places(&found);
        for i in 0..5 {
            let roots = roots(&ends, |z| self.inputs(z).second[i]);
            found.extend(roots.into_iter().map(|root| (Unit::Second(i), root)));
        }
        if self.ends_in_relu {
            let roots = roots(&places(&found), |z| self.inputs(z).last);
            found.extend(roots.into_iter().map(|root| (Unit::Last, root)));
        }
        in_order(found.iter().map(|(unit, root)| self.kink(*unit, root)).collect())
    }
}

fn places(found: &[(Unit, Root)]) -> Vec<f64> {
    let mut places: Vec<f64> = found.iter().map(|(_, root)| root.z).filter(|z| z.is_finite()).collect();
    places.sort_by(f64::total_cmp);
    places
}

/// The roots of a function that is linear between these points in ascending order, and beyond them.
fn roots(ends: &[f64], x: impl Fn(f64) -> f64) -> Vec<Root> {
    // Without points it is constant.
    let (Some(&lowest), Some(&highest)) = (ends.first(), ends.last()) else { return Vec::new() };
    let values: Vec<f64> = ends.iter().map(|&end| x(end)).collect();
    let mut roots = Vec::new();
    // Each point has one value for both of its sides, so that rounding can't lose a root beside it.
    for (ends, values) in ends.windows(2).zip(values.windows(2)) {
        let (low, high) = (values[0], values[1]);
        if (low > 0.0) != (high > 0.0) {
            let z = ends[0] + (ends[1] - ends[0]) * (low / (low - high));
            roots.push(Root { z, opens: high > 0.0 });
        }
    }
    let tails = [(lowest, values[0], -1.0), (highest, values[values.len() - 1], 1.0)];
    for (end, near, direction) in tails {
        let step = direction * (1.0 + end.abs());
        let rise = x(end + step) - near;
        let far_is_positive = if rise == 0.0 { near > 0.0 } else { rise > 0.0 };
        if (near > 0.0) != far_is_positive {
            let opens = far_is_positive == (direction > 0.0);
            roots.push(Root { z: end - step * (near / rise), opens });
        }
    }
    roots
}
