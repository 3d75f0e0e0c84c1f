//! What batches and training steps allocate: nothing, once their memory is there, and no more than M and N ask for.

use allocation_counter::measure;
use voidgrad::__private::ArrayKernel;
use voidgrad::batch::{Batch, Options, Precision};
use voidgrad::controls::{Perceptron, RelaxLinear};
use voidgrad::optimise::{Adam, Optimiser};
use voidgrad::toy::MeanQuadratic;
use voidgrad::train::{Settings, Step};
use voidgrad::{BatchControl, Bernoulli, Control, Distribution, Round, Stream, control, sigmoid, train};

const TARGET: f64 = 0.499;

fn control() -> RelaxLinear {
    RelaxLinear::draw(0.5, TARGET, &mut Stream::new(1, 0, 0)).expect("these are valid")
}

/// A pool whose only thread is this one, so that all allocations are counted.
fn on_this_thread() -> rayon::ThreadPool {
    let builder = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread();
    builder.build().expect("this thread belongs to no other pool")
}

#[test]
fn a_second_batch_allocates_nothing() {
    let _pool = on_this_thread();
    let objective = MeanQuadratic { target: TARGET };
    for variables in [1, 20] {
        let bernoulli = Bernoulli::from_probabilities(&vec![0.3; variables]).expect("a probability");
        for precision in [Precision::Double, Precision::Single] {
            let (control, options) = (control(), Options { precision, ..Options::new(10_000, 1) });
            let mut batches = Batch::new();
            let mut gradient = 0.0;
            let mut run = || {
                let sums =
                    batches.estimate(&bernoulli, &objective, &control, &options).expect("all is finite");
                gradient += sums.gradient[0];
            };
            let first = measure(&mut run);
            let second = measure(&mut run);
            assert!(first.count_total > 0, "the counter counts");
            assert_eq!(second.count_total, 0, "{variables} variables, {precision:?}");
            assert!(gradient != 0.0);
        }
    }
}

/// A control of all of z, whose kernel goes over arrays.
#[control(positive(lambda))]
fn coupled(z: &[f64; 20], eta: f64, lambda: f64) -> f64 {
    let mean = z.iter().map(|z| sigmoid(z / lambda)).sum::<f64>() / 20.0;
    eta * mean * mean
}

#[test]
fn a_second_batch_through_arrays_allocates_nothing() {
    let _pool = on_this_thread();
    allocates_once(&Coupled::new(0.4, 0.7).expect("these are valid"));
    allocates_once(&Perceptron::draw(20, 3, &mut Stream::new(1, 0, 0)).expect("these are valid"));
}

/// Two batches of a control of 20 variables that has a kernel over arrays.
fn allocates_once(control: &(impl BatchControl + ArrayKernel + Sync)) {
    let objective = MeanQuadratic { target: TARGET };
    let bernoulli = Bernoulli::from_probabilities(&[0.3; 20]).expect("a probability");
    for precision in [Precision::Double, Precision::Single] {
        let options = Options { precision, ..Options::new(3_000, 1) };
        let mut batches = Batch::new();
        let mut gradient = 0.0;
        let mut run = || {
            let sums = batches.estimate(&bernoulli, &objective, control, &options).expect("all is finite");
            gradient += sums.gradient[0];
        };
        assert!(measure(&mut run).count_total > 0, "the counter counts");
        assert_eq!(measure(&mut run).count_total, 0, "{precision:?}");
        assert!(gradient != 0.0);
    }
}

#[test]
fn a_training_step_allocates_nothing() {
    let mut bernoulli = Bernoulli::from_probabilities(&[0.3]).expect("a probability");
    let objective = MeanQuadratic { target: TARGET };
    let mut control = control();
    let mut phi = control.phi();
    let (mut descent, mut control_descent) =
        (Adam::new(1, 0.01).expect("a rate"), Adam::new(phi.len(), 0.01).expect("a rate"));
    let mut round = Round::new();
    let mut logits = bernoulli.logits().to_vec();
    let mut step = || {
        round.ask(&control, &bernoulli, &[0.4, 0.7]).expect("noise");
        round.evaluate(&objective).expect("all is finite");
        round.tell(&mut control, &bernoulli).expect("all is finite");
        descent.step(&mut logits, round.gradient()).expect("a finite step");
        control_descent.step(phi.as_mut_slice(), round.variance_gradient()).expect("a finite step");
        bernoulli.set_parameters(&logits).expect("finite logits");
        control.set_phi(phi.as_view()).expect("the lengths agree");
    };
    step();
    assert_eq!(measure(&mut step).count_total, 0);
    assert!(bernoulli.logits()[0] != 0.0);
}

#[test]
fn a_longer_training_allocates_no_more() {
    let start = Bernoulli::from_probabilities(&[0.3]).expect("a probability");
    let objective = MeanQuadratic { target: TARGET };
    for batch in [1, 2] {
        let allocations = |iterations: u64| {
            let settings = Settings { iterations, batch, ..Settings::default() };
            let control = control();
            let used = measure(|| {
                let mut seen = 0;
                let mut observer = |_: &Step<'_>| seen += 1;
                train(start.clone(), &objective, control, &settings, 0, &mut observer)
                    .expect("all is finite");
                assert_eq!(seen, iterations + 1);
            });
            used.count_total
        };
        assert!(allocations(10) > 0, "the counter counts");
        assert_eq!(allocations(10), allocations(1_000), "batches of {batch}");
    }
}

// Few chunks are in memory at a time, and each has the three sums, some rows of M numbers and 32 lanes of N.
#[test]
fn memory_grows_with_m_plus_n_and_not_with_the_samples() {
    let _pool = on_this_thread();
    let objective = MeanQuadratic { target: TARGET };
    let bytes = |variables: usize, samples: u64| {
        let bernoulli = Bernoulli::from_probabilities(&vec![0.3; variables]).expect("a probability");
        let control = control();
        let used = measure(|| {
            let mut batches = Batch::new();
            let options = Options::new(samples, 1);
            let sums = batches.estimate(&bernoulli, &objective, &control, &options).expect("all is finite");
            assert_eq!(sums.samples, samples);
        });
        used.bytes_max
    };
    // As many chunks as are in memory together, and more. Four times the chunks are two levels of the tree of sums more, of 50 numbers each.
    let (few, many) = (bytes(1, 40_000), bytes(1, 160_000));
    assert!(many < few + 4_096, "{few} and {many} bytes");
    let (small, large) = (bytes(1_000, 128), bytes(100_000, 4));
    assert!(large < 110 * small, "{small} bytes for a thousand variables, {large} for a hundred thousand");
}
