//! The traits of distributions.

use super::{Counts, Law};
use crate::distribution::divergence::saturated;
use crate::distribution::{ClosedForms, Distribution};
use crate::error::{DistributionError, SampleError, ShapeMismatch, same_length};
use crate::noise::Rule;

/// The parameters are M numbers a, a sample is M counts, and it takes M uniform numbers.
impl<L: Law> Distribution for Counts<L> {
    fn parameters(&self) -> &[f64] {
        &self.a
    }

    fn set_parameters(&mut self, parameters: &[f64]) -> Result<(), DistributionError> {
        self.assign(parameters)
    }

    fn dimension(&self) -> usize {
        self.len()
    }

    fn uniforms(&self) -> usize {
        self.len()
    }

    fn sample(&self, u: &[f64], b: &mut [f64]) {
        assert_eq!((u.len(), b.len()), (self.len(), self.len()), "one number for each count");
        for ((b, &u), &a) in b.iter_mut().zip(u).zip(&self.a) {
            *b = self.law.count(u, a);
        }
    }

    fn rule(&self) -> Option<Rule> {
        Some(Rule::new(self.a.iter().map(|a| self.law.nodes(*a)).collect::<Option<_>>()?))
    }

    /// An error says so if an entry is no count, or one that is too large for the law.
    fn ln_p(&self, b: &[f64]) -> Result<f64, SampleError> {
        same_length("b", b.len(), self.len())?;
        if let Some(index) = b.iter().position(|b| !self.law.takes(*b)) {
            let allowed = match self.law.most() {
                Some(most) => format!("a whole number from 0 to {most}").into(),
                None => "a whole number from 0 on".into(),
            };
            return Err(SampleError::Entry { index, value: b[index], allowed });
        }
        Ok(saturated(b.iter().zip(&self.a).map(|(b, a)| self.law.ln_p(*b, *a)).sum()))
    }

    fn mode(&self, b: &mut [f64]) {
        self.write(b, L::mode);
    }

    fn score(&self, b: &[f64], score: &mut [f64]) {
        score.fill(0.0);
        self.add_score(1.0, b, score);
    }

    fn add_score(&self, weight: f64, b: &[f64], gradient: &mut [f64]) {
        assert_eq!((b.len(), gradient.len()), (self.len(), self.len()), "one number for each count");
        for ((gradient, b), a) in gradient.iter_mut().zip(b).zip(&self.a) {
            *gradient += weight * self.law.score(*b, *a);
        }
    }
}

impl<L: Law> ClosedForms for Counts<L> {
    fn mean(&self, mean: &mut [f64]) {
        self.write(mean, L::mean);
    }

    fn entropy(&self) -> f64 {
        self.a.iter().map(|a| self.law.entropy(*a)).sum()
    }

    fn add_entropy_gradient(&self, weight: f64, gradient: &mut [f64]) {
        assert_eq!(gradient.len(), self.len(), "one entry for each count");
        for (gradient, a) in gradient.iter_mut().zip(&self.a) {
            *gradient += weight * self.law.entropy_d_a(*a);
        }
    }

    /// The error of another distribution names its number of counts, or its largest one.
    fn kl(&self, other: &Self) -> Result<f64, ShapeMismatch> {
        self.same_shape(other)?;
        Ok(saturated(self.a.iter().zip(&other.a).map(|(a, other)| self.law.kl(*a, *other)).sum()))
    }

    fn add_kl_gradient(&self, weight: f64, other: &Self, gradient: &mut [f64]) -> Result<(), ShapeMismatch> {
        self.same_shape(other)?;
        assert_eq!(gradient.len(), self.len(), "one entry for each count");
        for (gradient, (a, other)) in gradient.iter_mut().zip(self.a.iter().zip(&other.a)) {
            *gradient += weight * self.law.kl_d_a(*a, *other);
        }
        Ok(())
    }

    fn add_kl_gradient_of_other(
        &self,
        weight: f64,
        other: &Self,
        gradient: &mut [f64],
    ) -> Result<(), ShapeMismatch> {
        self.same_shape(other)?;
        assert_eq!(gradient.len(), self.len(), "one entry for each count");
        for (gradient, (a, other)) in gradient.iter_mut().zip(self.a.iter().zip(&other.a)) {
            *gradient += weight * self.law.kl_d_a_other(*a, *other);
        }
        Ok(())
    }
}

impl<L: Law> Counts<L> {
    /// Writes a function of every parameter.
    fn write(&self, numbers: &mut [f64], of: impl Fn(&L, f64) -> f64) {
        assert_eq!(numbers.len(), self.len(), "one entry for each count");
        numbers.iter_mut().zip(&self.a).for_each(|(number, a)| *number = of(&self.law, *a));
    }

    /// Refuses another number of counts, and other largest ones.
    fn same_shape(&self, other: &Self) -> Result<(), ShapeMismatch> {
        same_length("the other distribution", other.len(), self.len())?;
        let [found, expected] = [other, self].map(|counts| counts.law.most().map_or(0, |most| most as usize));
        same_length("the largest count of the other distribution", found, expected)
    }
}
