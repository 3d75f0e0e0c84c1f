//! Gauss–Legendre rules on fixed panels, nodes worked out here.

/// Nodes and weights of the rule of `degree` nodes on each panel between two of the increasing `breakpoints`.
#[must_use]
pub fn gauss_legendre(degree: usize, breakpoints: &[f64]) -> Vec<(f64, f64)> {
    let unit: Vec<(f64, f64)> = (0..degree).map(|i| unit_node(degree, i)).collect();
    let mut nodes = Vec::new();
    for ends in breakpoints.windows(2) {
        let (middle, half) = (f64::midpoint(ends[0], ends[1]), 0.5 * (ends[1] - ends[0]));
        nodes.extend(unit.iter().map(|&(x, weight)| (middle + half * x, half * weight)));
    }
    nodes
}

/// Breakpoints from `low` to `high`, at most `width` apart.
#[must_use]
pub fn panels(low: f64, high: f64, width: f64) -> Vec<f64> {
    let mut points = vec![low];
    while points[points.len() - 1] + width < high {
        points.push(points[points.len() - 1] + width);
    }
    points.push(high);
    points
}

/// Node `i` of the rule on (-1, 1), by Newton's method on the Legendre polynomial.
fn unit_node(degree: usize, i: usize) -> (f64, f64) {
    let n = degree as f64;
    let mut x = (std::f64::consts::PI * (i as f64 + 0.75) / (n + 0.5)).cos();
    let mut slope = 0.0;
    for _ in 0..50 {
        let (mut before, mut p) = (1.0, x);
        for k in 2..=degree {
            let k = k as f64;
            (before, p) = (p, ((2.0 * k - 1.0) * x * p - (k - 1.0) * before) / k);
        }
        slope = n * (x * p - before) / (x * x - 1.0);
        x -= p / slope;
    }
    (x, 2.0 / ((1.0 - x * x) * slope * slope))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_of_8_nodes_is_exact_to_degree_15() {
        let integral: f64 =
            gauss_legendre(8, &[0.0, 0.3, 2.0]).iter().map(|(x, weight)| weight * x.powi(15)).sum();
        // Rounding of a sum of 16 terms.
        assert!((integral / (2.0_f64.powi(16) / 16.0) - 1.0).abs() < 1e-14);
    }
}
