//! How many instructions a batch and a sample take, counted by valgrind, which no other work on the machine disturbs.
//!
//! `cargo bench --package voidgrad-benches --bench instructions` fails where a count is over its limit: a tenth above what was
//! counted when the limit was set. The counts are those of AVX2 lanes, the widest that valgrind knows. It takes
//! `gungraun-runner` of the same version as the crate (`cargo install gungraun-runner --version 0.20.0`) and
//! valgrind; without them it says so, and succeeds.

use std::path::Path;
use std::{env, process};

/// The counted functions. The attributes write functions and modules of their own, which have no documentation.
#[allow(missing_docs, unreachable_pub, unused_qualifications, clippy::pedantic)]
mod counted {
    use std::hint::black_box;

    use gungraun::prelude::*;
    use gungraun::{Callgrind, EventKind};
    use voidgrad::batch::{Batch, Instructions, Options, Precision};
    use voidgrad::controls::{Rebar, Relax};
    use voidgrad::nalgebra::{SMatrix, SVector};
    use voidgrad::toy::MeanQuadratic;
    use voidgrad::train::{Observer, Settings, Step};
    use voidgrad::{BatchControl, Bernoulli, Estimate, Noise, Stream, control, sigmoid, train};

    const TARGET: f64 = 0.499;
    const OBJECTIVE: MeanQuadratic = MeanQuadratic { target: TARGET };

    fn at_most(instructions: u64) -> LibraryBenchmarkConfig {
        let mut callgrind = Callgrind::default();
        callgrind.hard_limits([(EventKind::Ir, instructions)]);
        LibraryBenchmarkConfig::default().tool(callgrind).clone()
    }

    /// A batch that has been drawn once before: its memory is there.
    struct Warm<C> {
        control: C,
        bernoulli: Bernoulli,
        batches: Batch,
        options: Options,
    }

    impl<C: BatchControl + Sync> Warm<C> {
        /// Of so many variables, with 4,096 numbers z in all.
        fn new(control: C, variables: u64, precision: Precision, instructions: Instructions) -> Self {
            let options = Options { precision, instructions, ..Options::new(4096 / variables, 1) };
            let logits: Vec<f64> = (0..variables).map(|m| 0.3 - 0.02 * m as f64).collect();
            let bernoulli = Bernoulli::from_logits(&logits).unwrap();
            let mut warm = Self { control, bernoulli, batches: Batch::new(), options };
            warm.draw();
            warm
        }

        fn draw(&mut self) {
            black_box(
                self.batches.estimate(&self.bernoulli, &OBJECTIVE, &self.control, &self.options).unwrap(),
            );
        }
    }

    fn relax() -> Relax {
        Relax::draw(0.5, TARGET, &mut Stream::new(3, 0, 0)).unwrap()
    }

    fn warm_relax(precision: Precision, instructions: Instructions) -> Warm<Relax> {
        Warm::new(relax(), 1, precision, instructions)
    }

    fn warm_rebar(precision: Precision, instructions: Instructions) -> Warm<Rebar> {
        Warm::new(Rebar::new(0.8, 0.5, TARGET).unwrap(), 1, precision, instructions)
    }

    #[library_benchmark(setup = warm_relax)]
    #[bench::double(args = (Precision::Double, Instructions::Best), config = at_most(RELAX_DOUBLE))]
    #[bench::single(args = (Precision::Single, Instructions::Best), config = at_most(RELAX_SINGLE))]
    #[bench::scalar(args = (Precision::Double, Instructions::Scalar), config = at_most(RELAX_SCALAR))]
    fn relax_batch(mut warm: Warm<Relax>) -> Warm<Relax> {
        warm.draw();
        warm
    }

    #[library_benchmark(setup = warm_rebar)]
    #[bench::double(args = (Precision::Double, Instructions::Best), config = at_most(REBAR_DOUBLE))]
    #[bench::single(args = (Precision::Single, Instructions::Best), config = at_most(REBAR_SINGLE))]
    fn rebar_batch(mut warm: Warm<Rebar>) -> Warm<Rebar> {
        warm.draw();
        warm
    }

    /// A control of all of z, with a mean and a layer.
    #[control(positive(lambda))]
    fn layer(
        z: &SVector<f64, 32>,
        lambda: f64,
        w1: &SMatrix<f64, 24, 32>,
        b1: &SVector<f64, 24>,
        w2: &SVector<f64, 24>,
    ) -> f64 {
        let h = (w1 * z + b1).map(f64::tanh);
        w2.dot(&h) + z.iter().map(|z| sigmoid(z / lambda).powi(2)).sum::<f64>() / 32.0
    }

    fn warm_layer(precision: Precision) -> Warm<Layer> {
        let w1 = SMatrix::from_fn(|i, j| 0.2 * (i as f64 - 0.3 * j as f64).sin());
        let of = |scale: f64| SVector::from_fn(|i, _| scale * (1.7 * i as f64).sin());
        Warm::new(Layer::new(0.7, w1, of(0.1), of(0.3)).unwrap(), 32, precision, Instructions::Best)
    }

    #[library_benchmark(setup = warm_layer)]
    #[bench::double(args = (Precision::Double), config = at_most(LAYER_DOUBLE))]
    #[bench::single(args = (Precision::Single), config = at_most(LAYER_SINGLE))]
    fn layer_batch(mut warm: Warm<Layer>) -> Warm<Layer> {
        warm.draw();
        warm
    }

    /// Sees the first state and the last one: an observer of every step would end the fused loop after each.
    struct Nobody;

    impl Observer for Nobody {
        fn observe(&mut self, _: &Step<'_>) {}

        fn next(&self, _: u64) -> u64 {
            u64::MAX
        }
    }

    #[library_benchmark(config = at_most(TRAINING))]
    #[bench::relax(setup = relax)]
    fn training(control: Relax) -> Relax {
        let bernoulli = Bernoulli::from_logits(&[0.3]).unwrap();
        let settings = Settings { iterations: 640, batch: 1, ..Settings::default() };
        train(bernoulli, &OBJECTIVE, control, &settings, 0, &mut Nobody).unwrap().estimator
    }

    fn warm_sample() -> (Relax, Bernoulli, Estimate, Vec<f64>) {
        (relax(), Bernoulli::from_logits(&[0.3]).unwrap(), Estimate::new(1), vec![0.0; 47])
    }

    #[library_benchmark(config = at_most(ONE_SAMPLE))]
    #[bench::relax(setup = warm_sample)]
    fn one_sample(warm: (Relax, Bernoulli, Estimate, Vec<f64>)) -> Estimate {
        let (control, bernoulli, mut estimate, mut phi_bar) = warm;
        let noise = Noise::new(&[0.2], &[0.7]).unwrap();
        estimate.update(&bernoulli, &OBJECTIVE, &control, noise).unwrap();
        estimate.add_variance_gradient(&control, &mut phi_bar);
        black_box(phi_bar);
        estimate
    }

    // Counted with Rust 1.95 and glibc 2.36, whose functions the scalar calls; 4,096 samples a batch.
    const RELAX_DOUBLE: u64 = 1_211_994 * 11 / 10;
    const RELAX_SINGLE: u64 = 636_178 * 11 / 10;
    const RELAX_SCALAR: u64 = 5_477_338 * 11 / 10;
    const REBAR_DOUBLE: u64 = 291_751 * 11 / 10;
    const REBAR_SINGLE: u64 = 132_017 * 11 / 10;
    const ONE_SAMPLE: u64 = 3_930 * 11 / 10;
    // 128 samples of 32 variables.
    const LAYER_DOUBLE: u64 = 1_202_496 * 11 / 10;
    const LAYER_SINGLE: u64 = 658_957 * 11 / 10;
    // 640 steps, and the start.
    const TRAINING: u64 = 1_459_189 * 11 / 10;

    library_benchmark_group!(
        name = samples,
        benchmarks = [relax_batch, rebar_batch, layer_batch, training, one_sample]
    );
    gungraun::main!(library_benchmark_groups = samples);

    pub(super) fn run() {
        main();
    }
}

fn main() -> process::ExitCode {
    // What runs under valgrind is this program once more, without the environment.
    if env::args().any(|argument| argument == "--gungraun-run") {
        counted::run();
        return process::ExitCode::SUCCESS;
    }
    for (tool, at) in [("valgrind", None), ("gungraun-runner", env::var_os("GUNGRAUN_RUNNER"))] {
        if at.is_none() && !is_found(tool) {
            println!("instructions are not counted: {tool} is not installed");
            return process::ExitCode::SUCCESS;
        }
    }
    counted::run();
    process::ExitCode::SUCCESS
}

/// True where a program of this name is on the path.
fn is_found(tool: &str) -> bool {
    let is_in = |directory: &Path| directory.join(tool).with_extension(env::consts::EXE_EXTENSION).is_file();
    env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|directory| is_in(&directory)))
}
