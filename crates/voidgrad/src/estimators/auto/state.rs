//! The state of a choice, as named arrays.

use std::borrow::Cow;

use super::candidate::Candidate;
use super::progress::Progress;
use super::{Auto, Stretch};
use crate::distribution::Distribution;
use crate::error::{ShapeMismatch, same_length};
use crate::estimator::{Estimator as _, Learned, learned};

/// The names of the arrays; those of a candidate come after its name.
const NOW: &str = "now";
const CHOICES: &str = "choices";
const COSTS: &str = "costs";
const SCORES: &str = "scores";
const MEASURED: &str = "measured";
const STREAKS: &str = "streaks";
const LEVELS: &str = "levels";
const TURNS: &str = "turns";
const LESSONS: &str = "lessons";
const LAST: &str = "last";
const NORMS: &str = "norms";
const STEPS: &str = "steps";

/// A count, which is exact up to 2⁵³.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the value is looked at before")]
fn whole(value: f64) -> Option<u64> {
    (value >= 0.0 && value <= (1_u64 << 53) as f64 && value.fract() == 0.0).then_some(value as u64)
}

/// The same as a place or a length.
pub(super) fn place(value: f64) -> Option<usize> {
    whole(value).and_then(|place| usize::try_from(place).ok())
}

impl<D: Distribution> Auto<D> {
    /// What has been measured, and what the candidates have learned.
    pub(super) fn learned(&self) -> Learned {
        let Self { candidates, spent, current, used, best, choices, progress, .. } = self;
        let of_all = |value: fn(&Candidate<D>) -> f64| candidates.iter().map(value).collect();
        let stretch = |stretch: &Stretch| {
            let Stretch { best, rounds, trials, evaluations } = *stretch;
            [best as f64, rounds as f64, trials as f64, evaluations as f64]
        };
        let mut state: Learned = vec![
            (NOW.into(), vec![*spent, *current as f64, *best as f64, *used as f64]),
            (CHOICES.into(), choices.iter().flat_map(stretch).collect()),
            (COSTS.into(), of_all(|candidate| candidate.cost)),
            (SCORES.into(), of_all(|candidate| candidate.score)),
            (MEASURED.into(), of_all(|candidate| candidate.measured)),
            (STREAKS.into(), of_all(|candidate| candidate.streak)),
            (LEVELS.into(), of_all(|candidate| candidate.level)),
            (TURNS.into(), of_all(|candidate| candidate.turn as f64)),
            (LESSONS.into(), of_all(|candidate| candidate.lessons as f64)),
            (LAST.into(), of_all(|candidate| candidate.last)),
            (NORMS.into(), of_all(|candidate| candidate.norm)),
            (STEPS.into(), progress.state()),
        ];
        for Candidate { name, estimator, .. } in candidates {
            let named = estimator.state().into_iter();
            state.extend(named.map(|(array, values)| (format!("{name}/{array}").into(), values)));
        }
        state
    }

    /// Takes over what [`learned`](Self::learned) gave.
    ///
    /// # Errors
    /// Returns an error if an array is missing, has another length, or names a candidate that is not there; then nothing has changed.
    pub(super) fn take(&mut self, state: &[(&str, &[f64])]) -> Result<(), ShapeMismatch> {
        same_length("the estimator's state", state.len(), self.learned().len())?;
        let count = self.candidates.len();
        let now = learned(state, NOW, Some(4))?;
        let progress = Progress::of_state(learned(state, STEPS, None)?)?;
        let choices = learned(state, CHOICES, None)?;
        same_length(CHOICES, choices.len(), choices.len().next_multiple_of(4))?;
        let of_all = |name| learned(state, name, Some(count));
        let (costs, scores, measured) = (of_all(COSTS)?, of_all(SCORES)?, of_all(MEASURED)?);
        let (streaks, levels) = (of_all(STREAKS)?, of_all(LEVELS)?);
        let turns = of_all(TURNS)?;
        let (lessons, last, norms) = (of_all(LESSONS)?, of_all(LAST)?, of_all(NORMS)?);
        let of_candidate = |number: f64| {
            let expected = count - 1;
            let place = place(number).unwrap_or(usize::MAX);
            if place < count {
                Ok(place)
            } else {
                Err(ShapeMismatch { name: "a candidate's place", found: place, expected })
            }
        };
        let (current, best, used) = (of_candidate(now[1])?, of_candidate(now[2])?, of_candidate(now[3])?);
        let stretch = |numbers: &[f64]| {
            let [rounds, trials, evaluations] = [1, 2, 3].map(|i| whole(numbers[i]).unwrap_or_default());
            Ok(Stretch { best: of_candidate(numbers[0])?, rounds, trials, evaluations })
        };
        let choices =
            choices.chunks_exact(4).map(stretch).collect::<Result<Vec<Stretch>, ShapeMismatch>>()?;
        let before: Vec<Learned> =
            self.candidates.iter().map(|candidate| candidate.estimator.state()).collect();
        for place in 0..count {
            let Candidate { name, estimator, .. } = &mut self.candidates[place];
            let arrays = estimator.state();
            let full: Vec<String> = arrays.iter().map(|(array, _)| format!("{name}/{array}")).collect();
            let find = |(full, (array, _)): (&String, &'_ (Cow<'static, str>, Vec<f64>))| {
                let (_, values) = state.iter().find(|(name, _)| name == full)?;
                Some((array.clone(), *values))
            };
            let own: Vec<(Cow<'static, str>, &[f64])> = full.iter().zip(&arrays).filter_map(find).collect();
            let own: Vec<(&str, &[f64])> = own.iter().map(|(array, values)| (&**array, *values)).collect();
            // One that learns nothing has no array, and takes none.
            if let Err(error) = estimator.restore(&own) {
                for (candidate, before) in self.candidates.iter_mut().zip(&before).take(place) {
                    let before: Vec<(&str, &[f64])> =
                        before.iter().map(|(array, values)| (&**array, values.as_slice())).collect();
                    candidate.estimator.restore(&before)?;
                }
                return Err(error);
            }
        }
        for (i, candidate) in self.candidates.iter_mut().enumerate() {
            candidate.cost = costs[i];
            candidate.score = scores[i];
            candidate.measured = measured[i];
            candidate.streak = streaks[i];
            candidate.level = levels[i];
            candidate.turn = whole(turns[i]).unwrap_or_default();
            candidate.lessons = whole(lessons[i]).unwrap_or_default();
            candidate.last = last[i];
            candidate.norm = norms[i];
            candidate.forget();
        }
        (self.spent, self.current, self.best, self.used) = (now[0], current, best, used);
        self.progress = progress;
        (self.choices, self.evaluations) = (choices, 0);
        Ok(())
    }
}
