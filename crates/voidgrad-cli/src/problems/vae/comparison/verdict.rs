//! One sentence: what to use, and why.

use super::ranking::{Gap, Ranking, Standing};
use crate::problems::vae::estimators;
use voidgrad_kit::number;

/// The sentence, from the numbers of this comparison alone.
///
/// Differences below two standard errors are a tie, and of those that tie the one whose step takes the least time wins.
pub(super) fn sentence(ranking: &Ranking) -> String {
    let unbiased: Vec<&Standing> = ranking.standings.iter().filter(|row| !row.method.is_biased()).collect();
    let by_evaluations = Choice::of(&unbiased, |row| row.at_evaluations);
    let by_seconds = Choice::of(&unbiased, |row| row.at_seconds);
    let (Some(first), Some(second)) = (by_evaluations, by_seconds) else {
        return "Nothing here is unbiased, so there is nothing to recommend.".to_owned();
    };
    let evaluations = number::grouped(ranking.evaluations);
    let best = if ranking.is_exact { "the exact training" } else { "the best training" };
    let seconds = number::duration(ranking.seconds);
    if first.winner.method == second.winner.method {
        return format!(
            "Use {} here: after {evaluations} evaluations of f it is {} below {best}{}, and after {seconds} of training {}{}.",
            first.name(),
            nats(first.gap),
            first.ties(),
            nats(second.gap),
            second.ties()
        );
    }
    format!(
        "Use {} here if evaluations of f are what counts: after {evaluations} of them it is {} below {best}{}; if time does, use {}, which is {} below it after \
         {seconds}{}.",
        first.name(),
        nats(first.gap),
        first.ties(),
        second.name(),
        nats(second.gap),
        second.ties()
    )
}

/// A gap as people read it.
fn nats(gap: Gap) -> String {
    format!("{:.2} nats", gap.mean)
}

/// The best by one gap.
struct Choice<'a> {
    winner: &'a Standing,
    gap: Gap,
    /// The others that can't be told from the best, in their order.
    tied: Vec<&'a Standing>,
}

impl<'a> Choice<'a> {
    fn of(rows: &[&'a Standing], gap: impl Fn(&Standing) -> Gap) -> Option<Self> {
        let best = rows.iter().copied().min_by(|one, other| gap(one).mean.total_cmp(&gap(other).mean))?;
        let tied: Vec<&Standing> = rows.iter().copied().filter(|row| !gap(best).is_below(gap(row))).collect();
        let winner = tied.iter().copied().min_by(|one, other| one.seconds.total_cmp(&other.seconds))?;
        let tied = tied.into_iter().filter(|row| row.method != winner.method).collect();
        Some(Self { winner, gap: gap(winner), tied })
    }

    fn name(&self) -> &'static str {
        estimators::name(&self.winner.method)
    }

    /// What is said of those that tie.
    fn ties(&self) -> String {
        let names: Vec<&str> = self.tied.iter().map(|row| estimators::name(&row.method)).collect();
        match names.split_last() {
            None => String::new(),
            Some((last, [])) => {
                format!(", as {last} is within two standard errors, and a step takes less time")
            }
            Some((last, names)) => {
                format!(
                    ", as {} and {last} are within two standard errors, and a step takes less time",
                    names.join(", ")
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use voidgrad::estimators::Method;

    use crate::trained::Trained;

    /// Gaps with the same evaluations and with the same time, and the microseconds of a step.
    fn ranking(rows: &[(&str, f64, f64, u32)]) -> Ranking {
        let gap = |mean| Gap { mean, standard_error: Some(0.05) };
        let standing = |&(name, at_evaluations, at_seconds, time): &(&str, f64, f64, u32)| Standing {
            method: Trained::by_adam(Method::find(name).unwrap()),
            evaluations: 2.0,
            excess: None,
            seconds: f64::from(time) * 1e-6,
            at_steps: gap(at_seconds),
            at_evaluations: gap(at_evaluations),
            at_seconds: gap(at_seconds),
            test_elbo: -20.0,
        };
        Ranking {
            standings: rows.iter().map(standing).collect(),
            reference: -19.0,
            is_exact: true,
            evaluations: 200_000,
            seconds: 1.5,
        }
    }

    #[test]
    fn the_smallest_gap_is_named_and_a_tie_goes_to_the_quicker() {
        // The standard error of a difference is 0.07.
        let text = sentence(&ranking(&[
            ("rloo", 0.50, 0.30, 5),
            ("disarm", 0.80, 0.60, 1),
            ("reinmax", 0.1, 0.1, 1),
        ]));
        assert_eq!(
            text,
            "Use rloo here: after 200,000 evaluations of f it is 0.50 nats below the exact training, and after 1.5 s of training 0.30 nats."
        );
        let text = sentence(&ranking(&[("rloo", 0.50, 0.30, 5), ("disarm", 0.60, 0.60, 1)]));
        assert_eq!(
            text,
            "Use disarm here if evaluations of f are what counts: after 200,000 of them it is 0.60 nats below the exact training, as rloo is within two standard \
             errors, and a step takes less time; if time does, use rloo, which is 0.30 nats below it after 1.5 s."
        );
        assert!(sentence(&ranking(&[("reinmax", 0.1, 0.1, 1)])).starts_with("Nothing here is unbiased"));
    }
}
