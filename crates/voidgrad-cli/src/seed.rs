//! Seeds that are made of others.

/// A seed of its own for everything that is told apart by `parts`.
pub(crate) fn derive(seed: u64, parts: impl IntoIterator<Item = u64>) -> u64 {
    parts.into_iter().fold(seed, |seed, part| mix(seed ^ mix(part)))
}

/// One round of `SplitMix64` (Steele, Lea and Flood 2014): numbers that are close become seeds that are not.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
