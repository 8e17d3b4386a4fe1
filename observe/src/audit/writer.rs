//! Appends lines after the last line of the file, with one write, while no other process writes.
//!
//! Invariant: the file consists of whole lines. A write that comes short is cut back to its last
//! whole line; a line that a dying process left incomplete is closed off, and the next line notes it.
//! A process remembers the last line that it has seen: where the file no longer has it, the next line notes that.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::entry::{self, FileEvent};
use super::file::{beside, regular_file, same};
use super::hash_chain::{BEGINNING, LINE_CAP, Last, Line, hash};
use super::lost_note;
use super::writer_lock::WriterLock;
use crate::log::audit_cut;

/// The location of the file, and its largest size.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AuditFile {
    /// The file that is appended to.
    pub path: PathBuf,
    /// The number of bytes after which the file is put aside and a new one begun.
    pub size: u64,
}

/// The writer of a file that other processes append to as well.
#[derive(Debug)]
pub(super) struct Writer {
    path: PathBuf,
    size: u64,
    file: File,
    lock: WriterLock,
    seen: Seen,
    /// The number of lines that other processes could not write.
    noted: u64,
    /// The time at which the notes of other processes were taken last.
    notes_taken: Option<Instant>,
    /// The last line that was seen before the file was truncated or replaced, where no line notes it yet.
    cut: Option<Last>,
}

/// The result of a write.
#[derive(Debug, Default)]
pub(super) struct Appended {
    /// The number of entries that are in the file.
    pub(super) done: usize,
    /// Set where the file notes what it has to note about itself.
    pub(super) has_noted: bool,
    /// The reason why not everything is in the file.
    pub(super) failure: Option<io::Error>,
}

/// The part of the file that this process has seen.
#[derive(Clone, Debug, Default)]
struct Seen {
    /// The length of the file.
    length: u64,
    /// The last line.
    last: Last,
    /// The bytes of the last line, without its line feed.
    place: Range<u64>,
    /// The length of an incomplete line at the end, that is not closed off yet.
    torn: u64,
}

impl Writer {
    /// Opens a file, or creates one that only its owner can read.
    ///
    /// # Errors
    ///
    /// Fails where it cannot be written, or holds something else.
    pub(super) fn open(place: &AuditFile) -> io::Result<Self> {
        let file = open(&place.path)?;
        check(&file)?;
        Ok(Self {
            lock: WriterLock::open(&place.path, &file)?,
            file,
            path: place.path.clone(),
            size: place.size,
            seen: Seen::default(),
            noted: 0,
            notes_taken: None,
            cut: None,
        })
    }

    /// Appends lines with these members, and before them one about `lost` lines. Where another process keeps the lock
    /// for longer than `patience`, nothing is written.
    pub(super) fn append(&mut self, entries: &[String], lost: u64, patience: Duration) -> Appended {
        let appended = self.locked(patience, |writer| writer.write(entries, lost));
        appended.unwrap_or_else(|error| Appended {
            failure: Some(error),
            ..Appended::default()
        })
    }

    /// Runs something while no other process writes.
    fn locked<T>(
        &mut self,
        patience: Duration,
        run: impl FnOnce(&mut Self) -> io::Result<T>,
    ) -> io::Result<T> {
        self.lock.acquire(&self.path, &self.file, patience)?;
        let done = self.follow().and_then(|()| run(self));
        self.lock.release()?;
        done
    }

    /// Opens the file anew where another one is at its path now.
    fn follow(&mut self) -> io::Result<()> {
        if same(&self.file, &self.path)? {
            return Ok(());
        }
        let file = open(&self.path)?;
        check(&file)?;
        self.file = file;
        let before = std::mem::take(&mut self.seen);
        self.catch_up()?;
        let continues = || first(&self.file).is_ok_and(|seq| seq > Some(before.last.seq));
        if before.length > 0 && !continues() {
            self.note_cut(before.last);
        }
        Ok(())
    }

    /// Writes after the last line.
    fn write(&mut self, entries: &[String], lost: u64) -> io::Result<Appended> {
        self.catch_up()?;
        self.take_notes();
        let own = self.own(lost);
        if own.is_empty() && entries.is_empty() {
            return Ok(Appended::default());
        }
        // Half a line is closed off in its own file first.
        if self.seen.length >= self.size
            && self.seen.torn == 0
            && let Err(error) = self.rotate()
        {
            // A file that grows is better than one that says nothing.
            tracing::warn!(event = "audit_failed", %error, "the audit file cannot be put aside");
        }
        let mut lines = Lines::behind(&self.seen);
        own.iter()
            .chain(entries)
            .for_each(|members| lines.add(members));
        let (written, failure) = match self.file.write(lines.text.as_bytes()) {
            Ok(count) if count == lines.text.len() => (count, None),
            Ok(count) => (count, Some(io::ErrorKind::StorageFull.into())),
            Err(error) => (0, Some(error)),
        };
        let whole = lines.whole(written);
        if let Some(last) = whole.last() {
            self.seen = last.clone();
        }
        if failure.is_some() {
            self.file.set_len(self.seen.length)?;
        }
        let has_noted = whole.len() >= own.len();
        self.settle(has_noted);
        Ok(Appended {
            done: whole.len().saturating_sub(own.len()),
            has_noted,
            failure,
        })
    }

    /// Returns the notes of the file about itself, which come first.
    fn own(&self, lost: u64) -> Vec<String> {
        let (bytes, lines) = (self.seen.torn, self.noted + lost);
        let torn = (bytes > 0).then_some(FileEvent::Torn { bytes });
        let cut = self.cut.clone();
        let cut = cut.map(|Last { seq, hash }| FileEvent::Cut { last: seq, hash });
        let lost = (lines > 0).then_some(FileEvent::Lost { lines });
        torn.into_iter()
            .chain(cut)
            .chain(lost)
            .map(entry::file)
            .collect()
    }

    /// Takes the notes that other processes have left, now and then.
    fn take_notes(&mut self) {
        if self.notes_taken.is_none_or(|taken| taken.elapsed() > NOTES) {
            self.noted = lost_note::take(&self.path);
            self.notes_taken = Some(Instant::now());
        }
    }

    /// Forgets what a line of the file notes now; if none does, leaves the number that was taken to others.
    fn settle(&mut self, has_noted: bool) {
        if has_noted {
            self.cut = None;
        } else if self.noted > 0 {
            drop(lost_note::leave(&self.path, self.noted));
        }
        self.noted = 0;
    }

    /// Finds the last line, where another process has written since, and looks if the one that was last is there.
    fn catch_up(&mut self) -> io::Result<()> {
        let length = self.file.metadata()?.len();
        if length == self.seen.length {
            return Ok(());
        }
        let before = std::mem::take(&mut self.seen);
        let is_there = length > before.length && self.has(&before)?;
        self.seen = last(&self.file, length)?;
        if !is_there {
            self.note_cut(before.last);
        }
        Ok(())
    }

    /// Returns whether the file still has the last line that was seen.
    fn has(&self, seen: &Seen) -> io::Result<bool> {
        let line = part(&self.file, seen.place.clone())?;
        Ok(seen.length == 0 || hash(&line) == seen.last.hash)
    }

    /// Notes that the file no longer has a line. The numbers continue after it.
    fn note_cut(&mut self, last: Last) {
        audit_cut(&self.path, last.seq);
        self.seen.last.seq = self.seen.last.seq.max(last.seq);
        self.cut = Some(last);
    }

    /// Renames the file and begins a new one whose first line continues the chain. Every other process
    /// finds either the one or the other below the path, never none.
    fn rotate(&mut self) -> io::Result<()> {
        let numbered = |number: u64| beside(&self.path, &format!(".{number}"));
        let mut number = 1;
        while numbered(number).try_exists()? {
            number += 1;
        }
        let is_aside = number > 1 && same(&self.file, &numbered(number - 1))?;
        if !is_aside {
            std::fs::hard_link(&self.path, numbered(number))?;
        }
        let begun = beside(&self.path, ".new");
        drop(std::fs::remove_file(&begun));
        let mut file = open(&begun)?;
        let from = FileEvent::Continued { from: number };
        let mut lines = Lines::behind(&Seen {
            length: 0,
            ..self.seen.clone()
        });
        lines.add(&entry::file(from));
        file.write_all(lines.text.as_bytes())?;
        std::fs::rename(&begun, &self.path)?;
        self.file = file;
        self.seen = lines.ends.pop().unwrap_or_default();
        Ok(())
    }
}

/// The lines of one write.
struct Lines {
    text: String,
    /// The length of the file before.
    start: u64,
    last: Last,
    /// The state of the file after each line.
    ends: Vec<Seen>,
}

impl Lines {
    /// Begins after the last line. An incomplete one is closed off with the same write, together with the line that notes it.
    fn behind(seen: &Seen) -> Self {
        let text = if seen.torn > 0 { "\n" } else { "" };
        Self {
            text: text.to_owned(),
            start: seen.length,
            last: seen.last.clone(),
            ends: Vec::new(),
        }
    }

    fn add(&mut self, members: &str) {
        let start = self.start + self.text.len() as u64;
        self.text.push_str(&self.last.next(members));
        let length = self.start + self.text.len() as u64;
        self.ends.push(Seen {
            length,
            last: self.last.clone(),
            place: start..length - 1,
            torn: 0,
        });
    }

    /// Returns the states after the lines that are whole in a number of bytes.
    fn whole(&self, written: usize) -> &[Seen] {
        let end = self.start + written as u64;
        let whole = self.ends.partition_point(|seen| seen.length <= end);
        self.ends.get(..whole).unwrap_or_default()
    }
}

/// Rejects a file of another program.
fn check(file: &File) -> io::Result<()> {
    let head = part(file, 0..BEGINNING.len() as u64)?;
    if BEGINNING.as_bytes().starts_with(&head) {
        return Ok(());
    }
    let what = "not an audit file";
    Err(io::Error::new(io::ErrorKind::InvalidData, what))
}

/// Opens a file so that every write goes to its end.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true).mode(0o600);
    regular_file(&mut options, path)
}

/// Returns the state of a file of this length. An incomplete last line has no number that could be believed.
fn last(file: &File, length: u64) -> io::Result<Seen> {
    let start = length.saturating_sub(2 * LINE_CAP as u64);
    let tail = part(file, start..length)?;
    let whole = tail.strip_suffix(b"\n").unwrap_or(&tail);
    let mut lines = whole.rsplit(|byte| *byte == b'\n');
    let end = lines.next().unwrap_or_default();
    if end.is_empty() {
        return Ok(Seen {
            length,
            ..Seen::default()
        });
    }
    let seq = |line: &[u8]| Line::read(line).map(|line| line.seq);
    let seq = seq(end).or_else(|| lines.find_map(seq)).unwrap_or(0);
    let (is_torn, until) = (whole.len() == tail.len(), start + whole.len() as u64);
    Ok(Seen {
        length,
        last: Last {
            seq,
            hash: hash(end),
        },
        place: until - end.len() as u64..until,
        torn: if is_torn { end.len() as u64 } else { 0 },
    })
}

/// Returns the number of the first line, where that continues another file.
fn first(file: &File) -> io::Result<Option<u64>> {
    let head = part(file, 0..LINE_CAP as u64)?;
    let line = head
        .split(|byte| *byte == b'\n')
        .next()
        .and_then(Line::read);
    let continued = |line: &Line<'_>| matches!(line.parse(), Some(FileEvent::Continued { .. }));
    Ok(line.filter(continued).map(|line| line.seq))
}

/// Reads a part of a file, as far as it is there.
fn part(mut file: &File, range: Range<u64>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(range.start))?;
    file.take(range.end - range.start).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The time that a caller waits for a file that cannot be written, and the end for the rest.
pub(super) const TIMEOUT: Duration = Duration::from_secs(2);

/// The time between two looks for the notes of other processes.
const NOTES: Duration = Duration::from_secs(1);
