//! What is left out of the sums of networks, and what the end makes of the others.

use crate::calculus::{adjoints, tangents};
use crate::callees::Callees;
use crate::diagnostics::Diagnostics;
use crate::evaluate::evaluate;
use crate::graph::{Graph, NodeId, Op, Shape};
use crate::kernel::product::Products;
use crate::kernel::scalars::Scalars;
use crate::kernel::{Terms, terms};
use crate::parse::{self, Reading};
use crate::signature::Signature;

/// A control as a graph of numbers, with the terms of its kernel and what they stand for.
struct Network {
    graph: Graph,
    /// How many entries each argument has, z first.
    sizes: Vec<usize>,
    terms: Terms,
    c: NodeId,
    c_z: NodeId,
    /// `∂c/∂φ` and `∂/∂φ (∂c/∂z · ż)`, one an entry of φ.
    partials: Vec<NodeId>,
    mixed: Vec<NodeId>,
}

/// A sample: z and ż, z̃ with its own, and the weight of c there.
type Sample = [f64; 5];

const SAMPLES: [Sample; 4] = [
    [0.7, -1.3, 0.4, 0.6, 1.1],
    [-1.9, 0.8, -0.6, 1.7, -0.4],
    [2.3, 0.2, 3.1, -0.9, 0.5],
    [-0.2, 1.6, -2.8, 0.3, 2.2],
];

impl Network {
    fn new(source: &str) -> Self {
        let function: syn::ItemFn = syn::parse_str(source).expect("this is a function");
        let mut diagnostics = Diagnostics::default();
        let signature = Signature::read(&function, &mut diagnostics).expect("its types are known");
        let body = parse::body(&function, &signature, &Callees::default(), &mut diagnostics);
        let Some(Reading::Body(body)) = body else { panic!("it can be read") };
        diagnostics.check().expect("there is no mistake in it");
        let sizes =
            body.parameters.iter().map(|id| body.graph.shape(*id).entries().expect("a length")).collect();
        let (mut source, [z, phi @ ..]) = (body.graph, &body.parameters[..]) else { panic!("there is no z") };
        let count = body.parameters.len();
        let [z_dot, c_bar] = [count, count + 1].map(|index| source.parameter(index, Shape::Scalar, false));
        let one = source.literal(1.0);
        let c_z = adjoints(&mut source, &[(body.output, one)], &[*z])[0].expect("it depends on z");
        let c_dot = tangents(&mut source, &[(*z, z_dot)], &[body.output])[0].expect("it depends on z");
        let mut gradients = |of: NodeId| -> Vec<NodeId> {
            let found = adjoints(&mut source, &[(of, one)], phi);
            let zeros =
                phi.iter().map(|id| source.node(Op::Zero, source.shape(*id).clone())).collect::<Vec<_>>();
            found.into_iter().zip(zeros).map(|(found, zero)| found.unwrap_or(zero)).collect()
        };
        let (partials, mixed) = (gradients(body.output), gradients(c_dot));
        let roots = [&[*z, z_dot, c_bar, body.output, c_z], &partials[..], &mixed].concat();
        let mut scalars = Scalars::new(&source, &[*z, z_dot, c_bar], &roots).expect("it is small");
        let [z, z_dot, c_bar, c, c_z] = [*z, z_dot, c_bar, body.output, c_z].map(|id| scalars.of(id)[0]);
        let [partials, mixed] = [partials, mixed]
            .map(|ids| ids.iter().flat_map(|id| scalars.of(*id).to_vec()).collect::<Vec<_>>());
        let products = Products::new(&mut scalars.graph, &[z], &[z_dot, c_bar]);
        let terms = terms(products, (c, c_z), &partials, &mixed, c_bar);
        Self { graph: scalars.graph, sizes, terms, c, c_z, partials, mixed }
    }

    /// The value of a number, at arguments of z, ż and c̄ and parameters that are made up.
    fn at(&self, id: NodeId, [z, z_dot, c_bar]: [f64; 3]) -> f64 {
        let mut next = 0.0_f64;
        let own = self.sizes[1..].iter().map(|size| {
            let entry = |()| {
                next += 1.0;
                0.9 * (2.1 * next).sin()
            };
            std::iter::repeat_n((), *size).map(entry).collect()
        });
        let own: Vec<Vec<f64>> = own.collect();
        let arguments = [vec![vec![z]], own, vec![vec![z_dot], vec![c_bar]]].concat();
        evaluate(&self.graph, &arguments, id).expect("the operations are known")[0]
    }

    /// `Σ ż·∂²c/∂z∂φ` at z and `c̄·∂c/∂φ + ż·∂²c/∂z∂φ` at z̃, as the derivatives have it.
    fn expected(&self) -> Vec<f64> {
        let of = |(partial, mixed): (&NodeId, &NodeId)| {
            let sample = |[z, z_dot, z_tilde, z_tilde_dot, c_bar]: Sample| {
                let there = [z_tilde, z_tilde_dot, c_bar];
                self.at(*mixed, [z, z_dot, c_bar]) + c_bar * self.at(*partial, there) + self.at(*mixed, there)
            };
            SAMPLES.into_iter().map(sample).sum()
        };
        self.partials.iter().zip(&self.mixed).map(of).collect()
    }

    /// The same, by the terms that are left, the combinations and the factors of the end.
    fn found(&self) -> Vec<f64> {
        let Terms { slopes, weighted, scales, combinations, .. } = &self.terms;
        let of = |(slope, weighted): (&NodeId, &NodeId)| {
            let sample = |[z, z_dot, z_tilde, z_tilde_dot, c_bar]: Sample| {
                self.at(*slope, [z, z_dot, c_bar]) + self.at(*weighted, [z_tilde, z_tilde_dot, c_bar])
            };
            SAMPLES.into_iter().map(sample).sum()
        };
        let mut sums: Vec<f64> = slopes.iter().zip(weighted).map(of).collect();
        // What all samples share can be read at any sample.
        let shared = |id: NodeId| self.at(id, [0.0; 3]);
        for (entry, combination) in combinations {
            assert_eq!(sums[*entry], 0.0, "a sum that is a combination is added up all the same");
            sums[*entry] = combination.iter().map(|(sum, factor)| shared(*factor) * sums[*sum]).sum();
        }
        for (entry, factor) in scales {
            sums[*entry] *= shared(*factor);
        }
        sums
    }

    /// The entries of φ whose sums are combinations.
    fn combined(&self) -> Vec<usize> {
        self.terms.combinations.iter().map(|(entry, _)| *entry).collect()
    }

    fn check(&self) {
        for sample in SAMPLES {
            let point = [sample[0], sample[1], sample[4]];
            for (before, after) in [(self.c, self.terms.c), (self.c_z, self.terms.c_z)] {
                // Some ten roundings.
                assert!((self.at(before, point) - self.at(after, point)).abs() < 1e-14);
            }
        }
        let (expected, found) = (self.expected(), self.found());
        assert!(expected.iter().any(|sum| *sum != 0.0));
        for (entry, (expected, found)) in expected.iter().zip(&found).enumerate() {
            // Four samples of some ten terms, none larger than 10.
            assert!((expected - found).abs() < 1e-13, "entry {entry}: {found}, not {expected}");
        }
    }
}

const RELU: &str = "fn c(z: f64, w1: SVector<f64, 3>, b1: SVector<f64, 3>, w2: SMatrix<f64, 2, 3>,
    b2: SVector<f64, 2>, w3: SVector<f64, 2>, b3: f64) -> f64 {
        let h1 = (w1 * z + b1).map(relu);
        let h2 = (w2 * h1 + b2).map(relu);
        w3.dot(&h2) + b3
    }";

#[test]
fn sums_of_the_last_weights_of_relu_are_combinations_of_the_layer_before() {
    let network = Network::new(RELU);
    // After 3 + 3 + 6 + 2 come the two of w₃.
    assert_eq!(network.combined(), [14, 15]);
    // By Euler's relation, of those of its row of W₂ and of b₂.
    for (unit, (_, combination)) in network.terms.combinations.iter().enumerate() {
        let mut sums: Vec<usize> = combination.iter().map(|(sum, _)| *sum).collect();
        sums.sort_unstable();
        assert_eq!(sums, [6, 8, 10, 12].map(|entry| entry + unit));
    }
    network.check();
}

#[test]
fn a_network_of_tanh_has_no_combinations() {
    let network = Network::new(&RELU.replace("map(relu)", "map(f64::tanh)"));
    assert_eq!(network.combined(), []);
    network.check();
}

#[test]
fn no_combination_of_a_chain_reads_another() {
    // The last weight's sum could be made of that of w₂, which is itself made of those of w₁ and b₁.
    let network = Network::new(
        "fn c(z: f64, w3: f64, w2: f64, b2: f64, w1: f64, b1: f64) -> f64 {
            w3 * (w2 * (w1 * z + b1) + b2 * z.sin())
        }",
    );
    let combined = network.combined();
    assert_eq!(combined, [0, 1]);
    for (_, combination) in &network.terms.combinations {
        assert!(combination.iter().all(|(sum, _)| !combined.contains(sum)));
    }
    network.check();
}

#[test]
fn factors_of_whole_sums_are_left_for_the_end() {
    let network = Network::new(
        "fn c(z: f64, eta: f64, lambda: f64, shift: f64) -> f64 { eta * sigmoid(z / lambda) + shift * z * z }",
    );
    assert!(network.terms.scales.iter().any(|(entry, _)| *entry == 1), "∂c/∂λ has η as a factor");
    network.check();
}
