//! What a batch and a training are made of, timed piece by piece with criterion: noise, one sample, batches of each kind, Adam, and
//! the three ways to write a training loop.
//!
//! `cargo bench --package voidgrad-benches --bench pieces`; `cargo xtask bench` puts whole samples beside other code.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use voidgrad::batch::{Batch, Instructions, Options, Precision};
use voidgrad::controls::{Rebar, Relax};
use voidgrad::noise::BlockStream;
use voidgrad::optimise::{Adam, Optimiser};
use voidgrad::toy::MeanQuadratic;
use voidgrad::train::{Settings, Training};
use voidgrad::{BatchControl, Bernoulli, Control, Distribution, Estimate, Noise, Round, Stream};

const TARGET: f64 = 0.499;
const SAMPLES: u64 = 4096;

fn relax() -> Relax {
    Relax::draw(0.5, TARGET, &mut Stream::new(3, 0, 0)).unwrap()
}

fn noise(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("noise");
    group.throughput(Throughput::Elements(SAMPLES));
    let mut to = vec![0.0; 4096];
    let mut stream = Stream::new(1, 0, 0);
    group.bench_function("Stream", |bencher| bencher.iter(|| stream.fill_open01(black_box(&mut to))));
    let mut block = BlockStream::new(1, 0, 0, 0);
    group.bench_function("BlockStream, scalar", |bencher| {
        bencher.iter(|| block.fill(0.0_f64, black_box(&mut to)));
    });
    group.finish();
}

fn sample(criterion: &mut Criterion) {
    let bernoulli = Bernoulli::from_logits(&[0.3]).unwrap();
    let (objective, control) = (MeanQuadratic { target: TARGET }, relax());
    let mut estimate = Estimate::new(1);
    let mut phi_bar = vec![0.0; control.parameters()];
    criterion.bench_function("one sample of relax", |bencher| {
        bencher.iter(|| {
            let noise = Noise::new(black_box(&[0.2]), black_box(&[0.7])).unwrap();
            estimate.update(&bernoulli, &objective, &control, noise).unwrap();
            estimate.add_variance_gradient(&control, &mut phi_bar);
        });
    });
}

fn batches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("a batch");
    group.throughput(Throughput::Elements(SAMPLES));
    let bernoulli = Bernoulli::from_logits(&[0.3]).unwrap();
    let objective = MeanQuadratic { target: TARGET };
    let controls: [(&str, Box<dyn BatchControl + Sync>); 2] =
        [("relax", Box::new(relax())), ("rebar", Box::new(Rebar::new(0.8, 0.5, TARGET).unwrap()))];
    for (name, control) in &controls {
        for precision in [Precision::Double, Precision::Single] {
            for instructions in [Instructions::Best, Instructions::Scalar] {
                let options = Options { precision, instructions, ..Options::new(SAMPLES, 1) };
                let mut batches = Batch::new();
                group.bench_function(format!("{name}, {precision:?}, {instructions:?}"), |bencher| {
                    bencher.iter(|| {
                        black_box(
                            batches.estimate(&bernoulli, &objective, control, black_box(&options)).unwrap(),
                        );
                    });
                });
            }
        }
    }
    group.finish();
}

fn adam(criterion: &mut Criterion) {
    let mut descent = Adam::new(47, 0.01).unwrap();
    let (mut phi, gradient) = (vec![0.0; 47], vec![1e-3; 47]);
    criterion.bench_function("Adam on 47 parameters", |bencher| {
        bencher.iter(|| descent.step(black_box(&mut phi), black_box(&gradient)));
    });
}

/// Trainings of the same 10,000 steps: as one call, step by step, and as a loop that asks, evaluates f, tells, and moves both blocks by hand.
fn trainings(criterion: &mut Criterion) {
    const STEPS: u64 = 10_000;
    let f = MeanQuadratic { target: TARGET };
    let start = Bernoulli::from_logits(&[0.0]).unwrap();
    let settings = Settings { iterations: STEPS, learning_rate: 1e-3, ..Settings::default() };
    let training = || Training::new(start.clone(), &f, relax(), &settings, 0).unwrap();
    let mut group = criterion.benchmark_group("a training step of relax");
    group.throughput(Throughput::Elements(STEPS));
    group.bench_function("in one call", |bencher| {
        bencher.iter(|| {
            let mut training = training();
            training.advance(STEPS).unwrap();
            training
        });
    });
    group.bench_function("step()", |bencher| {
        bencher.iter(|| {
            let mut training = training();
            (0..STEPS).for_each(|_| training.step().unwrap());
            training
        });
    });
    group.bench_function("ask and tell", |bencher| {
        bencher.iter(|| {
            let (mut bernoulli, mut control) = (start.clone(), relax());
            let (mut round, mut stream) = (Round::new(), Stream::new(0, 0, 0));
            let (mut logits, mut phi) = (vec![0.0], control.phi());
            let mut descent = Adam::new(1, settings.learning_rate).unwrap();
            let mut control_descent = Adam::new(phi.len(), settings.control_learning_rate).unwrap();
            for _ in 0..STEPS {
                round.draw(&control, &bernoulli, &mut stream).unwrap();
                round.values_mut()[0] = f.value(round.points().row(0));
                round.tell(&mut control, &bernoulli).unwrap();
                descent.step(&mut logits, round.gradient()).unwrap();
                control_descent.step(phi.as_mut_slice(), round.variance_gradient()).unwrap();
                bernoulli.set_parameters(&logits).unwrap();
                control.set_phi(phi.as_view()).unwrap();
            }
            bernoulli
        });
    });
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    noise(&mut criterion);
    sample(&mut criterion);
    batches(&mut criterion);
    adam(&mut criterion);
    trainings(&mut criterion);
    criterion.final_summary();
}
