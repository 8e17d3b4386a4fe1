//! Reads an audit file and those that were renamed before it, and reports each line that is not as it was written.

use std::fmt;
use std::io::{self, BufReader};
use std::ops::RangeInclusive;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::entry::FileEvent;
use super::file::open;
use super::hash_chain::{BEGINNING, Last, Line, NOTHING, head, is_beginning};
use super::line_reader::{LineReader, Piece};
use super::lost_note;

/// The findings in an audit file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The number of lines that are as they were written.
    pub lines: u64,
    /// The last line; noted elsewhere, it shows whether the end is missing.
    last: Last,
    /// The findings, in the order of the files.
    pub findings: Vec<Finding>,
}

/// A finding at a line of a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file.
    file: PathBuf,
    /// The number of the line, from 1.
    line: u64,
    /// The finding.
    pub what: What,
}

/// A kind of finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The line differs from its sum or from the hash in the next line.
    Altered,
    /// The lines with these numbers are missing.
    Missing(u64, u64),
    /// The line is in the place of another.
    Misplaced,
    /// The file goes on with one that is not here, from this number on.
    Continued(u64),
    /// A process was ended while it wrote the line; the next one closed it off, or will.
    Torn,
    /// This number of lines could not be written.
    Lost(u64),
    /// This number of lines could not be written, and no line of the file says so yet.
    Unnoted(u64),
    /// The file was truncated or replaced while a process wrote it; that process had seen this number last.
    Cut(u64),
}

impl What {
    /// Returns whether somebody has changed the file; the other findings are notes of the writers.
    fn is_wrong(&self) -> bool {
        match self {
            Self::Altered | Self::Missing(..) | Self::Misplaced | Self::Cut(_) => true,
            Self::Continued(_) | Self::Torn | Self::Lost(_) | Self::Unnoted(_) => false,
        }
    }
}

impl Finding {
    /// Returns the number of the line, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }
}

impl Report {
    /// Returns whether everything is as it was written.
    pub fn is_whole(&self) -> bool {
        !self.findings.iter().any(|finding| finding.what.is_wrong())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(
                f,
                "{}:{}: {}",
                finding.file.display(),
                finding.line,
                finding.what
            )?;
        }
        let whole = if self.is_whole() {
            "whole"
        } else {
            "not whole"
        };
        writeln!(
            f,
            "{whole}: {} lines, the last is number {} with hash {}",
            self.lines, self.last.seq, self.last.hash
        )
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Altered => f.write_str("altered"),
            Self::Missing(first, last) if first == last => {
                write!(f, "line number {first} is missing before it")
            }
            Self::Missing(first, last) => {
                write!(f, "lines number {first} to {last} are missing before it")
            }
            Self::Misplaced => f.write_str("stands where another line belongs"),
            Self::Continued(seq) => {
                write!(f, "begins with number {seq}; what came before is not here")
            }
            Self::Torn => f.write_str("half a line: a process was ended while it wrote"),
            Self::Lost(lines) => write!(f, "{lines} lines could not be written before it"),
            Self::Unnoted(lines) => {
                write!(
                    f,
                    "{lines} lines could not be written, and none says so yet"
                )
            }
            Self::Cut(seq) => write!(
                f,
                "truncated or replaced while it was written: line number {seq} was there before"
            ),
        }
    }
}

/// The text about a file that is none of ours.
const FOREIGN: &str =
    "not an audit file: none of its lines begins like one; name the file of --audit";

/// Reads a file behind those that were renamed from it, `FILE.1` first, every byte of them.
///
/// # Errors
///
/// Fails where a file cannot be read, is no regular file, or has no line that begins like one of an audit file.
pub fn verify(path: &Path) -> io::Result<Report> {
    let mut reading = Reading::default();
    let files = files(path)?;
    for file in &files {
        reading.file(file)?;
    }
    if reading.is_foreign {
        return Err(io::Error::new(io::ErrorKind::InvalidData, FOREIGN));
    }
    let before = reading.before.take();
    reading.altered(before);
    let unnoted = lost_note::pending(path);
    if unnoted > 0 {
        let line = reading.number;
        reading.find(path, line, What::Unnoted(unnoted));
    }
    // What is wrong with a line shows at the next one, at times after what that one says.
    let index = |finding: &Finding| files.iter().position(|file| *file == finding.file);
    let mut report = reading.report;
    report
        .findings
        .sort_by_key(|finding| (index(finding), finding.line));
    Ok(report)
}

/// Returns the files in the order in which they were written; old ones may have been deleted.
///
/// # Errors
///
/// Fails where the directory or the newest file cannot be looked at.
pub(crate) fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let mut numbers: Vec<u64> = Vec::new();
    for entry in std::fs::read_dir(parent.unwrap_or(Path::new(".")))? {
        let entry = entry?.file_name().to_string_lossy().into_owned();
        let end = entry
            .strip_prefix(&name)
            .and_then(|rest| rest.strip_prefix('.'));
        numbers.extend(end.and_then(|end| end.parse::<u64>().ok()));
    }
    numbers.sort_unstable();
    let aside = numbers.into_iter().map(|number| {
        let mut path = path.as_os_str().to_owned();
        path.push(format!(".{number}"));
        PathBuf::from(path)
    });
    // Putting a file aside may have been broken off: then it has both names.
    let (own, aside) = (std::fs::metadata(path)?, aside.collect::<Vec<_>>());
    let is_other = |path: &PathBuf| {
        let other = std::fs::metadata(path);
        other.is_ok_and(|other| (other.dev(), other.ino()) != (own.dev(), own.ino()))
    };
    let aside = aside.into_iter().filter(is_other);
    Ok(aside.chain([path.to_owned()]).collect())
}

/// The position of the reader.
#[derive(Debug, Default)]
struct Reading {
    report: Report,
    /// The line before, where there is one.
    before: Option<Before>,
    /// The number of the line in its file.
    number: u64,
    /// Set where there are lines, and none of them begins as every line of an audit file does.
    is_foreign: bool,
}

/// The line that the next one is compared with.
#[derive(Debug)]
struct Before {
    file: PathBuf,
    line: u64,
    hash: String,
    /// Set where its sum is right.
    sound: bool,
    /// Set where it can be the beginning of a line that was broken off.
    is_beginning: bool,
}

impl Reading {
    fn file(&mut self, path: &Path) -> io::Result<()> {
        let mut lines = LineReader::new(BufReader::new(open(path)?));
        self.number = 0;
        while let Some(piece) = lines.next_line()? {
            self.is_foreign = (self.is_foreign || self.is_first()) && !piece.begins_with(BEGINNING);
            self.number += 1;
            if piece.is_terminated || !self.is_beginning(&piece) {
                self.line(path, self.number, &piece);
            } else {
                self.find(path, self.number, What::Torn);
            }
        }
        Ok(())
    }

    /// Returns whether no line was read yet, of any file.
    fn is_first(&self) -> bool {
        self.number == 0 && self.before.is_none() && self.report.findings.is_empty()
    }

    fn find(&mut self, file: &Path, line: u64, what: What) {
        self.report.findings.push(Finding {
            file: file.to_owned(),
            line,
            what,
        });
    }

    fn line(&mut self, path: &Path, number: u64, piece: &Piece<'_>) {
        let line = piece.text.and_then(Line::read);
        let is_beginning = line.is_none() && self.is_beginning(piece);
        let before = self.before.take();
        let hash = piece.hash();
        match &line {
            Some(line) => {
                self.sound(path, number, line, before);
                self.report.lines += 1;
                self.report.last.seq = line.seq;
                self.report.last.hash.clone_from(&hash);
            }
            None => self.altered(before),
        }
        self.before = Some(Before {
            file: path.to_owned(),
            line: number,
            hash,
            sound: line.is_some(),
            is_beginning,
        });
    }

    /// Returns whether a process can have left this when it was ended while it wrote the next line.
    fn is_beginning(&self, piece: &Piece<'_>) -> bool {
        let sound = self.before.as_ref().filter(|before| before.sound);
        let head = sound.map(|before| head(self.report.last.seq + 1, &before.hash));
        // Nothing is known about the number of the first line, nor of one behind a line that cannot be read.
        let head = head.as_deref().unwrap_or(BEGINNING);
        piece.text.is_some_and(|text| is_beginning(text, head))
    }

    /// Reports the previous line where its sum is wrong.
    fn altered(&mut self, before: Option<Before>) {
        if let Some(before) = before.filter(|before| !before.sound) {
            self.find(&before.file, before.line, What::Altered);
        }
    }

    /// Compares a line whose sum is right with the previous one.
    fn sound(&mut self, path: &Path, number: u64, line: &Line<'_>, before: Option<Before>) {
        let due = self.report.last.seq + 1;
        let event = line.parse::<FileEvent>();
        let expected = before.as_ref().map_or(NOTHING, |before| &before.hash);
        let follows = expected == line.prev;
        match before {
            // Half a line, and the next writer found it and said so.
            Some(torn)
                if torn.is_beginning
                    && follows
                    && matches!(event, Some(FileEvent::Torn { .. })) =>
            {
                self.find(&torn.file, torn.line, What::Torn);
                self.gap(path, number, due..=due, line.seq);
            }
            // An altered line, or one that was put in.
            Some(altered) if !altered.sound => {
                self.find(&altered.file, altered.line, What::Altered);
                self.gap(path, number, due..=due + 1, line.seq);
            }
            None if matches!(event, Some(FileEvent::Continued { .. })) => {
                self.find(path, number, What::Continued(line.seq));
            }
            // Its sum was made anew; the line behind it remembers.
            Some(before) if !follows && line.seq == due => {
                self.find(&before.file, before.line, What::Altered);
            }
            Some(_) | None => self.gap(path, number, due..=due, line.seq),
        }
        match event {
            Some(FileEvent::Lost { lines }) => self.find(path, number, What::Lost(lines)),
            Some(FileEvent::Cut { last, .. }) => self.find(path, number, What::Cut(last)),
            Some(FileEvent::Torn { .. } | FileEvent::Continued { .. }) | None => {}
        }
    }

    fn gap(&mut self, path: &Path, number: u64, due: RangeInclusive<u64>, seq: u64) {
        if seq > *due.end() {
            self.find(path, number, What::Missing(*due.end(), seq - 1));
        } else if seq < *due.start() {
            self.find(path, number, What::Misplaced);
        }
    }
}
