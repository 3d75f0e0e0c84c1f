//! What the times were taken on.

use std::fs;

use fearless_simd::Level;
use serde::Serialize;

/// The machine, as far as times depend on it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Machine {
    /// The processor's name, as the system has it.
    pub(crate) cpu: String,
    /// The instructions that lanes use: `avx512`, `avx2`, `sse2`, `neon` or `scalar`.
    pub(crate) lanes: &'static str,
    /// Cores that this process may use.
    pub(crate) cores: usize,
}

impl Machine {
    /// This machine.
    pub(crate) fn this() -> Self {
        Self {
            cpu: cpu().unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            lanes: lanes(),
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        }
    }
}

/// The processor's name on Linux.
fn cpu() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
fn lanes() -> &'static str {
    let level = Level::new();
    // As the library does, which skips the level between AVX2 and SSE2, and in a debug build AVX-512.
    match () {
        () if cfg!(not(debug_assertions)) && level.as_avx512().is_some() => "avx512",
        () if level.as_avx2().is_some() => "avx2",
        () if level.as_sse2().is_some() => "sse2",
        () => "scalar",
    }
}

#[cfg(target_arch = "aarch64")]
fn lanes() -> &'static str {
    if Level::new().as_neon().is_some() { "neon" } else { "scalar" }
}

#[cfg(not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64")))]
fn lanes() -> &'static str {
    "scalar"
}
