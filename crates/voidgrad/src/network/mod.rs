//! Functions of many rows: the layers and densities that a model is made of.
//!
//! [`#[network]`](macro@crate::network) turns a function of one row into a struct of its parameters. Some arguments differ from row to row, `each(…)`; some are
//! shared and fixed, `data(…)`; all others are the parameters. The struct has two functions of N rows at once:
//!
//! - `rows` writes `y_n = f(x_n; w)` for every row;
//! - `rows_vjp` adds `Σ_n ȳ_n·∂y_n/∂w` to a flat sum, and writes `ȳ_n·∂y_n/∂x_n` for every row.
//!
//! Both are closed forms that were written while the program was compiled. They run on SIMD lanes of rows, with the instructions that the machine has, and on all
//! cores; a result has the same bits for every number of threads. Numbers of the rows are `f64` or `f32`. The parameters are kept in `f64`, and so are
//! their derivatives: sums over at most 1,024 rows are in the numbers of the rows, from there on in `f64`, all over a fixed binary tree.
//!
//! ```
//! use voidgrad::nalgebra::{SMatrix, SVector};
//! use voidgrad::network::Network;
//! use voidgrad::{Stream, network, softplus};
//!
//! /// ln p(x|b) of two pixels, with logits W·b + c.
//! #[network(each(b, x))]
//! fn decoder(b: &SVector<f64, 3>, x: &SVector<f64, 2>, w: &SMatrix<f64, 2, 3>, c: &SVector<f64, 2>) -> f64 {
//!     let logits = w * b + c;
//!     x.dot(&logits) - logits.map(softplus).sum()
//! }
//!
//! let model = Decoder::draw(&mut Stream::new(1, 0, 0))?;
//! assert_eq!(model.parameters().len(), 8);
//!
//! // Four rows; of each, three numbers b and two x.
//! let b = [0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0];
//! let x = [1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0];
//! let mut y = [0.0; 4];
//! model.rows(&b, &x, &mut y)?;
//! let (w, c) = (SMatrix::from_column_slice(model.w()), SVector::from_column_slice(model.c()));
//! let last = decoder(&SVector::from([0.0, 1.0, 0.0]), &SVector::from([0.0, 1.0]), &w, &c);
//! assert!((y[3] - last).abs() < 1e-15);
//!
//! // The gradient of the mean by the parameters; derivatives by b and x are not wanted.
//! let mut gradient = [0.0; 8];
//! model.rows_vjp(&b, &x, &[0.25; 4], &mut gradient, &mut [], &mut [])?;
//! // ∂/∂c is the mean of x - σ(logits), and the first pixel is black once in four rows.
//! assert!(gradient[6] < 0.25 && gradient[6] > -0.75);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
pub(crate) mod generated;
mod row_sums;
mod rows;
#[cfg(feature = "safetensors")]
mod safetensors;
pub(crate) mod start;
mod state;

pub use error::NetworkError;
pub use row_sums::{RowSums, RowTotal};
pub use state::{NetworkState, NetworkStateError, ParameterState};

/// An argument of many rows: numbers, one row after the other.
///
/// A slice is one, and so is a reference to a vector or an array. [`repeated`](Self::repeated) is for rows that several share, such as an image that is decoded from K points:
///
/// ```
/// use voidgrad::network;
/// use voidgrad::network::Rows;
///
/// #[network(each(b, x))]
/// fn error(b: f64, x: f64, w: f64) -> f64 {
///     (w * b - x).powi(2)
/// }
///
/// let model = Error::new(&2.0)?;
/// // Two images with three points each.
/// let (points, images) = ([0.0, 1.0, 2.0, 0.0, 1.0, 2.0], [1.0, 3.0]);
/// let mut y = [0.0; 6];
/// model.rows(&points, Rows::repeated(&images, 3), &mut y)?;
/// assert_eq!(y, [1.0, 1.0, 9.0, 9.0, 1.0, 1.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a, T> {
    numbers: &'a [T],
    times: usize,
}

impl<'a, T> Rows<'a, T> {
    /// Each row stands for `times` rows, one after the other. The derivative by it is the sum of theirs.
    #[must_use]
    pub const fn repeated(numbers: &'a [T], times: usize) -> Self {
        Self { numbers, times }
    }
}

impl<'a, T> From<&'a [T]> for Rows<'a, T> {
    fn from(numbers: &'a [T]) -> Self {
        Self { numbers, times: 1 }
    }
}

impl<'a, T> From<&'a Vec<T>> for Rows<'a, T> {
    fn from(numbers: &'a Vec<T>) -> Self {
        numbers.as_slice().into()
    }
}

impl<'a, T, const N: usize> From<&'a [T; N]> for Rows<'a, T> {
    fn from(numbers: &'a [T; N]) -> Self {
        numbers.as_slice().into()
    }
}

/// The shape of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One number.
    Number,
    /// So many entries.
    Array(usize),
    /// Rows and columns; its entries stand column by column.
    Matrix(usize, usize),
}

impl Shape {
    /// How many numbers it is.
    #[must_use]
    pub const fn entries(self) -> usize {
        match self {
            Self::Number => 1,
            Self::Array(entries) => entries,
            Self::Matrix(rows, columns) => rows * columns,
        }
    }

    /// What stands behind the name of an entry: nothing, `[i]` or `[row,column]`.
    fn place(self, i: usize) -> String {
        match self {
            Self::Number => String::new(),
            Self::Array(_) => format!("[{i}]"),
            Self::Matrix(rows, _) => format!("[{},{}]", i % rows, i / rows),
        }
    }
}

/// A parameter of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// The name of the argument.
    pub name: &'static str,
    /// Its shape.
    pub shape: Shape,
}

/// The parameters of a function that [`#[network]`](macro@crate::network) was written on, as one flat vector: what a training loop needs of it.
pub trait Network {
    /// What stands in the flat vector, in this order.
    fn shapes(&self) -> Vec<Parameter>;

    /// All parameters.
    fn parameters(&self) -> &[f64];

    /// Takes other parameters.
    ///
    /// # Errors
    /// If there are more or fewer of them, or one is NaN or infinite.
    fn set_parameters(&mut self, parameters: &[f64]) -> Result<(), NetworkError>;

    /// The parameters as data, to be kept in a file or carried to another program.
    ///
    /// ```
    /// use voidgrad::network::Network;
    /// use voidgrad::{Stream, network};
    ///
    /// #[network(each(x), init(shift = uniform(0.1)))]
    /// fn line(x: f64, slope: f64, shift: f64) -> f64 {
    ///     slope * x + shift
    /// }
    ///
    /// let trained = Line::new(&2.0, &-1.0)?;
    /// let state = trained.state();
    /// assert_eq!((&*state.parameters[0].name, &*state.parameters[0].values), ("slope", &[2.0][..]));
    ///
    /// let mut other = Line::draw(&mut Stream::new(1, 0, 0))?;
    /// other.restore(&state)?;
    /// assert_eq!(other, trained);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn state(&self) -> NetworkState {
        NetworkState::of(&self.shapes(), self.parameters())
    }

    /// Takes the parameters of a state, which may have them in any order.
    ///
    /// # Errors
    /// If the state has another version, if a parameter is missing, is one too many or has another shape, or if an entry is NaN or infinite; then
    /// nothing is taken.
    fn restore(&mut self, state: &NetworkState) -> Result<(), NetworkStateError> {
        let parameters = state.parameters_for(&self.shapes())?;
        self.set_parameters(&parameters).map_err(NetworkStateError::Refused)
    }

    /// The parameters by name: `w[0,2]`, `c[1]`.
    fn named(&self) -> Vec<(String, f64)> {
        let names = self.shapes().into_iter().flat_map(|Parameter { name, shape }| {
            (0..shape.entries()).map(move |i| format!("{name}{}", shape.place(i)))
        });
        names.zip(self.parameters().iter().copied()).collect()
    }
}
