//! One sentence: what to use, and why.

use std::cmp::Ordering;

use voidgrad::estimators::Needs;

use super::comparison::Comparison;
use super::measurement::Measurement;
use super::size::Size;
use voidgrad_kit::number::{self, plural};

/// The sentence, from the numbers of this run alone.
///
/// Differences below two standard errors are a tie, and of those that tie the one that takes the least time wins.
pub(super) fn sentence(comparison: &Comparison, ranking: &[Measurement]) -> String {
    let unbiased: Vec<&Measurement> = ranking.iter().filter(|row| !row.method.is_biased()).collect();
    let affordable = filtered(&unbiased, |row| !row.over_budget);
    let black_boxes = filtered(&affordable, Measurement::is_black_box);
    let budget = plural(comparison.evaluations, "evaluation");
    let groups = [
        (&black_boxes, format!("that ask for values of f alone and take no more than {budget}")),
        (&affordable, format!("that take no more than {budget}")),
        (&unbiased, "compared here".to_owned()),
    ];
    let choices: Vec<(Choice<'_>, &str)> =
        groups.iter().filter_map(|(rows, which)| Some((Choice::of(rows)?, which.as_str()))).collect();
    let [(first, which), others @ ..] = &choices[..] else {
        return "Nothing here is unbiased, so there is nothing to recommend.".to_owned();
    };
    let mut clauses = vec![format!(
        "Use {} here: of the {} {} {}",
        first.winner.method.name,
        estimators(first.size),
        agreeing(which, first.size),
        first.reason()
    )];
    if first.winner.learned {
        clauses.extend(forgetful(&affordable));
    }
    let mut last = first.winner;
    for (choice, _) in others {
        if choice.winner.method.name != last.method.name && is_better(choice.winner, last) {
            clauses.push(alternative(choice.winner, last));
            last = choice.winner;
        }
    }
    clauses.join("; ") + "."
}

/// The best without a memory: in a training, the steps that an average was taken over had another θ.
fn forgetful(affordable: &[&Measurement]) -> Option<String> {
    let rows = filtered(affordable, |row| row.is_black_box() && !row.learned);
    let Choice { winner, .. } = Choice::of(&rows)?;
    Some(format!(
        "of those that learn nothing from earlier steps, {} has {}",
        winner.method.name,
        winner.product_text()
    ))
}

fn filtered<'a>(rows: &[&'a Measurement], accept: impl Fn(&Measurement) -> bool) -> Vec<&'a Measurement> {
    rows.iter().copied().filter(|row| accept(row)).collect()
}

fn estimators(count: usize) -> String {
    if count == 1 { "one unbiased estimator".to_owned() } else { format!("{count} unbiased estimators") }
}

/// What is said of several estimators, of `count`.
fn agreeing(which: &str, count: usize) -> String {
    if count == 1 {
        which.replace("that ask ", "that asks ").replace(" take ", " takes ")
    } else {
        which.to_owned()
    }
}

/// The best of a group.
struct Choice<'a> {
    winner: &'a Measurement,
    /// The others that can't be told from the best, in their order.
    tied: Vec<&'a Measurement>,
    /// The best of those that can.
    next: Option<&'a Measurement>,
    size: usize,
}

impl<'a> Choice<'a> {
    fn of(rows: &[&'a Measurement]) -> Option<Self> {
        let value = |row: &Measurement| row.product();
        let best = rows.iter().copied().min_by(|one, other| value(one).total_cmp(&value(other)))?;
        let (tied, rest): (Vec<_>, Vec<_>) = rows.iter().copied().partition(|row| !is_better(best, row));
        let winner = tied.iter().copied().min_by(|one, other| one.seconds.total_cmp(&other.seconds))?;
        let tied = filtered(&tied, |row| row.method.name != winner.method.name);
        let next = rest.into_iter().min_by(|one, other| value(one).total_cmp(&value(other)));
        Some(Self { winner, tied, next, size: rows.len() })
    }

    fn reason(&self) -> String {
        let value = self.winner.product();
        let tied = [self.winner].into_iter().chain(self.tied.iter().copied());
        let amount = match self.winner.size {
            Size::Value => format!("a variance × evaluations of {}", number::short(value)),
            _ => none(tied).to_owned(),
        };
        let names: Vec<&str> = self.tied.iter().map(|row| row.method.name).collect();
        match (&names[..], self.next) {
            ([], None) => format!("it has {amount}"),
            ([], Some(next)) if value == 0.0 => {
                format!(
                    "it alone has {amount}; {} is next, with {}",
                    next.method.name,
                    number::short(next.product())
                )
            }
            ([], Some(next)) => format!(
                "it has the least, {amount}, where {}, the next, has {} times as much",
                next.method.name,
                number::ratio(next.product() / value)
            ),
            (names, _) => {
                let have = if names.len() == 1 { "has" } else { "have" };
                let exact = [self.winner].iter().chain(&self.tied).all(|row| row.standard_error == 0.0);
                let within = if exact { "" } else { " within two standard errors" };
                format!(
                    "it has {amount}, as {} {have}{within}, and takes the least time, {}",
                    listed(names),
                    number::duration(self.winner.seconds)
                )
            }
        }
    }
}

/// What estimators have whose variance is 0, or not to be told from it.
fn none<'a>(rows: impl IntoIterator<Item = &'a Measurement>) -> &'static str {
    if rows.into_iter().all(|row| row.size == Size::Zero) {
        "no variance at all"
    } else {
        "no variance up to rounding"
    }
}

/// `a`, `a and b`, `a, b and c`.
fn listed(names: &[&str]) -> String {
    match names {
        [rest @ .., last] if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        names => names.concat(),
    }
}

/// Whether `one` has less variance × evaluations than `other`, by more than two standard errors of the difference.
fn is_better(one: &Measurement, other: &Measurement) -> bool {
    let [less, more] = [one, other].map(Measurement::product);
    let error = one.product_standard_error().hypot(other.product_standard_error());
    // Quadrature is exact to 1e-7.
    let error = (2.0 * error).max(1e-6 * more);
    (more - less).partial_cmp(&error) == Some(Ordering::Greater)
}

/// What could be done with more: ∇f, a control, or more evaluations.
fn alternative(row: &Measurement, last: &Measurement) -> String {
    let name = row.method.name;
    let value = row.product();
    let amount = match row.size {
        Size::Value => format!("{} times less", number::short(last.product() / value)),
        _ => none([row]).to_owned(),
    };
    let evaluations = row.evaluations;
    match (row.over_budget, row.method.needs) {
        (true, _) => format!("{name} has {amount}, for {evaluations} evaluations a gradient"),
        (false, Needs::Gradient) => format!("with ∇f at hand, {name} has {amount}"),
        (false, Needs::Flips) => format!("with the flips of f at hand, {name} has {amount}"),
        (false, Needs::Control) => format!("with a control that is trained, {name} has {amount}"),
        (false, Needs::Values) => format!("{name} has {amount}"),
    }
}

#[cfg(test)]
mod tests {
    use voidgrad::estimators::Method;

    use super::*;
    use crate::cli::{self, Command};
    use crate::compare::problem::Kind;
    use crate::evaluation::Technique;

    fn comparison() -> Comparison {
        let given = ["voidgrad", "compare", "--dim=3", "--samples=100", "--control-steps=0"];
        let Ok(Command::Compare(arguments)) = cli::read(&given) else {
            panic!("these are arguments of compare")
        };
        Comparison::new(Kind::Quadratic, &arguments).unwrap()
    }

    /// Two evaluations, of this variance and standard error and with this time in nanoseconds.
    fn row(name: &str, variance: f64, standard_error: f64, time: u32) -> Measurement {
        Measurement {
            method: Method::find(name).unwrap(),
            evaluations: 2,
            averaged: 1,
            learned: false,
            control_steps: 0,
            over_budget: false,
            bias: 0.0,
            bias_standard_error: 0.0,
            variance,
            standard_error,
            size: Size::Value,
            technique: Technique::MonteCarlo,
            samples: 100,
            seconds: f64::from(time) * 1e-9,
        }
    }

    #[test]
    fn a_difference_of_more_than_two_standard_errors_decides() {
        // √(0.03² + 0.04²) = 0.05, and 0.11 is more than twice that.
        let rows = [row("rloo", 1.0, 0.03, 90), row("disarm", 1.11, 0.04, 10)];
        let sentence = sentence(&comparison(), &rows);
        assert!(sentence.starts_with("Use rloo here: of the 2 unbiased estimators"), "{sentence}");
        assert!(sentence.contains("where disarm, the next, has 1.110 times as much"), "{sentence}");
    }

    #[test]
    fn a_smaller_one_is_a_tie_which_goes_to_the_faster() {
        let rows = [row("rloo", 1.0, 0.03, 90), row("disarm", 1.09, 0.04, 10), row("arm", 3.0, 0.01, 1)];
        let sentence = sentence(&comparison(), &rows);
        assert!(sentence.starts_with("Use disarm here"), "{sentence}");
        assert!(sentence.contains("as rloo has within two standard errors"), "{sentence}");
    }

    #[test]
    fn the_name_has_no_part_in_it() {
        for best in ["rloo", "arm", "arms", "disarm", "reinforce"] {
            let rows = ["rloo", "arm", "arms", "disarm", "reinforce"]
                .map(|name| row(name, if name == best { 0.5 } else { 1.0 }, 0.001, 5));
            let sentence = sentence(&comparison(), &rows);
            assert!(sentence.starts_with(&format!("Use {best} here")), "{sentence}");
        }
    }

    #[test]
    fn a_biased_estimator_is_never_recommended() {
        let rows = [row("rloo", 1.0, 0.001, 90), row("reinmax", 0.1, 0.001, 1)];
        let text = sentence(&comparison(), &rows);
        assert!(
            text.starts_with("Use rloo here: of the one unbiased") && !text.contains("reinmax"),
            "{text}"
        );
        let text = sentence(&comparison(), &rows[1..]);
        assert_eq!(text, "Nothing here is unbiased, so there is nothing to recommend.");
    }

    #[test]
    fn what_takes_more_is_named_where_it_is_better() {
        let over = Measurement {
            over_budget: true,
            evaluations: 4,
            size: Size::Zero,
            ..row("local-expectation", 0.0, 0.0, 9)
        };
        let rows = [row("rloo", 1.0, 0.001, 90), row("muprop", 0.25, 0.001, 7), over];
        let text = sentence(&comparison(), &rows);
        assert!(text.contains("; with ∇f at hand, muprop has 4 times less"), "{text}");
        assert!(
            text.ends_with("; local-expectation has no variance at all, for 4 evaluations a gradient."),
            "{text}"
        );
        let learned = Measurement { learned: true, ..row("reinforce-ema", 0.5, 0.001, 5) };
        let text = sentence(&comparison(), &[learned, row("rloo", 1.0, 0.001, 90)]);
        assert!(text.ends_with("; of those that learn nothing from earlier steps, rloo has 2."), "{text}");
    }
}
