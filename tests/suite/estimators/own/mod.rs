//! An estimator of one's own: a file.

mod reflected;

pub(super) use reflected::{METHOD, Reflected};
