//! The progress of reading the audit file at the start.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use lockpolicy::label_enum;

label_enum! {
    /// The progress.
    pub(super) enum Progress {
        /// There is no audit file.
        None = "none",
        /// The file is being read.
        Reading = "reading",
        /// The file was read.
        Read = "read",
        /// The file could not be read.
        Failed = "failed",
    }
}

/// The state of reading the audit file.
#[derive(Debug, Default)]
pub(super) struct Backfill {
    progress: AtomicUsize,
    lines: AtomicU64,
    altered: AtomicU64,
}

impl Backfill {
    pub(super) fn set(&self, progress: Progress) {
        self.progress.store(progress as usize, Ordering::Relaxed);
    }

    pub(super) fn progress(&self) -> Progress {
        let progress = Progress::ALL.get(self.progress.load(Ordering::Relaxed));
        progress.copied().unwrap_or(Progress::None)
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
