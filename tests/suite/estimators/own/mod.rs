//! An estimator of one's own: a file, and a line of a list.

mod reflected;

use voidgrad::estimators::Method;

/// What is tested beside the library's own list.
pub(super) const METHODS: &[&Method] = &[&reflected::METHOD];
