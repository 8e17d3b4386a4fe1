//! How far the reading of the past has come.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// Where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Progress {
    /// There is no audit file.
    None,
    /// It is being read.
    Reading,
    /// It was read.
    Read,
    /// It could not be read.
    Failed,
}

impl Progress {
    const ALL: [Self; 4] = [Self::None, Self::Reading, Self::Read, Self::Failed];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Reading => "reading",
            Self::Read => "read",
            Self::Failed => "failed",
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Past {
    progress: AtomicU8,
    lines: AtomicU64,
    altered: AtomicU64,
}

impl Past {
    pub(super) fn set(&self, progress: Progress) {
        self.progress.store(progress as u8, Ordering::Relaxed);
    }

    pub(super) fn progress(&self) -> Progress {
        let now = self.progress.load(Ordering::Relaxed);
        let known = Progress::ALL
            .into_iter()
            .find(|progress| *progress as u8 == now);
        known.unwrap_or(Progress::None)
    }

    /// Counts lines that were read, and those among them that are not what their sum says.
    pub(super) fn count(&self, lines: u64, altered: u64) {
        self.lines.fetch_add(lines, Ordering::Relaxed);
        self.altered.fetch_add(altered, Ordering::Relaxed);
    }

    pub(super) fn lines(&self) -> (u64, u64) {
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        (load(&self.lines), load(&self.altered))
    }
}
