//! Parameters of any shape as one flat vector `φ`: what `#[control]` builds on.

use nalgebra::{DMatrix, DVector, DVectorView, SMatrix};
use voidgrad_real::Element;

use crate::error::{InvalidParameter, ShapeMismatch, all_finite, finite, positive};

/// A value with entries in a row: a number, an array, a matrix (column by column, as nalgebra stores it).
pub trait Flat {
    /// The entries.
    fn entries(&self) -> &[f64];

    /// The entries, to write to.
    fn entries_mut(&mut self) -> &mut [f64];

    /// What stands behind the name of entry `i`: nothing, `[i]` or `[row,column]`.
    fn place(&self, i: usize) -> String;
}

impl Flat for f64 {
    #[inline]
    fn entries(&self) -> &[f64] {
        std::slice::from_ref(self)
    }

    #[inline]
    fn entries_mut(&mut self) -> &mut [f64] {
        std::slice::from_mut(self)
    }

    fn place(&self, _: usize) -> String {
        String::new()
    }
}

impl<const N: usize> Flat for [f64; N] {
    #[inline]
    fn entries(&self) -> &[f64] {
        self
    }

    #[inline]
    fn entries_mut(&mut self) -> &mut [f64] {
        self
    }

    fn place(&self, i: usize) -> String {
        format!("[{i}]")
    }
}

impl<const ROWS: usize, const COLUMNS: usize> Flat for SMatrix<f64, ROWS, COLUMNS> {
    #[inline]
    fn entries(&self) -> &[f64] {
        self.as_slice()
    }

    #[inline]
    fn entries_mut(&mut self) -> &mut [f64] {
        self.as_mut_slice()
    }

    fn place(&self, i: usize) -> String {
        if COLUMNS == 1 { format!("[{i}]") } else { format!("[{},{}]", i % ROWS, i / ROWS) }
    }
}

impl Flat for [f64] {
    #[inline]
    fn entries(&self) -> &[f64] {
        self
    }

    #[inline]
    fn entries_mut(&mut self) -> &mut [f64] {
        self
    }

    fn place(&self, i: usize) -> String {
        format!("[{i}]")
    }
}

impl Flat for DVector<f64> {
    #[inline]
    fn entries(&self) -> &[f64] {
        self.as_slice()
    }

    #[inline]
    fn entries_mut(&mut self) -> &mut [f64] {
        self.as_mut_slice()
    }

    fn place(&self, i: usize) -> String {
        format!("[{i}]")
    }
}

impl Flat for DMatrix<f64> {
    #[inline]
    fn entries(&self) -> &[f64] {
        self.as_slice()
    }

    #[inline]
    fn entries_mut(&mut self) -> &mut [f64] {
        self.as_mut_slice()
    }

    fn place(&self, i: usize) -> String {
        format!("[{},{}]", i % self.nrows(), i / self.nrows())
    }
}

impl<T: Flat + ?Sized> Flat for Box<T> {
    #[inline]
    fn entries(&self) -> &[f64] {
        (**self).entries()
    }

    #[inline]
    fn entries_mut(&mut self) -> &mut [f64] {
        (**self).entries_mut()
    }

    fn place(&self, i: usize) -> String {
        (**self).place(i)
    }
}

/// A parameter, and how it stands in `φ`.
pub enum Slot<'a> {
    /// As it is.
    Free(&'a dyn Flat),
    /// By its logarithm.
    Positive(&'a dyn Flat),
}

/// The parameters as `φ`.
#[must_use]
pub fn phi(slots: &[Slot<'_>]) -> DVector<f64> {
    let mut phi = Vec::new();
    for slot in slots {
        match slot {
            Slot::Free(value) => phi.extend_from_slice(value.entries()),
            Slot::Positive(value) => phi.extend(value.entries().iter().map(|entry| entry.ln())),
        }
    }
    DVector::from_vec(phi)
}

/// φ, as the values of `count` entries.
///
/// # Errors
/// Returns an error if `phi` has another number of them.
#[inline]
pub fn values(phi: DVectorView<'_, f64>, count: usize) -> Result<&[f64], ShapeMismatch> {
    if phi.len() != count {
        return Err(ShapeMismatch { name: "phi", found: phi.len(), expected: count });
    }
    Ok(phi.data.into_slice())
}

/// Takes a parameter from the front of φ, and leaves what comes behind it.
///
/// # Panics
/// Panics if φ has fewer entries than the parameter.
#[inline]
pub fn take_free(parameter: &mut impl Flat, phi: &mut &[f64]) {
    let entries = parameter.entries_mut();
    let here;
    (here, *phi) = phi.split_at(entries.len());
    entries.copy_from_slice(here);
}

/// [`take_free`] of a parameter that stands in φ by its logarithm. One that has run away still gives a positive, finite number.
///
/// # Panics
/// Panics if φ has fewer entries than the parameter.
#[inline]
pub fn take_positive(parameter: &mut impl Flat, phi: &mut &[f64]) {
    let entries = parameter.entries_mut();
    let here;
    (here, *phi) = phi.split_at(entries.len());
    for (entry, value) in entries.iter_mut().zip(here) {
        *entry = value.exp().clamp(f64::MIN_POSITIVE, f64::MAX);
    }
}

/// A parameter from the front of φ, as [`take_free`] takes it.
///
/// # Panics
/// If φ has fewer entries than the parameter.
#[must_use]
pub fn free_from<T: Flat + Zeroed>(phi: &mut &[f64]) -> T {
    free_into(T::zeroed(), phi)
}

/// A parameter from the front of φ, as [`take_positive`] takes it.
///
/// # Panics
/// If φ has fewer entries than the parameter.
#[must_use]
pub fn positive_from<T: Flat + Zeroed>(phi: &mut &[f64]) -> T {
    positive_into(T::zeroed(), phi)
}

/// [`free_from`] in the place of `zeros`, which say how many entries there are.
///
/// # Panics
/// If φ has fewer entries than the parameter.
#[must_use]
pub fn free_into<T: Flat>(mut zeros: T, phi: &mut &[f64]) -> T {
    take_free(&mut zeros, phi);
    zeros
}

/// [`positive_from`] in the place of `zeros`, which say how many entries there are.
///
/// # Panics
/// If φ has fewer entries than the parameter.
#[must_use]
pub fn positive_into<T: Flat>(mut zeros: T, phi: &mut &[f64]) -> T {
    take_positive(&mut zeros, phi);
    zeros
}

/// `λ·φ̇`, entry by entry: what the direction φ̇ of `ln λ` is to λ.
#[must_use]
pub fn times<T: Flat>(mut direction: T, lambda: &impl Flat) -> T {
    let entries = direction.entries_mut().iter_mut().zip(lambda.entries());
    entries.for_each(|(entry, lambda)| *entry *= lambda);
    direction
}

/// A copy; that of a box is made on the heap.
#[must_use]
pub fn copied<T: Flat + Zeroed>(value: &T) -> T {
    let mut copy = T::zeroed();
    copy.entries_mut().copy_from_slice(value.entries());
    copy
}

/// The entries by name.
#[must_use]
pub fn named(values: &[(&str, &dyn Flat)]) -> Vec<(String, f64)> {
    let entries = values.iter().flat_map(|(name, value)| {
        let entries = value.entries().iter().enumerate();
        entries.map(move |(i, entry)| (format!("{name}{}", value.place(i)), *entry))
    });
    entries.collect()
}

/// φ of a control with `count` parameters, from a slice; `allowed` is the count in words.
///
/// # Errors
/// If the length is not `count`, or an entry is NaN or infinite.
pub fn checked<'a>(
    phi: &'a [f64],
    count: usize,
    allowed: &'static str,
) -> Result<&'a [f64], InvalidParameter> {
    if phi.len() != count {
        return Err(InvalidParameter { name: "the length of phi", value: phi.len() as f64, allowed });
    }
    all_finite("phi", phi)?;
    Ok(phi)
}

/// Runs `work` on a new stack of so many bytes, and what any work takes. On WebAssembly, whose hosts own the stack, it runs as it is.
pub fn with_room<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    #[cfg(not(target_family = "wasm"))]
    {
        const ANY_WORK: usize = 4 << 20;
        let stack = corosensei::stack::DefaultStack::new(bytes + ANY_WORK);
        corosensei::on_stack(stack.expect("there are addresses for a stack"), work)
    }
    #[cfg(target_family = "wasm")]
    {
        let _ = bytes;
        work()
    }
}

/// [`with_room`] for more than `most` bytes; work that takes fewer runs as it is.
pub fn with_room_beyond<T>(most: usize, bytes: usize, work: impl FnOnce() -> T) -> T {
    if bytes > most { with_room(bytes, work) } else { work() }
}

/// Checks the entries of a parameter.
///
/// # Errors
/// Returns an error if one is NaN or infinite.
pub fn check_finite(name: &'static str, value: &impl Flat) -> Result<(), InvalidParameter> {
    all_finite(name, value.entries())
}

/// Checks the entries of a positive parameter.
///
/// # Errors
/// Returns an error if one is not in `(0, ∞)`.
pub fn check_positive(name: &'static str, value: &impl Flat) -> Result<(), InvalidParameter> {
    value.entries().iter().try_for_each(|entry| positive(name, *entry).map(drop))
}

/// Adds derivatives to a flat vector, one parameter after the other.
#[derive(Debug)]
pub struct Adder<'a> {
    rest: &'a mut [f64],
    scale: f64,
}

impl<'a> Adder<'a> {
    /// Starts at the first entry of `phi_bar`; all that is added is multiplied by `scale`.
    pub fn new(phi_bar: &'a mut [f64], scale: f64) -> Self {
        Self { rest: phi_bar, scale }
    }

    /// Adds the entries of the next parameter.
    ///
    /// # Panics
    /// Panics if the vector has fewer entries than the parameters.
    #[inline]
    pub fn add(&mut self, derivative: &impl Flat) {
        let entries = derivative.entries();
        let scale = self.scale;
        self.next(entries.len()).iter_mut().zip(entries).for_each(|(sum, entry)| *sum += scale * entry);
    }

    /// Adds the entries of the next parameter, which stands in φ by its logarithm: `∂/∂(ln λ) = λ·∂/∂λ`.
    ///
    /// # Panics
    /// Panics if the vector has fewer entries than the parameters.
    #[inline]
    pub fn add_positive(&mut self, derivative: &impl Flat, value: &impl Flat) {
        let (entries, values) = (derivative.entries(), value.entries());
        let scale = self.scale;
        let sums = self.next(entries.len()).iter_mut().zip(entries.iter().zip(values));
        sums.for_each(|(sum, (entry, value))| *sum += scale * (entry * value));
    }

    fn next(&mut self, count: usize) -> &mut [f64] {
        let (here, rest) = std::mem::take(&mut self.rest).split_at_mut(count);
        self.rest = rest;
        here
    }
}

/// A value of a fixed shape from a slice.
///
/// # Panics
/// Panics if the slice has another length; [`Control::dimension`](crate::Control::dimension) says which it needs, and
/// the estimator checks it.
#[must_use]
pub fn take<T: Flat + Zeroed>(slice: &[f64]) -> T {
    filled(T::zeroed(), slice)
}

/// [`take`] in the place of `zeros`, which say how many entries there are.
///
/// # Panics
/// Panics if the slice has another length.
#[must_use]
pub fn filled<T: Flat>(mut zeros: T, slice: &[f64]) -> T {
    zeros.entries_mut().copy_from_slice(slice);
    zeros
}

/// The row of an example. If there is no such row, its entries are NaN, which nobody takes for a result.
#[must_use]
pub fn example<T: Flat + Zeroed>(rows: &[f64], example: usize) -> T {
    row(T::zeroed(), rows, example)
}

/// [`example`] in the place of `zeros`, which say how many entries a row has.
#[must_use]
pub fn row<T: Flat>(mut zeros: T, rows: &[f64], example: usize) -> T {
    let entries = zeros.entries_mut();
    let row = example.checked_mul(entries.len()).and_then(|first| rows.get(first..)?.get(..entries.len()));
    match row {
        Some(row) => entries.copy_from_slice(row),
        None => entries.fill(f64::NAN),
    }
    zeros
}

/// Takes other entries of a value; `allowed` is their count in words, and `names` are those of an entry and of the length.
///
/// # Errors
/// If there are more or fewer of them, or one is NaN or infinite; then nothing is taken.
pub fn set(
    value: &mut impl Flat,
    names: (&'static str, &'static str),
    entries: &[f64],
    allowed: &'static str,
) -> Result<(), InvalidParameter> {
    let own = value.entries_mut();
    if entries.len() != own.len() {
        return Err(InvalidParameter { name: names.1, value: entries.len() as f64, allowed });
    }
    all_finite(names.0, entries)?;
    own.copy_from_slice(entries);
    Ok(())
}

/// Takes other rows, of `entries` numbers each. `names` are those of a number and of the length, and `allowed` says which lengths are accepted.
///
/// # Errors
/// If the last row is not whole, or a number is NaN or infinite; then nothing is taken.
pub fn set_rows<T: Element>(
    own: &mut Vec<f64>,
    names: (&'static str, &'static str),
    rows: &[T],
    (entries, allowed): (usize, &'static str),
) -> Result<(), InvalidParameter> {
    if !rows.len().is_multiple_of(entries.max(1)) {
        return Err(InvalidParameter { name: names.1, value: rows.len() as f64, allowed });
    }
    take_rows(own, names.0, rows)
}

/// Takes other rows, which are whole.
pub(crate) fn take_rows<T: Element>(
    own: &mut Vec<f64>,
    name: &'static str,
    rows: &[T],
) -> Result<(), InvalidParameter> {
    let is_finite = |number: &T| Into::<f64>::into(*number).is_finite();
    // Without a way out of the loop, so that it runs on vectors.
    if !rows.iter().fold(true, |are_finite, number| are_finite & is_finite(number)) {
        rows.iter().try_for_each(|number| finite(name, (*number).into()).map(drop))?;
    }
    own.clear();
    own.extend(rows.iter().map(|number| Into::<f64>::into(*number)));
    Ok(())
}

/// A value whose entries are 0.
pub trait Zeroed {
    /// The value.
    fn zeroed() -> Self;
}

impl Zeroed for f64 {
    fn zeroed() -> Self {
        0.0
    }
}

/// Made on the heap, so that the stack need not have room for it.
impl<T: bytemuck::Zeroable> Zeroed for Box<T> {
    fn zeroed() -> Self {
        bytemuck::zeroed_box()
    }
}

impl<const N: usize> Zeroed for [f64; N] {
    fn zeroed() -> Self {
        [0.0; N]
    }
}

impl<const ROWS: usize, const COLUMNS: usize> Zeroed for SMatrix<f64, ROWS, COLUMNS> {
    fn zeroed() -> Self {
        Self::zeros()
    }
}

/// Sets `phi_bar` to what `add` adds.
pub fn fill(phi_bar: &mut [f64], add: impl FnOnce(&mut Adder<'_>)) {
    phi_bar.fill(0.0);
    add(&mut Adder::new(phi_bar, 1.0));
}

/// Sets each row of `matrix` to what `add` adds for the unit vector of that row.
pub fn fill_rows<T: Flat + Zeroed>(matrix: &mut DMatrix<f64>, add: impl Fn(T, &mut Adder<'_>)) {
    fill_rows_of(matrix, T::zeroed, add);
}

/// [`fill_rows`], for unit vectors of as many entries as `zeros` gives.
pub fn fill_rows_of<T: Flat>(
    matrix: &mut DMatrix<f64>,
    zeros: impl Fn() -> T,
    add: impl Fn(T, &mut Adder<'_>),
) {
    let mut row = vec![0.0; matrix.ncols()];
    for m in 0..matrix.nrows() {
        let mut direction = zeros();
        direction.entries_mut()[m] = 1.0;
        fill(&mut row, |phi| add(direction, phi));
        matrix.row_mut(m).iter_mut().zip(&row).for_each(|(cell, value)| *cell = *value);
    }
}
