//! Counts against sums, and against numbers of 20 digits.
//!
//! What is left to chance are 31 counts of samples with a bound of 6 standard errors, 2e-9 for a normal number each: 6e-8, were the seeds not fixed.

use super::{Binomial, Counts, Geometric, Law, Poisson};
use crate::distribution::{ClosedForms as _, Distribution as _};
use crate::error::SampleError;
use crate::noise::Stream;

pub(crate) fn binomial(trials: u32) -> Binomial {
    Binomial::new(trials).unwrap()
}

pub(crate) fn counts<L: Law>(law: L, a: &[f64]) -> Counts<L> {
    Counts::new(law, a).unwrap()
}

#[track_caller]
fn close(what: &str, found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{what}: {found:e}, not {expected:e}");
}

/// By mpmath with 40 digits: `b·a - e^a - loggamma(b + 1)`, and sums over b of what the definitions say.
#[test]
fn poisson_counts_have_their_logarithms_and_entropies() {
    for (b, a, ln_p) in [
        (0.0, 0.5, -1.648_721_270_700_128_1),
        (3.0, 0.5, -1.940_480_739_928_183_1),
        (15.0, 2.5, -2.581_765_344_544_365),
        (16.0, 2.5, -2.854_354_066_784_146),
        (17.0, 3.0, -2.590_610_373_324_556_6),
        (1e3, 6.9, -4.402_894_093_189_223),
        (1e6, 13.8, -127.495_887_204_597_96),
        (2.0, -700.0, -1_400.693_147_180_56),
        (40.0, -3.0, -230.370_426_783_125_26),
        (5.0, 13.0, -442_353.179_500_663_3),
    ] {
        // An exponent is as uncertain as a is, b·a - e^a by some units of the larger term's slope; and 15!, 40 units.
        let tolerance = f64::EPSILON * (40.0 + 4.0 * f64::abs(a * (b - f64::exp(a))) + 2.0 * f64::abs(ln_p));
        close("ln p", Poisson.ln_p(b, a), ln_p, tolerance);
    }
    for (a, entropy, slope) in [
        (-700.0, 6.911_633_257_175_599e-302, 6.901_773_580_631_84e-302),
        (-3.0, 0.200_001_469_581_485_88, 0.151_061_766_298_797),
        (0.5, 1.594_072_115_466_466_7, 0.577_118_510_279_307_4),
        (2.5, 2.661_780_936_807_493, 0.507_522_583_393_250_4),
        (7.0, 4.918_862_508_353_75, 0.500_076_059_578_225_7),
    ] {
        // 1,000 probabilities, each by a ratio to the one before.
        close("the entropy", Poisson.entropy(a), entropy, 2e-13 * entropy);
        close("its slope", Poisson.entropy_d_a(a), slope, 1e-12 * slope);
    }
}

/// By mpmath as well: `ln C(n, b) + b·ln θ + (n - b)·ln(1 - θ)`, and for the smallest θ `5θ·(701 - ln 5)`.
#[test]
fn binomial_counts_have_their_logarithms_and_entropies() {
    for (n, b, a, ln_p) in [
        (1, 1.0, 0.3, -0.554_355_244_468_527_1),
        (10, 4.0, -1.0, -1.785_509_344_464_759_7),
        (40, 20.0, 0.1, -2.126_459_609_692_410_4),
        (1_000, 517.0, 0.05, -3.719_919_909_731_134),
        (1_000_000, 3.0, -13.0, -1.605_557_647_778_122_4),
        (1_000_000, 999_999.0, 12.0, -4.328_682_919_768_531),
        (20, 20.0, 700.0, -20.0 * f64::exp(-700.0)),
        (20, 0.0, 700.0, -14_000.0),
        (30, 1.0, -700.0, -696.598_802_618_337_8),
    ] {
        let tolerance = f64::EPSILON * (40.0 + 4.0 * f64::abs(a) + 2.0 * f64::abs(ln_p));
        close("ln p", binomial(n).ln_p(b, a), ln_p, if b == 20.0 { 1e-15 * -ln_p } else { tolerance });
    }
    for (n, a, entropy, slope) in [
        (1, 0.3, 0.682_022_489_425_029_4, -0.073_337_493_507_223_76),
        (10, -1.0, 1.741_651_657_258_323, 0.264_100_214_694_965_2),
        (40, 5.0, 0.643_902_117_736_371_1, -0.396_111_177_064_559_65),
        (1_000, 0.05, 4.179_356_232_386_664, -0.012_505_750_045_168_884),
        (5, -700.0, 3.447_882_359_970_867e-301, 3.442_952_521_698_987_7e-301),
    ] {
        close("the entropy", binomial(n).entropy(a), entropy, 2e-13 * entropy);
        // A sum of terms of both signs, of a size of the standard deviation.
        close("its slope", binomial(n).entropy_d_a(a), slope, 1e-13 + 1e-12 * f64::abs(slope));
        if n == 5 {
            close("its slope", binomial(n).entropy_d_a(a), slope, 1e-12 * slope);
        }
    }
}

/// Sums over counts up to one beyond which there is nothing.
#[track_caller]
fn are_sums<L: Law>(law: &L, a: f64, other: f64, last: u32) {
    let what = format!("{} {a}", L::NAME);
    let sum =
        |x: &dyn Fn(f64) -> f64| (0..=last).map(f64::from).map(|b| law.ln_p(b, a).exp() * x(b)).sum::<f64>();
    // Some hundred terms.
    let tolerance = 1e-13;
    close(&what, sum(&|_| 1.0), 1.0, tolerance);
    close(&what, sum(&|b| b), law.mean(a), tolerance * (1.0 + law.mean(a)));
    close(&what, sum(&|b| law.score(b, a)), 0.0, tolerance * (1.0 + law.mean(a)));
    close(&what, sum(&|b| -law.ln_p(b, a)), law.entropy(a), tolerance * (1.0 + law.entropy(a)));
    let kl = law.kl(a, other);
    close(&what, sum(&|b| law.ln_p(b, a) - law.ln_p(b, other)), kl, tolerance * (1.0 + 4.0 * kl));
    let most = (0..=last).map(f64::from).map(|b| law.ln_p(b, a)).fold(f64::MIN, f64::max);
    close(&what, law.ln_p(law.mode(a), a), most, 1e-14 * (1.0 + most.abs()));
}

#[test]
fn everything_is_a_sum_over_all_counts() {
    for (a, other) in [(-5.0, 0.3), (0.0, 0.0), (0.7, -1.0), (2.3, 2.4), (4.0, 3.5)] {
        are_sums(&Poisson, a, other, 300);
        are_sums(&Geometric, a, other, 6_000);
        for trials in [1, 2, 7, 60] {
            are_sums(&binomial(trials), a, other, trials);
            are_sums(&binomial(trials), -a, other, trials);
        }
    }
}

#[test]
fn a_binomial_count_of_one_trial_is_a_bit_and_many_rare_ones_are_poisson() {
    let (bit, one) = (crate::Bernoulli::from_logits(&[0.7]).unwrap(), counts(binomial(1), &[0.7]));
    for b in [0.0, 1.0] {
        close("ln p", one.ln_p(&[b]).unwrap(), bit.ln_p(&[b]).unwrap(), 1e-15);
    }
    close("the entropy", one.entropy(), bit.entropy(), 1e-15);
    // θ = 3e-6 of a million: they differ by some θ·b².
    let a = 3e-6_f64.ln() - (-3e-6_f64).ln_1p();
    for b in 0..8 {
        let b = f64::from(b);
        close("ln p", binomial(1_000_000).ln_p(b, a), Poisson.ln_p(b, 3.0_f64.ln()), 1e-4);
    }
}

#[test]
fn a_score_is_the_derivative_of_ln_p() {
    fn holds<L: Law>(law: &L, a: f64, b: f64) {
        let difference = (law.ln_p(b, a + 1e-5) - law.ln_p(b, a - 1e-5)) / 2e-5;
        // Truncation 1e-10 times a third derivative, the mean, and rounding 1e-14/1e-5.
        close(L::NAME, law.score(b, a), difference, 2e-9 * (1.0 + law.mean(a) + b));
    }
    for a in [-2.0, 0.0, 0.4, 2.0] {
        for b in [0.0, 1.0, 3.0, 20.0] {
            holds(&Poisson, a, b);
            holds(&Geometric, a, b);
            holds(&binomial(20), a, b);
        }
    }
}

/// Holds the frequencies of counts up to `last` to their probabilities.
fn are_drawn<L: Law>(law: &L, a: f64, last: u32) {
    let of = counts(law.clone(), &[a]);
    let (mut stream, mut b, samples) = (Stream::new(31, 0, 0), [0.5], 200_000_u32);
    let mut found = vec![0_u32; last as usize + 1];
    for _ in 0..samples {
        of.sample_from(&mut stream, &mut b);
        assert!(law.takes(b[0]));
        (0..=last)
            .zip(&mut found)
            .filter(|(count, _)| f64::from(*count) == b[0])
            .for_each(|(_, found)| *found += 1);
    }
    for (count, found) in (0..).zip(found) {
        let (p, samples) = (law.ln_p(f64::from(count), a).exp(), f64::from(samples));
        let deviation = (f64::from(found) - p * samples) / (samples * p * (1.0 - p)).sqrt();
        assert!(deviation.abs() < 6.0, "{} {count}: {deviation} standard errors", L::NAME);
    }
}

#[test]
fn samples_are_counts_with_their_probabilities() {
    are_drawn(&Poisson, 1.1, 8);
    are_drawn(&Geometric, -0.8, 8);
    are_drawn(&binomial(7), 0.3, 7);
    // 995 to 999 of a mean of 1,000 with a standard deviation of 32.
    let (of, mut stream, mut b, mut found) =
        (counts(Poisson, &[1e3_f64.ln()]), Stream::new(37, 0, 0), [0.0], [0_u32; 5]);
    for _ in 0..200_000 {
        of.sample_from(&mut stream, &mut b);
        (995..1_000)
            .zip(&mut found)
            .filter(|(count, _)| f64::from(*count) == b[0])
            .for_each(|(_, found)| *found += 1);
    }
    for (count, found) in (995..).zip(found) {
        let p = of.ln_p(&[f64::from(count)]).unwrap().exp();
        let deviation = (f64::from(found) - p * 2e5) / (2e5 * p * (1.0 - p)).sqrt();
        assert!(deviation.abs() < 6.0, "{count}: {deviation} standard errors");
    }
}

#[test]
fn every_noise_makes_a_count() {
    fn holds<L: Law>(law: &L, parameters: &[f64]) {
        for &a in parameters {
            for u in [5e-324, 1e-300, 1e-16, 0.3, 0.5, 1.0 - 0.5 * f64::EPSILON] {
                let b = law.count(u, a);
                assert!(law.takes(b), "{} {a}: {u} makes {b}", L::NAME);
                assert!(law.ln_p(b, a).is_finite() && law.score(b, a).is_finite());
            }
            let numbers = [law.mean(a), law.mode(a), law.entropy(a), law.entropy_d_a(a)];
            assert!(numbers.iter().all(|number| number.is_finite()), "{} {a}: {numbers:?}", L::NAME);
        }
    }
    holds(&Poisson, &[-700.0, -1.0, 0.0, 5.0, 13.8]);
    holds(&Geometric, &[-700.0, -40.0, 0.0, 40.0, 700.0]);
    holds(&binomial(1), &[-700.0, 0.0, 700.0]);
    holds(&binomial(1_000_000), &[-700.0, -13.0, 0.0, 13.0, 700.0]);
    // A rare count: half of all numbers below e^-650 are above 1 - θ, after a first trial that does not stop.
    assert_eq!(Geometric.count(1e-283, 650.0), 1.0);
}

#[test]
fn a_rule_of_binomial_counts_has_their_probabilities() {
    for (trials, a) in [(1, 0.3), (6, -1.0), (9, 4.0)] {
        let of = counts(binomial(trials), &[a, 0.1]);
        let (rule, mut b, mut found) = (of.rule().unwrap(), [0.5; 2], vec![0.0; trials as usize + 1]);
        let visited = rule.for_each(|u, weight| {
            of.sample(u, &mut b);
            (0..=trials)
                .zip(&mut found)
                .filter(|(count, _)| f64::from(*count) == b[0])
                .for_each(|(_, sum)| *sum += weight);
            Ok::<(), SampleError>(())
        });
        visited.unwrap();
        for (count, found) in (0..).zip(found) {
            // Ten units for ln p, and as many sums.
            close("p", found, binomial(trials).ln_p(f64::from(count), a).exp(), 1e-14);
        }
    }
    assert!(counts(Poisson, &[0.0]).rule().is_none());
}

#[test]
fn what_is_no_count_is_refused() {
    assert_eq!(
        Binomial::new(0).unwrap_err().to_string(),
        "number of trials = 0 is not a number from 1 to 1000000"
    );
    assert!(Binomial::new(1_000_001).is_err());
    assert_eq!(
        Counts::new(Geometric, &[]).unwrap_err().to_string(),
        "number of variables = 0 is not at least 1"
    );
    for value in [f64::NAN, f64::INFINITY, 701.0, -701.0] {
        assert!(
            Counts::new(Geometric, &[0.0, value]).is_err() && Counts::new(binomial(3), &[value]).is_err()
        );
        assert!(Counts::new(Poisson, &[value]).is_err());
    }
    let mut of = counts(binomial(4), &[0.3, 0.1]);
    assert!(of.set_parameters(&[1.0]).is_err() && of.set_parameters(&[1.0, f64::NAN]).is_err());
    assert_eq!(of, counts(binomial(4), &[0.3, 0.1]));
    assert_eq!(of.ln_p(&[1.0, 5.0]).unwrap_err().to_string(), "b[1] = 5 is not a whole number from 0 to 4");
    let error = counts(Poisson, &[0.0]).ln_p(&[0.5]).unwrap_err();
    assert_eq!(error.to_string(), "b[0] = 0.5 is not a whole number from 0 on");
    for value in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(of.ln_p(&[value, 1.0]), Err(SampleError::Entry { index: 0, .. })));
    }
    let error = of.kl(&counts(binomial(5), &[0.0, 0.0])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the largest count of the other distribution has 5 entries where 4 are needed"
    );
}
