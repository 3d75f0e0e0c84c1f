//! The memory that a piece of work needs at its peak, as Linux counts it.

use std::fs;

/// What the process held at a moment.
pub(crate) struct Memory(Option<u64>);

impl Memory {
    /// Notes what is held now, and asks the system to count the peak from here.
    pub(crate) fn start() -> Self {
        let reset = fs::write("/proc/self/clear_refs", "5");
        Self(reset.ok().and_then(|()| field("VmRSS:")))
    }

    /// The peak since then, less what was held then; `None` where the system does not tell.
    pub(crate) fn peak(&self) -> Option<u64> {
        Some(field("VmHWM:")?.saturating_sub(self.0?))
    }
}

/// A field of the process's status, in bytes.
fn field(name: &str) -> Option<u64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn memory_that_was_written_counts() {
        let memory = Memory::start();
        let bytes = std::hint::black_box(vec![1_u8; 64 << 20]);
        assert!(memory.peak().unwrap() > 60 << 20);
        drop(bytes);
    }
}
