//! What the integration tests share: the mathematics once more, by other means than the library's.

pub mod by_hand;
pub mod noise;
pub mod rule;
