//! What is made from a user's numbers.

use voidgrad::controls::ByGradient;
use voidgrad::estimators::{Listed, MethodError, Setup};
use voidgrad::toy::MeanQuadratic;
use voidgrad::{Bernoulli, Categorical, Chain, Gaussian, PlackettLuce, Stream, Subset};

/// What no constructor may take for granted.
const NUMBERS: [f64; 9] =
    [0.0, -0.0, 1.0, -1.0, 1e-310, f64::MAX, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];

/// The estimators whose control is a relaxed f, and that do not ask for it.
const RELAXING: [&str; 4] = ["rebar-coupled", "relax-linear", "relax-coupled", "relax-loo"];

fn setups() -> impl Iterator<Item = Setup> {
    let default = || Setup::relaxing(MeanQuadratic { target: 0.499 });
    let of_number = move |x: f64| {
        [
            Setup::relaxing(MeanQuadratic { target: x }),
            Setup::relaxing(ByGradient(MeanQuadratic { target: x })),
            Setup { lambda: x, ..default() },
            Setup { eta: x, ..default() },
            Setup { decay: Some(x), ..default() },
            Setup { lambda: x, ..Setup::default() },
            Setup { eta: x, ..Setup::default() },
            Setup { baseline: x, ..default() },
        ]
    };
    let of_count = move |count: u64| Setup { evaluations: Some(count), ..default() };
    let counts = [0, 1, 2, 3, 1_000_000, 1_000_001, u64::MAX];
    NUMBERS.into_iter().flat_map(of_number).chain(counts.into_iter().map(of_count))
}

/// Every row of the table of a distribution: an estimator, or an error of one line.
fn made_or_refused<D: Listed>(distribution: &D) {
    let stream = || Stream::new(1, 0, 0);
    for row in D::estimators() {
        for setup in setups() {
            if let Err(error) = row.make(&setup, distribution, &mut stream()) {
                let error = error.to_string();
                assert!(!error.is_empty() && !error.contains('\n'), "{}: {error}", row.method.name);
            }
        }
        let name = row.method.name;
        let setup = Setup::relaxing(MeanQuadratic { target: 0.499 });
        assert!(row.make(&setup, distribution, &mut stream()).is_ok(), "{name}");
        // Without an f to relax, those that need none or ask for it are made, and the others say so.
        if let Err(error) = row.make(&Setup::default(), distribution, &mut stream()) {
            assert_eq!(error, MethodError::NothingToRelax { name });
            assert!(RELAXING.contains(&name), "{name}");
        } else {
            assert!(!RELAXING.contains(&name), "{name} relaxes nothing");
        }
    }
}

#[test]
fn an_estimator_of_a_table_is_made_or_refused() {
    made_or_refused(&Bernoulli::from_logits(&[0.0; 3]).unwrap());
    made_or_refused(&Categorical::from_logits(&[0.0; 6], 3).unwrap());
    made_or_refused(&Gaussian::new(&[0.0; 3], &[1.0; 3]).unwrap());
    made_or_refused(&Subset::from_logits(&[0.0; 3], 2).unwrap());
    assert!(Bernoulli::estimator("lax").is_err());
}

#[test]
fn a_distribution_has_finite_parameters_or_is_refused() {
    for x in NUMBERS {
        for y in NUMBERS {
            let are_finite = x.is_finite() && y.is_finite();
            assert_eq!(Bernoulli::from_logits(&[x, y]).is_ok(), are_finite);
            assert_eq!(Categorical::from_logits(&[x, y], 2).is_ok(), are_finite);
            assert_eq!(Gaussian::from_parameters(&[x, y]).is_ok(), are_finite);
            assert_eq!(Subset::from_logits(&[x, y], 1).is_ok(), are_finite);
            assert_eq!(Chain::homogeneous(&[x, y, 0.0, x, y, 1.0], 2, 3).is_ok(), are_finite);
            assert_eq!(PlackettLuce::from_logits(&[x, y], 2).is_ok(), are_finite);
            let (positive, inside) = (y > 0.0 && y.is_finite(), x > 0.0 && x < 1.0 && y > 0.0 && y < 1.0);
            assert_eq!(Gaussian::new(&[x], &[y]).is_ok(), x.is_finite() && positive);
            assert_eq!(Bernoulli::from_probabilities(&[x, y]).is_ok(), inside);
            assert!(Categorical::from_probabilities(&[x, y], 2).is_err());
        }
    }
    for states in [0, 1, 3, usize::MAX] {
        assert!(Categorical::from_logits(&[0.0; 4], states).is_err());
        assert!(Categorical::from_probabilities(&[0.5; 4], states).is_err());
    }
    for size in [0, 5, usize::MAX] {
        assert!(Subset::from_logits(&[0.0; 4], size).is_err());
        assert!(PlackettLuce::from_logits(&[0.0; 4], size).is_err());
        assert!(Chain::from_logits(&[0.0; 4], 2, size).is_err());
    }
}
