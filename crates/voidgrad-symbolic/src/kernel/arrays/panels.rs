//! Factors of outer products that are kept, to be multiplied for many rows together.

use proc_macro2::Ident;

use super::Extent;

/// Factors of outer products that are kept, one after the other, and the products.
#[derive(Debug, Clone, Default)]
pub struct Panels {
    /// By the name of the array: its entries, and its place among those of a row.
    kept: Vec<(Ident, Extent, Extent)>,
    /// The products.
    pub products: Vec<PanelProduct>,
}

impl Panels {
    /// How many numbers of a row are kept.
    #[must_use]
    pub fn width(&self) -> Extent {
        self.kept.last().map_or_else(Extent::default, |(_, entries, first)| first + entries)
    }

    /// The place of an array, and whether it is new.
    pub(super) fn place(&mut self, array: &Ident, entries: &Extent) -> (Extent, bool) {
        if let Some((_, _, first)) = self.kept.iter().find(|(ident, ..)| ident == array) {
            return (first.clone(), false);
        }
        let first = self.width();
        self.kept.push((array.clone(), entries.clone(), first.clone()));
        (first, true)
    }
}

/// `Σ a·bᵀ` over the rows, added to the sums of a matrix from `first` on.
#[derive(Debug, Clone)]
pub struct PanelProduct {
    /// The rows and columns of the matrix.
    pub shape: [Extent; 2],
    /// The places of a and b among what is kept of a row.
    pub factors: [Extent; 2],
    /// The first of the sums.
    pub first: Extent,
}
