//! Batches.

use voidgrad::batch::{Batch, Options, Precision};
use voidgrad::controls::{Rebar, Zero};
use voidgrad::ranks::in_process;
use voidgrad::{BatchControl, Bernoulli};

use super::bits;

/// Samples that make from one chunk to 10 of them, the last one not full.
#[test]
fn a_batch_has_the_bits_of_one_process() {
    let rebar = Rebar::new(0.3, 1.0, 0.499).unwrap();
    let f = |b: &[f64]| b.iter().zip(1..).map(|(b, m)| (b - 0.499).powi(2) * f64::from(m)).sum::<f64>();
    let controls: [(&str, &(dyn BatchControl + Sync)); 2] = [("rebar", &rebar), ("zero", &Zero)];
    for variables in [1, 3] {
        let bernoulli = Bernoulli::from_probabilities(&vec![0.3; variables]).unwrap();
        for (name, control) in controls {
            for (samples, precision) in
                [(1, Precision::Double), (5_000, Precision::Double), (13_000, Precision::Single)]
            {
                let options = Options { precision, ..Options::new(samples, 11) };
                let all = |sums: &voidgrad::batch::Sums| {
                    let f = std::slice::from_ref(&sums.f);
                    [f, &sums.gradient, &sums.square, &sums.variance_gradient].map(bits)
                };
                let alone = Batch::new().estimate(&bernoulli, &f, control, &options).map(all).unwrap();
                for count in [1, 2, 3, 4] {
                    let of_ranks = in_process(count, |ranks| {
                        let mut batch = Batch::new();
                        let sums = batch.estimate_on(ranks, &bernoulli, &f, control, &options).unwrap();
                        assert_eq!(sums.samples, samples);
                        all(sums)
                    });
                    for sums in of_ranks {
                        assert_eq!(
                            sums, alone,
                            "{name}, {variables} variables, {samples} samples, {count} ranks"
                        );
                    }
                }
            }
        }
    }
}
