//! The functions that the tests go through, each with its own way from slices to its arguments.

use nalgebra::stack;
use voidgrad::nalgebra::{DMatrix, DVector, SMatrix, SVector};
use voidgrad::network::{Network, NetworkError};
use voidgrad::{Stream, network, sigmoid, softplus};

use super::inlined::{Activations, Likelihood, activations, likelihood};
use super::lengths::{self, Entries, Layer, Mixture as RunMixture};

type Layer43 = Layer<4, 3>;
type Rows = fn(&[f64], &[Vec<f64>], &mut [f64]) -> Result<(), NetworkError>;
type Vjp = fn(&[f64], &[Vec<f64>], &[f64], &mut [f64], &mut [Vec<f64>]) -> Result<(), NetworkError>;
type Both = fn(&[f64], &[Vec<f64>], &[f64], &mut [f64], &mut [f64]) -> Result<(), NetworkError>;
type Single = fn(&[f64], &[Vec<f64>], &[f64], &mut [f64]) -> Result<(), NetworkError>;

pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// How many entries each argument of a row has, and y.
    pub(crate) each: Vec<usize>,
    pub(crate) y: usize,
    pub(crate) parameters: Vec<f64>,
    /// The function itself at one row.
    pub(crate) one: fn(&[f64], &[Vec<f64>]) -> Vec<f64>,
    pub(crate) rows: Rows,
    pub(crate) vjp: Vjp,
    /// Values and derivatives in one pass.
    pub(crate) both: Both,
    /// The sums of the derivatives in single precision.
    pub(crate) single: Single,
}

fn vector<const N: usize>(numbers: &[f64]) -> SVector<f64, N> {
    SVector::from_column_slice(numbers)
}

fn matrix<const R: usize, const C: usize>(numbers: &[f64]) -> SMatrix<f64, R, C> {
    SMatrix::from_column_slice(numbers)
}

pub(crate) fn singles(numbers: &[f64]) -> Vec<f32> {
    #[expect(clippy::cast_possible_truncation, reason = "the nearest f32 is what is wanted")]
    numbers.iter().map(|number| *number as f32).collect()
}

/// A case: a network of type `$type`, its arguments of a row, and the function at the parameters `$p` and a row of them.
macro_rules! case {
    ($type:ident, $make:expr, [$($each:ident: $entries:literal),*], $y:literal, |$p:ident| $one:expr) => {{
        fn model(parameters: &[f64]) -> Result<$type, NetworkError> {
            let mut model: $type = $make;
            model.set_parameters(parameters)?;
            Ok(model)
        }
        let made: $type = $make;
        let count = made.shapes().iter().map(|parameter| parameter.shape.entries()).sum();
        Case {
            name: stringify!($type),
            each: vec![$($entries),*],
            y: $y,
            parameters: super::numbers(count, 77),
            one: |$p, each| {
                let [$($each),*] = each else { unreachable!("so many arguments") };
                Vec::from($one)
            },
            rows: |parameters, each, y| {
                let [$($each),*] = each else { unreachable!("so many arguments") };
                model(parameters)?.rows($($each,)* y)
            },
            vjp: |parameters, each, y_bar, sums, bars| {
                let [$($each),*] = each else { unreachable!("so many arguments") };
                let model = model(parameters)?;
                let mut bars = bars.iter_mut();
                $(let mut $each = ($each, bars.next().expect("so many arguments"));)*
                model.rows_vjp($($each.0,)* y_bar, sums, $(&mut $each.1),*)
            },
            both: |parameters, each, y_bar, y, sums| {
                let [$($each),*] = each else { unreachable!("so many arguments") };
                model(parameters)?.rows_and_vjp($($each,)* y_bar, y, sums)
            },
            single: |parameters, each, y_bar, sums| {
                let [$($each),*] = each else { unreachable!("so many arguments") };
                $(let $each = singles($each);)*
                // Derivatives by the arguments are not wanted.
                model(parameters)?.rows_vjp($(&$each,)* &singles(y_bar), sums, $(none(stringify!($each))),*)
            },
        }
    }};
}

/// A derivative that is not wanted.
fn none(_: &str) -> &'static mut [f32] {
    &mut []
}

/// ln p(x|b): a softplus of each logit.
#[network(each(b, x))]
pub(crate) fn decoder(
    b: &SVector<f64, 9>,
    x: &SVector<f64, 19>,
    w: &SMatrix<f64, 19, 9>,
    c: &SVector<f64, 19>,
) -> f64 {
    let logits = w * b.map(|b| 2.0 * b - 1.0) + c;
    x.dot(&logits) - logits.map(softplus).sum()
}

/// Two layers of tanh: an array for a value.
#[network(each(x))]
pub(crate) fn encoder(
    x: &SVector<f64, 11>,
    w1: &SMatrix<f64, 17, 11>,
    b1: &SVector<f64, 17>,
    w2: &SMatrix<f64, 3, 17>,
    b2: &SVector<f64, 3>,
) -> SVector<f64, 3> {
    let h = (w1 * x + b1).map(f64::tanh);
    w2 * h + b2
}

/// Numbers and arrays, a matrix that is used twice, data, a branch, and a parameter that nothing takes.
#[network(each(x, s), data(t))]
pub(crate) fn mixture(
    x: &SVector<f64, 5>,
    s: f64,
    w: &SMatrix<f64, 5, 5>,
    t: &SVector<f64, 5>,
    lambda: f64,
    unused: f64,
    v: &SVector<f64, 5>,
) -> SVector<f64, 5> {
    let y = w * (w.transpose() * x);
    let gate = t.map(|t| sigmoid(s * lambda - t));
    let smooth = y.component_mul(&gate).component_mul(v);
    let rough = t.component_mul(x) + v.map(|v| (s * v).exp() + 0.0 * unused);
    let sum: f64 = x.iter().map(|x| x.max(0.25)).sum();
    if s > 0.25 { smooth * sum } else { rough }
}

/// A mixture whose parameters are not 0.
pub(crate) fn mixture_model() -> Mixture {
    let mut model = drawn(|stream| Mixture::draw(stream, &SVector::from(T)));
    model.set_parameters(&super::numbers(32, 5)).expect("32 parameters");
    model
}

/// A softmax over two groups, of parts of the row and of the parameters, and lengths of the run.
#[network(each(x))]
fn grouped(
    x: &SVector<f64, 6>,
    w: &SMatrix<f64, 4, 3>,
    v: &SVector<f64, 5>,
    u: &DVector<f64>,
) -> SVector<f64, 8> {
    let left = w * x.fixed_rows::<3>(0);
    let right = w * x.rows(3, 3) + v.fixed_rows::<4>(1);
    let all: SVector<f64, 8> = SVector::from_iterator(left.iter().chain(right.iter()).copied());
    let weights = all.map(f64::exp);
    let sums = weights.as_slice().chunks(4).map(|group| group.iter().sum::<f64>());
    let first = weights.fixed_rows::<4>(0) / weights.as_slice()[..4].iter().sum::<f64>();
    let second = weights.fixed_rows::<4>(4) / weights.as_slice()[4..].iter().sum::<f64>();
    let factor = v[0] + sums.map(f64::ln).sum::<f64>() + u.rows(0, 2).sum();
    SVector::from_iterator(first.iter().chain(second.iter()).copied()) * factor + all * w.column_sum()[1]
}

/// Rows, columns and blocks of matrices of parameters, one of which has a size of the run.
#[network(each(x))]
fn blocks(
    x: &SVector<f64, 6>,
    w: &SMatrix<f64, 4, 5>,
    m: &DMatrix<f64>,
    v: &SVector<f64, 5>,
) -> SVector<f64, 4> {
    let h = (w.fixed_columns::<3>(1) * x.fixed_rows::<3>(0)).map(f64::tanh);
    let g = w.fixed_view::<2, 4>(1, 0) * h;
    let inner = m.rows(1, 2) * x.fixed_rows::<3>(3) + g;
    let of_parameters = w.fixed_columns::<3>(2) * v.fixed_rows::<3>(1);
    let shared = w.row(3).transpose().dot(v) + m.column(1).map(f64::sin).sum() + of_parameters[2];
    let columns = w.column(0) * x[5] + w.column(4) * inner[1];
    h * (inner[0] * shared) + columns + m.row(0).transpose().fixed_rows::<2>(1).sum() * w.column(2)
}

/// Vectors one below the other, and rows and columns side by side.
#[allow(clippy::toplevel_ref_arg, reason = "`stack!` is written so")]
#[network(each(x))]
fn stacks(
    x: &SVector<f64, 4>,
    w: &SMatrix<f64, 3, 2>,
    v: &SMatrix<f64, 3, 5>,
    u: &SVector<f64, 3>,
) -> SVector<f64, 6> {
    let h = stack![w, v] * stack![u; x];
    let lines = SMatrix::<f64, 2, 3>::from_rows(&[u.transpose(), v.column(2).transpose()]);
    let g = stack![lines, 0; 0, w.transpose()] * stack![h.map(f64::tanh); u];
    stack![h.fixed_rows::<2>(1); g]
}

/// One number of each.
#[network(each(x))]
fn line(x: f64, slope: f64, height: f64) -> f64 {
    slope * x.sin() + height
}

const T: [f64; 5] = [0.3, -0.4, 0.1, 0.9, -0.2];

/// Parameters from the front of a slice, one after the other.
pub(crate) fn cut<const K: usize>(flat: &[f64], lengths: [usize; K]) -> [&[f64]; K] {
    let mut rest = flat;
    lengths.map(|length| {
        let (here, behind) = rest.split_at(length);
        rest = behind;
        here
    })
}

pub(crate) fn drawn<T>(draw: impl FnOnce(&mut Stream) -> Result<T, NetworkError>) -> T {
    draw(&mut Stream::new(1, 0, 0)).expect("the data are numbers")
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        case!(Decoder, drawn(Decoder::draw), [b: 9, x: 19], 1, |p| {
            let [w, c] = cut(p, [171, 19]);
            [decoder(&vector(b), &vector(x), &matrix(w), &vector(c))]
        }),
        case!(Likelihood, drawn(Likelihood::draw), [b: 9, x: 19], 1, |p| {
            let [w, c] = cut(p, [171, 19]);
            [likelihood(&vector(b), &vector(x), &matrix(w), &vector(c))]
        }),
        case!(Activations, drawn(Activations::draw), [x: 3], 4, |p| {
            let [w, s] = cut(p, [12, 1]);
            activations(&vector(x), &matrix(w), s[0]).as_slice().to_vec()
        }),
        case!(Grouped, drawn(|stream| Grouped::draw(stream, 2)), [x: 6], 8, |p| {
            let [w, v, u] = cut(p, [12, 5, 2]);
            grouped(&vector(x), &matrix(w), &vector(v), &DVector::from_column_slice(u)).as_slice().to_vec()
        }),
        case!(Blocks, drawn(|stream| Blocks::draw(stream, [4, 3])), [x: 6], 4, |p| {
            let [w, m, v] = cut(p, [20, 12, 5]);
            let m = DMatrix::from_column_slice(4, 3, m);
            blocks(&vector(x), &matrix(w), &m, &vector(v)).as_slice().to_vec()
        }),
        case!(Stacks, drawn(Stacks::draw), [x: 4], 6, |p| {
            let [w, v, u] = cut(p, [6, 15, 3]);
            stacks(&vector(x), &matrix(w), &matrix(v), &vector(u)).as_slice().to_vec()
        }),
        case!(Encoder, drawn(Encoder::draw), [x: 11], 3, |p| {
            let [w1, b1, w2, b2] = cut(p, [187, 17, 51, 3]);
            encoder(&vector(x), &matrix(w1), &vector(b1), &matrix(w2), &vector(b2)).as_slice().to_vec()
        }),
        case!(Mixture, drawn(|stream| Mixture::draw(stream, &SVector::from(T))), [x: 5, s: 1], 5, |p| {
            let [w, lambda, unused, v] = cut(p, [25, 1, 1, 5]);
            let t = SVector::from(T);
            mixture(&vector(x), s[0], &matrix(w), &t, lambda[0], unused[0], &vector(v)).as_slice().to_vec()
        }),
        case!(Line, drawn(Line::draw), [x: 1], 1, |p| [line(x[0], p[0], p[1])]),
        case!(RunMixture, drawn(|stream| RunMixture::draw(stream, [5, 7], 5, &DVector::from_column_slice(&T))), [x: 5, s: 1], 5, |p| {
            let [w, lambda, v] = cut(p, [35, 1, 5]);
            let ([x, t, v], w) = ([x, &T[..], v].map(DVector::from_column_slice), DMatrix::from_column_slice(5, 7, w));
            lengths::mixture(&x, s[0], &w, &t, lambda[0], &v).as_slice().to_vec()
        }),
        case!(Entries, drawn(|stream| Entries::draw(stream, 5, [3, 4], &T)), [x: 3], 1, |p| {
            let [w, m, v] = cut(p, [5, 12, 4]);
            let x = <&[f64; 3]>::try_from(&x[..]).expect("three entries");
            [lengths::entries(x, w, &T, &DMatrix::from_column_slice(3, 4, m), &vector(v))]
        }),
        case!(Layer43, drawn(Layer43::draw), [x: 4], 1, |p| {
            let [w, d] = cut(p, [12, 3]);
            [lengths::layer::<4, 3>(&vector(x), &matrix(w), &vector(d))]
        }),
    ]
}
