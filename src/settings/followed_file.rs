//! A small text file that may be replaced while the proxy runs.
//!
//! Its content is compared every two seconds. No file watcher: Kubernetes swaps links, and bind mounts lose events.

use std::io;
use std::path::Path;
use std::time::Duration;

use shim::regular_file;

use crate::background_read::BackgroundRead;

/// The time between two reads of the file.
const PERIOD: Duration = Duration::from_secs(2);

/// Reads a regular file whole. Whatever stands there, it does not wait.
pub(super) fn read_text(path: &Path) -> io::Result<String> {
    regular_file::read_text(path, regular_file::CONFIGURATION_CAP)
}

/// Calls `take` with the text, or with why there is none, at first and whenever that changes; never ends. The second
/// argument is true if it has changed.
pub(super) async fn on_change(path: &Path, take: impl Fn(Result<&str, &str>, bool)) {
    let mut ticks = tokio::time::interval(PERIOD);
    let (mut file, mut last) = (BackgroundRead::default(), None);
    loop {
        ticks.tick().await;
        let path = path.to_owned();
        // A file on a dead network mount must hold up neither the requests nor the reads after it.
        let read = file.read(move || read_text(&path)).await;
        let read = read.unwrap_or_else(|why| Err(io::Error::other(why)));
        let read = read.map_err(|error| error.to_string());
        if last.as_ref() != Some(&read) {
            let text = read.as_deref().map_err(String::as_str);
            take(text, last.is_some());
            last = Some(read);
        }
    }
}
