//! Estimators of bits whose `ĝ` takes f by one number for each sample, or pair of samples.

/// What is left of an estimator of bits when its samples and their scores are known: how many samples are drawn together, and by which number each takes part in `ĝ`. A plate of
/// `f32` that knows it makes bits and `ĝ` itself, in `f32`.
///
/// Such an estimator takes nothing of a round but the values of f, neither in its answer nor when it learns, and its weights are equal.
pub trait Advantages {
    /// What an advantage belongs to.
    fn form(&self) -> Form;

    /// Writes the advantages of an example of the K values of f there.
    fn advantages(&self, values: &[f64], advantages: &mut Vec<f64>);
}

/// What an advantage belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A sample: `ĝ = Σ_k A_k·∂/∂a ln p(b_k)` of K independent samples.
    Sample,
    /// A pair of samples: `ĝ = Σ_p A_p·(b_p - b'_p)·σ(|a|)` of K/2 pairs, b' being made of 1 - u.
    Pair,
}

impl Form {
    /// How many samples an advantage belongs to.
    #[must_use]
    pub fn samples(self) -> usize {
        match self {
            Self::Sample => 1,
            Self::Pair => 2,
        }
    }
}
