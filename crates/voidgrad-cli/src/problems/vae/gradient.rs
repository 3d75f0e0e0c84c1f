//! The estimator of the gradient by the logits of q(b|x).

use crate::trained::Trained;
use voidgrad::control_learning::Replay;
use voidgrad::estimator::AnyEstimator;
use voidgrad::estimators::{Auto, AutoError, Coupled, Listed, Method, MethodError, Needs, RelaxLoo, Setup};
use voidgrad::nalgebra::DVectorView;
use voidgrad::{Bernoulli, Control, Estimator, Stream};

use super::error::StepError;
use super::estimators;
use super::random;
use crate::choice::{self, Refusal};
use voidgrad_kit::number;
use voidgrad_models::{Model, Relaxed, Shared};

/// The most latent variables whose states are all visited.
const MOST_ENUMERATED: usize = 12;
/// Points at which f is evaluated for one image.
const MOST_POINTS: u64 = 10_000;

/// An estimator, with what its control relaxes.
pub(super) struct Gradient {
    estimator: Kind,
    /// Another one of the same kind, for the second layer of a model that has two.
    second: Option<AnyEstimator>,
    /// The control, if it relaxes f. The estimator has a copy with the data of the last plate.
    relaxed: Option<Relaxation>,
}

/// An estimator; one that chooses takes the data of its control from outside.
enum Kind {
    One(AnyEstimator),
    Choice(Box<Auto>),
}

/// The candidate of `auto` that has a control here.
pub(super) const CANDIDATE: &str = "relax";

/// A control that relaxes f, and what the estimator does with it.
type Relaxation = (Box<dyn Relaxed>, Form);

/// What an estimator does with a control that relaxes f.
#[derive(Debug, Clone, Copy)]
enum Form {
    /// z and z̃ have noise of their own.
    Independent,
    /// They have common noise.
    Coupled,
    /// Several samples, each the others' baseline.
    LeaveOneOut(u64),
    /// It is a candidate of `auto`.
    Candidate,
}

impl Form {
    fn of(self, control: Shared) -> Result<AnyEstimator, StepError> {
        Ok(match self {
            Self::Independent | Self::Candidate => Box::new(control),
            Self::Coupled => Box::new(Coupled::new(control)),
            Self::LeaveOneOut(samples) => Box::new(RelaxLoo::new(control, samples)?),
        })
    }
}

impl Kind {
    fn estimator(&self) -> &dyn Estimator {
        match self {
            Self::One(estimator) => &**estimator,
            Self::Choice(choice) => &**choice,
        }
    }
}

/// Whether a control is among the candidates of `auto`: RELAX takes one sample, and with K given all take K.
fn has_candidate(setup: &Setup) -> bool {
    setup.evaluations.is_none()
}

/// # Errors
/// Returns the reason why an estimator can't be used in both layers of a model that has two: a layer knows values of its f alone, and these as estimates.
fn check_has_layers(method: &Method, setup: &Setup) -> Result<(), String> {
    let needs = Bernoulli::estimator(method.name).map_or(method.needs, |row| row.method_of(setup).needs);
    let reason = match needs {
        Needs::Values if method.name == "auto" => "it chooses for one layer of latent variables",
        Needs::Values => return Ok(()),
        Needs::Control => "it has a control",
        Needs::Gradient | Needs::Flips => "it needs more of f than values",
    };
    Err(format!("{reason}; with two layers there are the estimators that need values of f alone"))
}

impl Gradient {
    /// The estimator, before its first round; weights come from the stream.
    ///
    /// # Errors
    /// Returns an error if the estimator can't be used with this model, or with so many evaluations.
    pub(super) fn new(
        method: &Trained,
        setup: &Setup,
        model: &dyn Model,
        stream: &mut Stream,
    ) -> Result<Self, Refusal> {
        let refuse = |reason: &dyn std::fmt::Display| Refusal {
            estimator: estimators::name(method),
            reason: number::shortened(&reason.to_string()),
        };
        let variables = model.latents();
        let bernoulli = Bernoulli::from_logits(&vec![0.0; variables]).map_err(|error| refuse(&error))?;
        let of_table = |stream: &mut Stream| -> Result<AnyEstimator, Refusal> {
            let row = estimators::row(method).map_err(|error| refuse(&error))?;
            row.make(setup, &bernoulli, stream).map_err(|error| refuse(&error))
        };
        let second = match model.second() {
            Some(_) => {
                check_has_layers(method, setup).map_err(|reason| refuse(&reason))?;
                Some(of_table(stream)?)
            }
            None => None,
        };
        let relaxed = Self::relaxed(method, setup, model, stream).map_err(|error| refuse(&error))?;
        let estimator = match &relaxed {
            Some((control, Form::Candidate)) => {
                let choice = Self::choice(setup, &bernoulli, stream).map_err(|error| refuse(&error))?;
                let choice = choice.with_candidate(CANDIDATE, Box::new(control.shared()));
                let with_costs = |choice: Auto| match &setup.costs[..] {
                    [] => Ok(choice),
                    costs => choice.with_named_costs(costs),
                };
                let choice = choice.and_then(with_costs).map_err(|error: AutoError| refuse(&error))?;
                Kind::Choice(Box::new(choice))
            }
            Some((control, form)) => Kind::One(form.of(control.shared()).map_err(|error| refuse(&error))?),
            None => Kind::One(of_table(stream)?),
        };
        let gradient = Self { estimator, second, relaxed };
        let estimator = gradient.estimator();
        let points = gradient.evaluations(&bernoulli);
        let (all, of_layers) = match model.second() {
            Some(_) => (2 * variables, " in each of two layers"),
            None => (variables, ""),
        };
        if points > MOST_POINTS || estimator.noise(&bernoulli) == 0 && all > MOST_ENUMERATED {
            return Err(refuse(&format!(
                "it evaluates f {} times for an image of {variables} latent variables{of_layers}; up to {} times is possible, which are all states of up to \
                 {MOST_ENUMERATED} variables",
                number::grouped(points),
                number::grouped(MOST_POINTS)
            )));
        }
        if gradient.relaxed.is_none() {
            estimator.suits(&bernoulli).map_err(|error| refuse(&error))?;
        }
        Ok(gradient)
    }

    /// Evaluations of f for one image in the next round: those of the first layer, times those of the second.
    pub(super) fn evaluations(&self, bernoulli: &Bernoulli) -> u64 {
        self.estimator().evaluations(bernoulli).saturating_mul(self.evaluations_of_second(bernoulli))
    }

    /// Evaluations of f for a point of the first layer; 1 if there is no second layer.
    fn evaluations_of_second(&self, bernoulli: &Bernoulli) -> u64 {
        self.second.as_ref().map_or(1, |second| second.evaluations(bernoulli))
    }

    /// Evaluations of f in so many estimates since the beginning.
    pub(super) fn evaluations_so_far(&self, bernoulli: &Bernoulli, estimates: u64) -> u64 {
        let of_first = choice::evaluations_so_far(self.estimator(), bernoulli, estimates);
        of_first.saturating_mul(self.evaluations_of_second(bernoulli))
    }

    /// The candidates of `auto` that have no control.
    fn choice(setup: &Setup, bernoulli: &Bernoulli, stream: &mut Stream) -> Result<Auto, MethodError> {
        Auto::of_table(&Setup { costs: Vec::new(), ..setup.clone() }, bernoulli, stream)
    }

    /// The names of the candidates of `auto`.
    ///
    /// # Errors
    /// Returns an error if there are none with this setup.
    pub(super) fn candidates(setup: &Setup, bernoulli: &Bernoulli) -> Result<Vec<String>, MethodError> {
        let choice = Self::choice(setup, bernoulli, &mut Stream::new(0, 0, 0))?;
        let mut names: Vec<String> = choice.names().map(str::to_owned).collect();
        names.extend(has_candidate(setup).then(|| CANDIDATE.to_owned()));
        Ok(names)
    }

    /// The control that relaxes f, if the estimator has one.
    fn relaxed(
        method: &Method,
        setup: &Setup,
        model: &dyn Model,
        stream: &mut Stream,
    ) -> Result<Option<Relaxation>, StepError> {
        let Some(controls) = model.controls() else { return Ok(None) };
        let rebar = || controls.rebar(&[setup.eta, setup.lambda.ln()]);
        let mut relax = || controls.relax(&random::phi_of_relax(model, stream));
        Ok(Some(match method.name {
            "rebar" => (rebar()?, Form::Independent),
            "rebar-coupled" => (rebar()?, Form::Coupled),
            "relax" => (relax()?, Form::Independent),
            "relax-coupled" => (relax()?, Form::Coupled),
            "relax-loo" => (relax()?, Form::LeaveOneOut(setup.evaluations.unwrap_or(2))),
            "auto" if has_candidate(setup) => (relax()?, Form::Candidate),
            _ => return Ok(None),
        }))
    }

    /// The estimator.
    pub(super) fn estimator(&self) -> &dyn Estimator {
        self.estimator.estimator()
    }

    /// The estimator of the second layer, if there is one.
    pub(super) fn second(&self) -> Option<&dyn Estimator> {
        self.second.as_deref().map(|second| second as &dyn Estimator)
    }

    /// The same with another estimator in the second layer.
    #[cfg(test)]
    pub(super) fn with_second(self, second: AnyEstimator) -> Self {
        Self { second: Some(second), ..self }
    }

    /// The estimator of the second layer, to learn from a plate.
    pub(super) fn second_mut(&mut self) -> Option<&mut AnyEstimator> {
        self.second.as_mut()
    }

    /// The estimator, to learn from a plate.
    pub(super) fn estimator_mut(&mut self) -> &mut dyn Estimator {
        match &mut self.estimator {
            Kind::One(estimator) => &mut **estimator,
            Kind::Choice(choice) => &mut **choice,
        }
    }

    /// The control with its parameters, if there is one.
    pub(super) fn control(&self) -> Option<&dyn Control> {
        match &self.relaxed {
            Some((control, _)) => Some(control.control()),
            None => self.estimator().control(),
        }
    }

    /// Gives a control that relaxes f the data of a plate.
    ///
    /// # Errors
    /// Returns an error if a number is NaN or infinite.
    pub(super) fn set_data(&mut self, x: &[f64], q: &[f64], decoder: &[f64]) -> Result<(), StepError> {
        if let Some((control, form)) = &mut self.relaxed {
            control.set_data(x, q, decoder)?;
            let estimator = form.of(control.shared())?;
            match &mut self.estimator {
                Kind::One(own) => *own = estimator,
                Kind::Choice(choice) => choice.replace(CANDIDATE, estimator)?,
            }
        }
        Ok(())
    }

    /// Takes the parameters of the control, if there is one.
    ///
    /// # Errors
    /// Returns an error if there are more or fewer of them.
    pub(super) fn set_phi(&mut self, phi: &[f64]) -> Result<(), StepError> {
        let phi = DVectorView::from_slice(phi, phi.len());
        if let Some((control, _)) = &mut self.relaxed {
            control.control_mut().set_phi(phi)?;
        } else if let Some(control) = self.estimator_mut().control_mut() {
            control.set_phi(phi)?;
        }
        Ok(())
    }

    /// A step of a learner of the control that relaxes f, along what it has drawn: `x` are the images of these rows.
    ///
    /// # Errors
    /// Returns an error if a number is NaN or infinite.
    pub(super) fn learn(&mut self, replay: &mut Replay, x: &[f64], decoder: &[f64]) -> Result<(), StepError> {
        if let Some((control, _)) = &mut self.relaxed {
            control.set_data(x, replay.logits(), decoder)?;
            replay.step(control.control_mut())?;
        }
        Ok(())
    }

    /// The parameters of the control that are numbers of their own, by name: η and λ, and no weights.
    pub(super) fn numbers(&self) -> Vec<(String, f64)> {
        let mut named = self.control().map_or_else(Vec::new, Control::named);
        named.retain(|(name, _)| !name.contains('['));
        named
    }
}
