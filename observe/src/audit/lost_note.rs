//! Notes of lines that a process could not write and has no time to report: it becomes codex, or ends.
//!
//! A note is an empty file beside the audit file whose name states the number, `FILE.lost-NUMBER-PROCESS-TIME`: it is
//! there whole or not at all, also on a full disk, and needs no lock. The next process that writes to the audit file
//! takes the note and reports the number in a line.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::file::beside;

/// Leaves a note of so many lines.
///
/// # Errors
///
/// Fails where the directory cannot be written.
pub(super) fn leave(audit: &Path, lines: u64) -> io::Result<()> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanos = since.map_or(0, |since| since.as_nanos());
    let note = beside(
        audit,
        &format!("{MARK}{lines}-{}-{nanos}", std::process::id()),
    );
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(note).map(drop)
}

/// Takes every note away, and returns the sum of their numbers. What cannot be taken away is not counted, so that
/// nothing is counted twice.
pub(super) fn take(audit: &Path) -> u64 {
    let taken = notes(audit).filter(|(note, _)| std::fs::remove_file(note).is_ok());
    sum(taken)
}

/// Returns the sum of the numbers of all notes.
pub(super) fn pending(audit: &Path) -> u64 {
    sum(notes(audit))
}

fn sum(notes: impl Iterator<Item = (PathBuf, u64)>) -> u64 {
    notes.fold(0, |sum, (_, lines)| sum.saturating_add(lines))
}

fn notes(audit: &Path) -> impl Iterator<Item = (PathBuf, u64)> + use<> {
    let parent = audit
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let entries = std::fs::read_dir(parent.unwrap_or(Path::new(".")));
    let name = audit.file_name().unwrap_or_default().to_string_lossy();
    let beginning = format!("{name}{MARK}");
    entries
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(move |entry| {
            let name = entry.file_name();
            let (lines, _) = name.to_str()?.strip_prefix(&beginning)?.split_once('-')?;
            Some((entry.path(), lines.parse().ok()?))
        })
}

/// The text between the name of the audit file and the number.
const MARK: &str = ".lost-";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn note_of_lost_lines_is_added_up_and_taken_once() {
        let directory = tempfile::tempdir().unwrap();
        let audit = directory.path().join("audit.jsonl");
        for other in [
            "audit.jsonl.1",
            "audit.jsonl.lost-x-1-1",
            "other.lost-9-1-1",
        ] {
            std::fs::write(directory.path().join(other), "").unwrap();
        }
        leave(&audit, 3).unwrap();
        leave(&audit, 4).unwrap();
        assert_eq!(pending(&audit), 7);
        assert_eq!(take(&audit), 7);
        assert_eq!((pending(&audit), take(&audit)), (0, 0));
    }
}
