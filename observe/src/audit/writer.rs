//! Appends lines under a lock on the file, after its last line, with one write.
//!
//! Invariant: the file consists of whole lines. A write that comes short is cut back to its last
//! whole line; a line that a dying process left incomplete is closed off, and the next line notes it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::entry::{self, FileEvent};
use super::hash_chain::{BEGINNING, LINE_CAP, Last, Line, hash};

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
    /// The length of the file after the last write of this process, and its last line then.
    known: u64,
    last: Last,
    /// The number of lines that could not be written, and that no line notes yet.
    lost: u64,
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
            file,
            path: place.path.clone(),
            size: place.size,
            known: 0,
            last: Last::default(),
            lost: 0,
            torn: 0,
        })
    }

    /// Appends lines with these members. Returns how many could be written, and why not all; the others
    /// are counted, and the next line notes their number.
    pub(super) fn append(&mut self, entries: &[String]) -> (usize, Option<io::Error>) {
        let written = self.locked(|writer| writer.write(entries));
        let (done, failure) = written.unwrap_or_else(|error| (0, Some(error)));
        self.lost += entries.len().saturating_sub(done) as u64;
        (done, failure)
    }

    /// Counts lines that were dropped before they came here.
    pub(super) fn lost(&mut self, lines: u64) {
        self.lost += lines;
    }

    /// Runs something while no other process writes.
    fn locked<T>(&mut self, run: impl FnOnce(&mut Self) -> io::Result<T>) -> io::Result<T> {
        loop {
            self.file.lock()?;
            if same(&self.file, &self.path)? {
                break;
            }
            // Another process has begun a new file meanwhile.
            self.file.unlock()?;
            self.file = open(&self.path)?;
            self.known = 0;
        }
        let done = run(self);
        self.file.unlock()?;
        done
    }

    /// Writes after the last line. Returns how many entries were written, and why not all.
    fn write(&mut self, entries: &[String]) -> io::Result<(usize, Option<io::Error>)> {
        self.catch_up()?;
        // Half a line is closed off in its own file first.
        if self.known >= self.size
            && self.torn == 0
            && let Err(error) = self.rotate()
        {
            // A file that grows is better than one that says nothing.
            tracing::warn!(event = "audit_failed", %error, "the audit file cannot be put aside");
        }
        let own = self.own();
        let mut lines = Lines::behind(self);
        own.iter()
            .chain(entries)
            .for_each(|members| lines.add(members));
        let (written, failure) = match self.file.write(lines.text.as_bytes()) {
            Ok(count) if count == lines.text.len() => (count, None),
            Ok(count) => (count, Some(io::ErrorKind::StorageFull.into())),
            Err(error) => (0, Some(error)),
        };
        let (whole, end) = lines.whole(written);
        if failure.is_some() {
            self.file.set_len(self.known + end)?;
        }
        self.known += end;
        if let Some((_, last)) = whole.checked_sub(1).and_then(|index| lines.ends.get(index)) {
            self.last = last.clone();
        }
        if whole >= own.len() {
            (self.lost, self.torn) = (0, 0);
        }
        Ok((whole.saturating_sub(own.len()), failure))
    }

    /// Returns the notes of the file about itself, which come first.
    fn own(&self) -> Vec<String> {
        let (bytes, lines) = (self.torn, self.lost);
        let torn = (bytes > 0).then_some(FileEvent::Torn { bytes });
        let lost = (lines > 0).then_some(FileEvent::Lost { lines });
        torn.into_iter().chain(lost).map(entry::file).collect()
    }

    /// Finds the last line, where another process has written since.
    fn catch_up(&mut self) -> io::Result<()> {
        let length = self.file.metadata()?.len();
        if length == self.known {
            return Ok(());
        }
        let start = length.saturating_sub(2 * LINE_CAP as u64);
        let mut tail = Vec::new();
        self.file.seek(SeekFrom::Start(start))?;
        (&self.file).take(length - start).read_to_end(&mut tail)?;
        let end = tail
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        self.torn = (tail.len() - end) as u64;
        self.known = length;
        self.last = last(&tail);
        Ok(())
    }

    /// Renames the file and begins a new one whose first line continues the chain. Every other process
    /// finds either the one or the other below the path, never none.
    fn rotate(&mut self) -> io::Result<()> {
        let beside = |end: &str| {
            let mut path = self.path.clone().into_os_string();
            path.push(end);
            PathBuf::from(path)
        };
        let mut number = 1;
        while beside(&format!(".{number}")).try_exists()? {
            number += 1;
        }
        let is_aside = number > 1 && same(&self.file, &beside(&format!(".{}", number - 1)))?;
        if !is_aside {
            std::fs::hard_link(&self.path, beside(&format!(".{number}")))?;
        }
        let begun = beside(".new");
        drop(std::fs::remove_file(&begun));
        let mut file = open(&begun)?;
        let mut last = self.last.clone();
        let first = last.next(&entry::file(FileEvent::Continued { from: number }));
        file.write_all(first.as_bytes())?;
        file.lock()?;
        std::fs::rename(&begun, &self.path)?;
        // The old file's lock goes with it.
        self.file = file;
        self.known = first.len() as u64;
        self.last = last;
        Ok(())
    }
}

/// The lines of one write.
struct Lines {
    text: String,
    last: Last,
    /// The end of each line, and what the next one depends on.
    ends: Vec<(usize, Last)>,
}

impl Lines {
    /// Begins after the last line. An incomplete one is closed off with the same write, together with the line that notes it.
    fn behind(writer: &Writer) -> Self {
        let text = if writer.torn > 0 { "\n" } else { "" };
        Self {
            text: text.to_owned(),
            last: writer.last.clone(),
            ends: Vec::new(),
        }
    }

    fn add(&mut self, members: &str) {
        self.text.push_str(&self.last.next(members));
        self.ends.push((self.text.len(), self.last.clone()));
    }

    /// Returns how many lines are whole in a number of bytes, and where the last of them ends.
    fn whole(&self, written: usize) -> (usize, u64) {
        let whole = self.ends.iter().take_while(|(end, _)| *end <= written);
        let ends: Vec<usize> = whole.map(|(end, _)| *end).collect();
        (ends.len(), ends.last().map_or(0, |end| *end as u64))
    }
}

/// Rejects what is no regular file, and a file of another program.
fn check(file: &File) -> io::Result<()> {
    let not_ours = |what| Err(io::Error::new(io::ErrorKind::InvalidData, what));
    if !file.metadata()?.is_file() {
        return not_ours("not a file");
    }
    let mut head = Vec::new();
    file.take(BEGINNING.len() as u64).read_to_end(&mut head)?;
    if BEGINNING.as_bytes().starts_with(&head) {
        Ok(())
    } else {
        not_ours("not an audit file")
    }
}

/// Opens a file so that every write goes to its end.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true).mode(0o600);
    options.open(path)
}

/// Returns whether a path leads to the open file.
fn same(file: &File, path: &Path) -> io::Result<bool> {
    let open = file.metadata()?;
    match std::fs::metadata(path) {
        Ok(found) => Ok((open.dev(), open.ino()) == (found.dev(), found.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Returns the last line of a file's end. An incomplete line has no number that could be believed.
fn last(tail: &[u8]) -> Last {
    let whole = tail.strip_suffix(b"\n").unwrap_or(tail);
    let mut lines = whole.rsplit(|byte| *byte == b'\n');
    let Some(end) = lines.next().filter(|line| !line.is_empty()) else {
        return Last::default();
    };
    let seq = |line: &[u8]| Line::read(line).map(|line| line.seq);
    let seq = seq(end).or_else(|| lines.find_map(seq));
    Last {
        seq: seq.unwrap_or(0),
        hash: hash(end),
    }
}
