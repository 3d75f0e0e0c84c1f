//! Derivatives of the controls worked out by hand: what the generated ones are held against.

use nalgebra::{SMatrix, SVector};
use voidgrad_real::sigmoid;

type Column = SVector<f64, 5>;
type Square = SMatrix<f64, 5, 5>;

/// `c(z)`, `∂c/∂z`, `∂c/∂φ` and `∂²c/∂z∂φ` at one z.
pub(crate) struct Derivatives {
    pub(crate) c: f64,
    pub(crate) c_z: f64,
    pub(crate) c_phi: Vec<f64>,
    pub(crate) c_z_phi: Vec<f64>,
}

/// `k(x) = (σ(x) - t)²` and its first two derivatives.
fn relaxed(x: f64, target: f64) -> [f64; 3] {
    let s = sigmoid(x);
    let s_x = s * sigmoid(-x);
    let s_xx = -s_x * (0.5 * x).tanh();
    [(s - target) * (s - target), 2.0 * (s - target) * s_x, 2.0 * s_x * s_x + 2.0 * (s - target) * s_xx]
}

/// REBAR at `φ = (η, ln λ)`: with `x = z/λ`, `∂x/∂ln λ = -x`.
pub(crate) fn rebar(z: f64, phi: &[f64], target: f64) -> Derivatives {
    let (eta, lambda) = (phi[0], phi[1].exp());
    let x = z / lambda;
    let [k, k_x, k_xx] = relaxed(x, target);
    Derivatives {
        c: eta * k,
        c_z: eta * k_x / lambda,
        c_phi: vec![k, -eta * x * k_x],
        c_z_phi: vec![k_x / lambda, -eta * (x * k_xx + k_x) / lambda],
    }
}

/// RELAX at `φ = (ln λ, w₁, b₁, W₂, b₂, w₃, b₃)`, with or without the last `ReLU`.
pub(crate) fn relax(z: f64, phi: &[f64], target: f64, last_relu: bool) -> Derivatives {
    let lambda = phi[0].exp();
    let x = z / lambda;
    let [k, k_x, k_xx] = relaxed(x, target);
    let (w1, b1) = (Column::from_column_slice(&phi[1..6]), Column::from_column_slice(&phi[6..11]));
    let (w2, b2) = (Square::from_column_slice(&phi[11..36]), Column::from_column_slice(&phi[36..41]));
    let (w3, b3) = (Column::from_column_slice(&phi[41..46]), phi[46]);

    let x1 = w1 * z + b1;
    let mask1 = x1.map(step);
    let (h1, h1_z) = (x1.component_mul(&mask1), w1.component_mul(&mask1));
    let x2 = w2 * h1 + b2;
    let mask2 = x2.map(step);
    let (h2, h2_z) = (x2.component_mul(&mask2), (w2 * h1_z).component_mul(&mask2));
    let x3 = w3.dot(&h2) + b3;
    let mask3 = if last_relu { step(x3) } else { 1.0 };

    // Backwards from r, and from r_z: the masks are constant almost everywhere.
    let x2_bar = w3.component_mul(&mask2) * mask3;
    let x1_bar = (w2.transpose() * x2_bar).component_mul(&mask1);
    let flat = |ln_lambda: f64, w1: Column, b1: Column, w2: Square, b2: Column, w3: Column, b3: f64| {
        let mut phi = vec![ln_lambda];
        for part in [w1.as_slice(), b1.as_slice(), w2.as_slice(), b2.as_slice(), w3.as_slice(), &[b3]] {
            phi.extend_from_slice(part);
        }
        phi
    };
    let zero = Column::zeros();
    Derivatives {
        c: k + mask3 * x3,
        c_z: k_x / lambda + mask3 * w3.dot(&h2_z),
        c_phi: flat(-x * k_x, x1_bar * z, x1_bar, x2_bar * h1.transpose(), x2_bar, h2 * mask3, mask3),
        c_z_phi: flat(
            -(x * k_xx + k_x) / lambda,
            x1_bar,
            zero,
            x2_bar * h1_z.transpose(),
            zero,
            h2_z * mask3,
            0.0,
        ),
    }
}

/// Where the slope of RELAX's network jumps, between -50 and 50, in increasing order.
pub(crate) fn kinks(phi: &[f64], last_relu: bool) -> Vec<f64> {
    let (w1, b1) = (Column::from_column_slice(&phi[1..6]), Column::from_column_slice(&phi[6..11]));
    let (w2, b2) = (Square::from_column_slice(&phi[11..36]), Column::from_column_slice(&phi[36..41]));
    let (w3, b3) = (Column::from_column_slice(&phi[41..46]), phi[46]);
    let relu = |x: Column| x.map(|x| x.max(0.0));
    let second = |z: f64| w2 * relu(w1 * z + b1) + b2;
    let mut ends = vec![-50.0, 50.0];
    ends.extend(w1.iter().zip(&b1).map(|(w, b)| -b / w).filter(|kink| kink.abs() < 50.0));
    ends.sort_by(f64::total_cmp);
    // Every layer is linear between the kinks of those before it.
    let second_layer: Vec<f64> = (0..5).flat_map(|i| roots(&ends, |z| second(z)[i])).collect();
    ends.extend(second_layer);
    ends.sort_by(f64::total_cmp);
    if last_relu {
        ends.extend(roots(&ends, |z| w3.dot(&relu(second(z))) + b3));
        ends.sort_by(f64::total_cmp);
    }
    ends[1..ends.len() - 1].to_vec()
}

/// The roots of a function that is linear between these points.
fn roots(ends: &[f64], x: impl Fn(f64) -> f64) -> Vec<f64> {
    ends.windows(2)
        .filter_map(|ends| {
            let (low, high) = (x(ends[0]), x(ends[1]));
            (low * high < 0.0).then(|| ends[0] + (ends[1] - ends[0]) * low / (low - high))
        })
        .collect()
}

fn step(x: f64) -> f64 {
    f64::from(u8::from(x > 0.0))
}
