//! The thread behind the page: it reads what was before, follows what others write, and takes the time of things.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::Desk;
use super::history::{self, Tail};
use super::past::Progress;

/// How often it looks.
const PERIOD: Duration = Duration::from_secs(1);

/// Starts it. It ends with the process: whatever it reads may be on a disk that does not answer.
///
/// # Errors
///
/// Where the machine has no thread to give.
pub(super) fn start(desk: Arc<Desk>, audit: Option<PathBuf>) -> io::Result<()> {
    if audit.is_some() {
        // Before anybody can ask.
        desk.past.set(Progress::Reading);
    }
    let thread = thread::Builder::new().name("page".to_owned());
    thread.spawn(move || keep(&desk, audit)).map(drop)
}

fn keep(desk: &Desk, audit: Option<PathBuf>) {
    desk.pace.sample(&desk.counts);
    let mut tail = audit.and_then(|path| tail(desk, &path));
    loop {
        thread::sleep(PERIOD);
        if let Some(tail) = &mut tail {
            // A file that cannot be read now may be read later.
            tail.look(&desk.book).unwrap_or_default();
        }
        desk.pace.sample(&desk.counts);
    }
}

fn tail(desk: &Desk, path: &Path) -> Option<Tail> {
    let read = history::read(path, &desk.book, &desk.past);
    let progress = if read.is_ok() {
        Progress::Read
    } else {
        Progress::Failed
    };
    desk.past.set(progress);
    if let Err(error) = &read {
        tracing::warn!(event = "page", %error, "the past cannot be read from the audit file");
    }
    read.or_else(|_| Tail::open(path, true)).ok()
}
