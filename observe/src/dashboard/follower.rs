//! The thread behind the dashboard: it reads the past, follows what other processes write, and samples the latency.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::backfill::Progress;
use super::history::{self, Tail};
use super::shared::Dashboard;

/// The time after which it looks again.
const PERIOD: Duration = Duration::from_secs(1);

/// Starts it. It ends with the process: whatever it reads may be on a disk that does not answer.
///
/// # Errors
///
/// Fails where the machine has no thread to give.
pub(super) fn start(dashboard: Arc<Dashboard>, audit: Option<PathBuf>) -> io::Result<()> {
    if audit.is_some() {
        // Before anybody can ask.
        dashboard.backfill.set(Progress::Reading);
    }
    let thread = thread::Builder::new().name("page".to_owned());
    thread.spawn(move || follow(&dashboard, audit)).map(drop)
}

fn follow(dashboard: &Dashboard, audit: Option<PathBuf>) {
    dashboard.latency.sample(&dashboard.metrics);
    let mut tail = audit.and_then(|path| tail(dashboard, &path));
    loop {
        thread::sleep(PERIOD);
        if let Some(tail) = &mut tail {
            // A file that cannot be read now may be read later.
            tail.look(&dashboard.store).unwrap_or_default();
        }
        dashboard.latency.sample(&dashboard.metrics);
    }
}

fn tail(dashboard: &Dashboard, path: &Path) -> Option<Tail> {
    let read = history::read(path, &dashboard.store, &dashboard.backfill);
    let progress = if read.is_ok() {
        Progress::Read
    } else {
        Progress::Failed
    };
    dashboard.backfill.set(progress);
    if let Err(error) = &read {
        tracing::warn!(event = "page", %error, "the past cannot be read from the audit file");
    }
    read.or_else(|_| Tail::open(path, true)).ok()
}
