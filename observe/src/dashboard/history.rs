//! Reads the audit file: records from before this process, and those that other processes, shims among them, write now.
//!
//! The newest file is read first, and no more than the dashboard can hold. Lines whose sum is wrong are not shown.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::backfill::Backfill;
use super::event_store::{Counted, EventStore};
use super::ring::CAP;
use super::row::Row;
use super::series::LONGEST;
use crate::audit;
use crate::clock;
use crate::record::{Record, RecordKind};

/// The most bytes of the past that are read: four files of the usual size.
const BUDGET: u64 = 256 << 20;
/// The number of lines that are counted at once.
const BATCH: usize = 1 << 12;
/// The number of bytes of the present that are read at once.
const PIECE: u64 = 4 << 20;

/// Reads what is there, the newest file first; returns the position from which to continue.
///
/// # Errors
///
/// Fails where a file cannot be read.
pub(super) fn read(path: &Path, store: &EventStore, state: &Backfill) -> io::Result<Tail> {
    let tail = Tail::open(path, true)?;
    let (mut left, oldest) = (BUDGET, clock::now().saturating_sub(LONGEST));
    let mut files = audit::files(path)?;
    let mut until = tail.at;
    while let Some(file) = files.pop() {
        let file = audit::open(&file)?;
        let length = file.metadata()?.len().min(until);
        let past = read_end(file, length, left, store)?;
        state.count(past.lines, past.altered);
        let first = past.first;
        let room = store.before(past.rows);
        left = left.saturating_sub(length);
        until = u64::MAX;
        if left == 0 || (!room && first.is_some_and(|first| first < oldest)) {
            break;
        }
    }
    Ok(tail)
}

/// The records of one file.
#[derive(Debug, Default)]
struct FilePast {
    /// The last rows, the newest first.
    rows: VecDeque<Row>,
    /// The records that are not counted yet.
    counts: Vec<Counted>,
    /// The time of its first row.
    first: Option<u64>,
    lines: u64,
    altered: u64,
}

/// Reads the last whole lines of a file that is so long, as many as so many bytes hold.
fn read_end(mut file: File, length: u64, most: u64, store: &EventStore) -> io::Result<FilePast> {
    let start = length.saturating_sub(most);
    file.seek(SeekFrom::Start(start))?;
    let mut reader = BufReader::new(file.take(length - start));
    if start > 0 {
        reader.skip_until(b'\n')?;
    }
    let mut past = FilePast::default();
    let mut line = Vec::new();
    let cap = audit::LINE_CAP as u64;
    while reader.by_ref().take(cap).read_until(b'\n', &mut line)? > 0 {
        past.line(line.strip_suffix(b"\n").unwrap_or(&line), store);
        line.clear();
    }
    store.count(&past.counts);
    Ok(past)
}

impl FilePast {
    fn line(&mut self, line: &[u8], store: &EventStore) {
        self.lines += 1;
        let Ok(record) = audit::read(line) else {
            self.altered += 1;
            return;
        };
        let Some(row) = row(record).filter(|row| !store.is_own(row)) else {
            return;
        };
        let Some(at) = clock::seconds(&row.record.ts) else {
            return;
        };
        self.first = self.first.or(Some(at));
        let now = clock::now();
        if at + LONGEST > now {
            self.counts
                .push((at.min(now), row.kind(), row.record.surface));
        }
        if self.counts.len() >= BATCH {
            store.count(&self.counts);
            self.counts.clear();
        }
        self.rows.push_front(row);
        self.rows.truncate(CAP);
    }
}

/// The end of the file, as far as it was read.
#[derive(Debug)]
pub(super) struct Tail {
    path: PathBuf,
    file: File,
    at: u64,
    /// The line that is not whole yet.
    half: Vec<u8>,
}

impl Tail {
    pub(super) fn open(path: &Path, at_end: bool) -> io::Result<Self> {
        let file = audit::open(path)?;
        let at = if at_end { whole(&file)? } else { 0 };
        Ok(Self {
            path: path.to_owned(),
            file,
            at,
            half: Vec::new(),
        })
    }

    /// Reads what was written since, and continues with the next file where this one was renamed.
    pub(super) fn look(&mut self, store: &EventStore) -> io::Result<()> {
        while self.piece(store)? {}
        let now = std::fs::metadata(&self.path)?;
        let own = self.file.metadata()?;
        if (now.dev(), now.ino()) != (own.dev(), own.ino()) {
            while self.piece(store)? {}
            *self = Self::open(&self.path, false)?;
            while self.piece(store)? {}
        }
        Ok(())
    }

    /// Reads a piece; returns whether there was one.
    fn piece(&mut self, store: &EventStore) -> io::Result<bool> {
        self.file.seek(SeekFrom::Start(self.at))?;
        let mut bytes = Vec::new();
        let count = (&self.file).take(PIECE).read_to_end(&mut bytes)?;
        self.at += count as u64;
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.half.extend_from_slice(part);
            if let Some(line) = self.half.strip_suffix(b"\n") {
                if let Some(row) = audit::read(line).ok().and_then(row) {
                    store.others(row);
                }
                self.half.clear();
            }
        }
        // What is longer than any of our lines is none.
        if self.half.len() > audit::LINE_CAP {
            self.half.clear();
        }
        Ok(count > 0)
    }
}

/// Returns the row of a record; `None` where the dashboard does not list it.
fn row(record: Option<Record>) -> Option<Row> {
    record
        .filter(|record| record.event != RecordKind::Policy)
        .map(Row::from)
}

/// Returns where the last whole line ends.
fn whole(mut file: &File) -> io::Result<u64> {
    let length = file.metadata()?.len();
    let start = length.saturating_sub(audit::LINE_CAP as u64);
    let mut end = Vec::new();
    file.seek(SeekFrom::Start(start))?;
    file.take(length - start).read_to_end(&mut end)?;
    let last = end.iter().rposition(|byte| *byte == b'\n');
    Ok(last.map_or(length, |at| start + at as u64 + 1))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use lockpolicy::{AttemptResult, Surface};

    use crate::audit::{AuditFile, AuditSink};
    use crate::record::RecordResult;

    use super::*;

    fn record(number: u64) -> Record {
        Record {
            ts: clock::text(clock::now()),
            result: Some(RecordResult::Attempt(AttemptResult::Forced)),
            surface: Some(Surface::Argv),
            requested_model: format!("m{number}"),
            pid: 7,
            ..Record::default()
        }
    }

    fn shown(store: &EventStore) -> Vec<String> {
        let pages = store.open();
        pages
            .ring
            .latest()
            .map(|row| row.record.requested_model.clone())
            .collect()
    }

    #[test]
    fn history_over_several_files_has_the_newest_lines_and_is_followed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit");
        let place = AuditFile {
            path: path.clone(),
            size: 12_000,
        };
        let audit = AuditSink::direct(place);
        for number in 0..1200 {
            audit.record(&record(number));
        }
        assert!(audit::files(&path).unwrap().len() > 20);
        let (store, state) = (EventStore::default(), Backfill::default());
        let mut tail = read(&path, &store, &state).unwrap();
        let rows = shown(&store);
        assert_eq!(
            (rows.len(), rows[0].as_str(), rows[CAP - 1].as_str()),
            (CAP, "m1199", "m200")
        );
        let lately = |store: &EventStore| store.open().series.lately("forced", clock::now());
        assert!(lately(&store) >= 1200 - 1);
        // What others write comes in, also over the end of a file; what is altered does not.
        for number in 1200..1290 {
            audit.record(&record(number));
            tail.look(&store).unwrap();
        }
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .open(&path)
            .unwrap();
        writeln!(
            file,
            "{{\"seq\":1,\"prev\":\"\",\"event\":\"attempt\",\"sum\":\"00\"}}"
        )
        .unwrap();
        tail.look(&store).unwrap();
        assert_eq!(shown(&store)[..2], ["m1289", "m1288"]);
        assert_eq!(lately(&store), 1290);
    }

    /// One file with so many lines.
    fn file_of(count: u64) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit");
        let place = AuditFile {
            path: path.clone(),
            size: 1 << 20,
        };
        let audit = AuditSink::direct(place);
        (0..count).for_each(|number| audit.record(&record(number)));
        (directory, path)
    }

    #[test]
    fn file_that_is_too_long_is_read_from_its_end() {
        let (_directory, path) = file_of(9);
        let length = std::fs::metadata(&path).unwrap().len();
        let (file, store) = (File::open(&path).unwrap(), EventStore::default());
        let past = read_end(file, length, length / 3, &store).unwrap();
        assert_eq!((past.lines, past.altered), (2, 0), "the third is cut");
        assert!(store.before(past.rows));
        assert_eq!(shown(&store), ["m8", "m7"]);
    }

    #[test]
    fn line_that_was_altered_is_counted_and_not_shown() {
        let (_directory, path) = file_of(3);
        let text = std::fs::read_to_string(&path).unwrap().replace("m1", "mX");
        std::fs::write(&path, text).unwrap();
        let (store, state) = (EventStore::default(), Backfill::default());
        read(&path, &store, &state).unwrap();
        assert_eq!(shown(&store), ["m2", "m0"]);
        assert_eq!(state.lines(), (3, 1));
    }
}
