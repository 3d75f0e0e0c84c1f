//! Integrals of many functions at once.

use super::Tolerance;
use super::nodes::{divisible, nodes};

/// `∫ f(x) dx` between the first and the last of the breakpoints, entry by entry; `add(x, w, sum)` adds `w·f(x)`.
///
/// A panel is bisected until the rules of the whole and of its halves agree in all entries. The relative tolerance is a fraction of the panels' largest entries,
/// added up without their signs.
///
/// # Errors
/// Returns the error as far as it is known if the tolerance is out of reach. A NaN ends the refinement, and is in the result.
pub(super) fn integrate(
    entries: usize,
    add: impl Fn(f64, f64, &mut [f64]),
    breakpoints: &[f64],
    tolerance: Tolerance,
) -> Result<Vec<f64>, f64> {
    let rule = |low: f64, high: f64| {
        let mut sum = vec![0.0; entries];
        nodes(low, high).for_each(|(x, weight)| add(x, weight, &mut sum));
        sum
    };
    let mut panels: Vec<Panel> = breakpoints
        .windows(2)
        .filter(|ends| divisible(ends[0], ends[1]))
        .map(|ends| Panel::new(ends[0], ends[1], &rule(ends[0], ends[1]), &rule))
        .collect();
    loop {
        let error: f64 = panels.iter().map(|panel| panel.error).sum();
        let size: f64 = panels.iter().map(|panel| panel.size).sum();
        let allowed = tolerance.absolute.max(tolerance.relative * size);
        let unfinished = error > allowed;
        if !unfinished {
            let mut value = vec![0.0; entries];
            for half in panels.iter().flat_map(|panel| &panel.halves) {
                value.iter_mut().zip(half).for_each(|(sum, part)| *sum += part);
            }
            return Ok(value);
        }
        let share = allowed / (2.0 * panels.len() as f64);
        let before = panels.len();
        for i in 0..before {
            let Panel { low, high, error, .. } = panels[i];
            if error > share && divisible(low, high) {
                let middle = f64::midpoint(low, high);
                let upper = Panel::new(middle, high, &panels[i].halves[1], &rule);
                panels[i] = Panel::new(low, middle, &panels[i].halves[0], &rule);
                panels.push(upper);
            }
        }
        if panels.len() == before || panels.len() > tolerance.panels {
            return Err(error);
        }
    }
}

struct Panel {
    low: f64,
    high: f64,
    halves: [Vec<f64>; 2],
    /// The largest difference between the whole and the halves.
    error: f64,
    /// The largest entry.
    size: f64,
}

impl Panel {
    fn new(low: f64, high: f64, whole: &[f64], rule: &impl Fn(f64, f64) -> Vec<f64>) -> Self {
        let middle = f64::midpoint(low, high);
        let halves = [rule(low, middle), rule(middle, high)];
        let (mut error, mut size) = (0.0_f64, 0.0_f64);
        for (whole, (first, second)) in whole.iter().zip(halves[0].iter().zip(&halves[1])) {
            error = error.max((whole - (first + second)).abs());
            size = size.max(first.abs() + second.abs());
        }
        Self { low, high, halves, error, size }
    }
}
