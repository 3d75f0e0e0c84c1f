//! Derivatives of networks, summed over the rows of all ranks.

use voidgrad::nalgebra::{SMatrix, SVector};
use voidgrad::network::{Network, RowSums};
use voidgrad::ranks::{Share, in_process};
use voidgrad::{Float, Stream, network};

use super::bits;

/// The matrix `w` is in two products, and an entry of it stands alone; `c` is a total.
#[network(each(x, s))]
fn twice(
    x: &SVector<f64, 5>,
    s: f64,
    w: &SMatrix<f64, 5, 5>,
    v: &SMatrix<f64, 3, 5>,
    c: &SVector<f64, 3>,
) -> SVector<f64, 3> {
    v * (w * (w * x).map(f64::tanh)).map(f64::tanh) + c * (s * w[(1, 2)])
}

/// Numbers whose sums depend on their order.
fn numbers<T: Float>(count: usize, seed: u64) -> Vec<T> {
    let mut uniform = vec![0.0; count];
    Stream::new(seed, 0, 0).fill_open01(&mut uniform);
    uniform.into_iter().map(|u| T::default().constant((u - 0.4) * 1.7)).collect()
}

fn check<T: Float>(examples: usize, each: usize, counts: &[usize]) {
    let model = Twice::draw(&mut Stream::new(3, 0, 0)).unwrap();
    let rows = examples * each;
    let (x, s, y_bar) = (numbers::<T>(rows * 5, 1), numbers::<T>(rows, 2), numbers::<T>(rows * 3, 5));
    let length = model.parameters().len();
    let mut alone = vec![0.0; length];
    model.rows_vjp(&x, &s, &y_bar, &mut alone, &mut [], &mut []).unwrap();
    let (mut alone_too, mut s_bar) = (vec![0.0; length], vec![T::default(); rows]);
    model.rows_vjp(&x, &s, &y_bar, &mut alone_too, &mut [], &mut s_bar).unwrap();
    for count in counts {
        let of_ranks = in_process(*count, |ranks| {
            let share = Share::new(ranks, examples).unwrap();
            let own = |rows| share.own(rows).unwrap();
            let mut sums = RowSums::new(share, each);
            let each_of = || [own(&x).into(), own(&s).into()];
            sums.rows_vjp(&model, each_of(), own(&y_bar), [None, None]).unwrap();
            let mut other = RowSums::new(share, each);
            let mut bar = vec![T::default(); own(&s).len()];
            other.rows_vjp(&model, each_of(), own(&y_bar), [None, Some(&mut bar)]).unwrap();
            assert_eq!(bits(&bar), bits(own(&s_bar)));
            RowSums::add_up([sums, other]).unwrap().map(|total| {
                let mut gradient = vec![0.0; length];
                total.add_to(&mut gradient).unwrap();
                gradient
            })
        });
        for [gradient, other] in of_ranks {
            assert_eq!(bits(&gradient), bits(&alone), "{examples} examples of {each} rows, {count} ranks");
            assert_eq!(bits(&other), bits(&alone_too), "{examples} examples of {each} rows, {count} ranks");
        }
    }
}

/// From ranks without rows to several blocks of 1,024 rows, of which each rank has parts.
#[test]
fn sums_over_rows_have_the_bits_of_one_process() {
    for (examples, each) in [(65, 1), (300, 3), (1_100, 1), (2_200, 1)] {
        check::<f64>(examples, each, &[3]);
        check::<f32>(examples, each, &[2, 3, 4]);
    }
}

#[test]
fn no_rows_are_sums_of_zero() {
    let model = Twice::draw(&mut Stream::new(3, 0, 0)).unwrap();
    let of_ranks = in_process(3, |ranks| {
        let mut sums = RowSums::new(Share::new(ranks, 0).unwrap(), 2);
        let none: &[f64] = &[];
        sums.rows_vjp(&model, [none.into(), none.into()], none, [None, None]).unwrap();
        let [total] = RowSums::add_up([sums]).unwrap();
        let mut gradient = vec![0.5; model.parameters().len()];
        total.add_to(&mut gradient).unwrap();
        gradient
    });
    for gradient in of_ranks {
        assert!(gradient.iter().all(|entry| *entry == 0.5));
    }
}
