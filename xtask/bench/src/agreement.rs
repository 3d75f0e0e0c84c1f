//! Whether an implementation computes the same as the reference; before that, none is timed.

use super::case::{Case, LEARNING_RATE, Precision};
use super::given::Given;
use super::implementation::{Contestant, Noise};
use super::reference::{Reference, Terms};
use voidgrad_kit::error::Error;

/// The reference of one case, with what it says of the noise that all are compared on.
pub(crate) struct Agreement {
    reference: Reference,
    given: Given,
    /// The reference's sums over the given noise.
    expected: Vec<f64>,
    /// How large a difference counts as one, for each sum.
    scales: Vec<f64>,
    /// The reference's terms over noise of its own; none for a training step.
    moments: Option<(f64, Vec<Terms>)>,
}

/// How many standard errors two means may be apart. A mean of thousands of terms is normal enough for 6 of them to mean
/// one false alarm in 10⁸ sums.
const STANDARD_ERRORS: f64 = 6.0;

impl Agreement {
    /// The reference of a case.
    pub(crate) fn of(case: Case) -> Result<Self, Error> {
        let (reference, given) = (Reference::new(case)?, Given::of(case));
        let expected = reference.sums(Noise::Given, &given)?;
        if matches!(reference, Reference::Model(_)) {
            return Ok(Self { reference, given, expected, scales: Vec::new(), moments: None });
        }
        if case == Case::Step {
            // The farthest that Adam moves a parameter.
            let scales = vec![LEARNING_RATE * given.samples() as f64; expected.len()];
            return Ok(Self { reference, given, expected, scales, moments: None });
        }
        let scales = reference.terms(&given)?.iter().map(|terms| terms.size).collect();
        let many = Given::many(case);
        let moments = Some((many.samples() as f64, reference.terms(&many)?));
        Ok(Self { reference, given, expected, scales, moments })
    }

    /// Refuses an implementation that computes something else. Answers whether it is one of its own: where the library
    /// has no kernel in `f32`, its batches are the reference's, in `f64`, to the last bit.
    ///
    /// # Errors
    /// With the implementation's name and the first sum that differs.
    pub(crate) fn check(&self, contestant: &mut Contestant) -> Result<bool, Error> {
        let compared = contestant.implementation.compared(&self.given)?;
        let tolerance = contestant.precision.tolerance();
        let expected = match compared.noise {
            Noise::Given => &self.expected,
            other => &self.reference.sums(other, &self.given)?,
        };
        self.count(contestant, &compared.sums)?;
        if self.reference.is_model() {
            Self::check_model(contestant, &compared.sums, expected)?;
            return Ok(true);
        }
        for (index, ((found, expected), scale)) in
            compared.sums.iter().zip(expected).zip(&self.scales).enumerate()
        {
            let bound = tolerance * scale;
            // Written so that NaN is refused.
            let agrees = (found - expected).abs() <= bound;
            if !agrees {
                let sum = self.name(index);
                return Err(refused(
                    contestant,
                    &format!("{sum} is {found} where the reference has {expected} ± {bound:.1e}"),
                ));
            }
        }
        self.check_means(contestant)?;
        Ok(contestant.precision == Precision::F64 || compared.sums != *expected)
    }

    /// All parameters of a model together: how far they are from the reference's, relative to how far those moved.
    ///
    /// Adam divides by the size of the gradient, so one of a hundred thousand parameters whose gradient is nearly 0 moves by what rounding leaves of it. One that moves
    /// another way for another reason is more than the tolerance of `f32`: all moved about as far, and there are fewer than 10⁶ of them.
    fn check_model(contestant: &Contestant, found: &[f64], expected: &[f64]) -> Result<(), Error> {
        let distance =
            |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
        let moved = distance(expected, &contestant.case.phi()?);
        let relative = distance(found, expected) / moved;
        let tolerance = contestant.precision.tolerance();
        // Written so that NaN is refused.
        let agrees = relative <= tolerance;
        if agrees {
            return Ok(());
        }
        let what = format!(
            "the parameters are {relative:.1e} of their way from the reference's, more than {tolerance:.0e}"
        );
        Err(refused(contestant, &what))
    }

    /// The means over noise of its own.
    fn check_means(&self, contestant: &mut Contestant) -> Result<(), Error> {
        let Some((count, moments)) = &self.moments else { return Ok(()) };
        let run = contestant.implementation.run(contestant.case.checked_samples(contestant.name))?;
        self.count(contestant, &run.sums)?;
        let samples = run.samples as f64;
        for (index, (sum, terms)) in run.sums.iter().zip(moments).enumerate() {
            let (mean, expected) = (sum / samples, terms.sum / count);
            let variance = (terms.square / count - expected * expected).max(0.0);
            let bound = STANDARD_ERRORS * (variance * (1.0 / samples + 1.0 / count)).sqrt()
                + contestant.precision.tolerance() * terms.size / count;
            let agrees = (mean - expected).abs() <= bound;
            if !agrees {
                let sum = self.name(index);
                return Err(refused(
                    contestant,
                    &format!(
                        "the mean of {sum} over its own noise is {mean} where the reference has {expected} ± {bound:.1e}"
                    ),
                ));
            }
        }
        Ok(())
    }

    fn count(&self, contestant: &Contestant, sums: &[f64]) -> Result<(), Error> {
        let (found, expected) = (sums.len(), self.expected.len());
        if found == expected {
            Ok(())
        } else {
            Err(refused(contestant, &format!("{found} sums where the reference has {expected}")))
        }
    }

    /// What a sum is called.
    fn name(&self, index: usize) -> String {
        let variables = self.given.variables;
        match index {
            _ if self.moments.is_none() && index < variables => format!("logit {index}"),
            _ if self.moments.is_none() => format!("φ[{}]", index - variables),
            _ if index < variables => format!("Σĝ[{index}]"),
            _ if index == variables => "Σĝ²".to_owned(),
            _ => format!("∂/∂φ[{}] Σĝ²", index - variables - 1),
        }
    }
}

fn refused(contestant: &Contestant, what: &str) -> Error {
    let Contestant { case, precision, name, .. } = contestant;
    Error::computation(format!(
        "{name} computes something else in {} {}: {what}",
        case.name(),
        precision.name()
    ))
}
