//! Reads the files that a codex would read here, within bounds: whoever wrote the repository chose what stands there.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use crate::ShimError;
use crate::regular_file::{self, CONFIGURATION_CAP};

/// A file and its text.
pub(crate) type File = (PathBuf, String);

/// The most bytes of all files together.
pub const TOTAL_CAP: u64 = 16 << 20;

/// The most entries of the directories that are searched.
pub const ENTRY_CAP: usize = 4096;

/// The depth to which directories are searched; no user exceeds it.
pub const DEPTH_CAP: usize = 8;

/// The bytes and entries that may still be read.
#[derive(Debug)]
pub(crate) struct Workspace {
    bytes: u64,
    entries: usize,
}

impl Default for Workspace {
    fn default() -> Self {
        Self {
            bytes: TOTAL_CAP,
            entries: ENTRY_CAP,
        }
    }
}

impl Workspace {
    /// Returns the texts of those of the files that codex could read.
    ///
    /// # Errors
    ///
    /// Returns [`ShimError::NotRead`] where one is no regular file, is too large, or cannot be read for another
    /// reason than those that hold for codex too: it is not there, or not permitted.
    pub(crate) fn texts(
        &mut self,
        files: impl IntoIterator<Item = PathBuf>,
    ) -> Result<Vec<File>, ShimError> {
        let texts = files.into_iter().map(|file| self.text(file));
        texts.filter_map(Result::transpose).collect()
    }

    fn text(&mut self, file: PathBuf) -> Result<Option<File>, ShimError> {
        match regular_file::read(&file, CONFIGURATION_CAP.min(self.bytes)) {
            Ok(content) => {
                self.bytes = self.bytes.saturating_sub(content.len() as u64);
                let text = String::from_utf8_lossy(&content).into_owned();
                Ok(Some((file, text)))
            }
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(ShimError::NotRead(file, error)),
        }
    }

    /// Returns the files below a directory that have the extension of a role's. Links to other directories are
    /// followed in the user's own alone.
    ///
    /// # Errors
    ///
    /// Returns [`ShimError::NotRead`] where a directory is too large or too deep to be searched, or leads elsewhere.
    pub(crate) fn below(&mut self, directory: &Path, own: bool) -> Result<Vec<PathBuf>, ShimError> {
        let mut files = Vec::new();
        let mut seen = BTreeSet::new();
        let mut open = vec![(directory.to_owned(), 0)];
        while let Some((place, depth)) = open.pop() {
            if !place.canonicalize().is_ok_and(|place| seen.insert(place)) {
                continue;
            }
            for entry in fs::read_dir(&place).into_iter().flatten().flatten() {
                let path = entry.path();
                let reject = |what: &str| ShimError::NotRead(place.clone(), io::Error::other(what));
                let left = self.entries.checked_sub(1);
                self.entries = left.ok_or_else(|| reject("too many entries"))?;
                match kind(&entry) {
                    Kind::Link if !own => {
                        let what = "links to other directories are not followed";
                        return Err(ShimError::NotRead(path, io::Error::other(what)));
                    }
                    Kind::Directory | Kind::Link if depth >= DEPTH_CAP => {
                        return Err(reject("nested too deeply"));
                    }
                    Kind::Directory | Kind::Link => open.push((path, depth + 1)),
                    Kind::Other if path.extension() == Some(OsStr::new("toml")) => files.push(path),
                    Kind::Other => {}
                }
            }
        }
        Ok(files)
    }
}

/// The kind of an entry for a search.
enum Kind {
    Directory,
    /// A link to a directory.
    Link,
    Other,
}

fn kind(entry: &DirEntry) -> Kind {
    match entry.file_type() {
        Ok(found) if found.is_dir() => Kind::Directory,
        Ok(found) if found.is_symlink() && entry.path().is_dir() => Kind::Link,
        _ => Kind::Other,
    }
}

/// Returns true where codex could not read a file either.
fn is_absent(error: &io::Error) -> bool {
    let kinds = [
        io::ErrorKind::NotFound,
        io::ErrorKind::NotADirectory,
        io::ErrorKind::PermissionDenied,
        io::ErrorKind::InvalidFilename,
        io::ErrorKind::InvalidInput,
    ];
    kinds.contains(&error.kind()) || Errno::from_io_error(error) == Some(Errno::LOOP)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    use std::os::unix::fs::symlink;

    fn names(files: Vec<PathBuf>) -> BTreeSet<String> {
        let name = |file: PathBuf| file.file_name().unwrap().to_string_lossy().into_owned();
        files.into_iter().map(name).collect()
    }

    fn error<T: std::fmt::Debug>(result: Result<T, ShimError>) -> String {
        let Err(ShimError::NotRead(_, error)) = result else {
            panic!("{result:?}")
        };
        error.to_string()
    }

    #[test]
    fn files_are_read_up_to_a_total() {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str| directory.path().join(name);
        fs::write(file("a"), "a").unwrap();
        let whole = fs::File::create(file("large")).unwrap();
        whole.set_len(CONFIGURATION_CAP).unwrap();
        symlink("loop", file("loop")).unwrap();
        let mut workspace = Workspace::default();
        let texts = workspace.texts(["a", "absent", "loop", "a/b"].map(file));
        assert_eq!(texts.unwrap(), [(file("a"), "a".to_owned())]);
        let many = std::iter::repeat_n(file("large"), 16);
        assert!(error(workspace.texts(many)).starts_with("larger than"));
        let fifo = file("fifo");
        mknodat(CWD, &fifo, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        let unread = Workspace::default().texts([fifo, "/dev/zero".into()]);
        assert_eq!(error(unread), "not a regular file");
    }

    #[test]
    fn search_ends_at_its_bounds() {
        let directory = tempfile::tempdir().unwrap();
        let place = |name: &str| directory.path().join(name);
        fs::create_dir_all(place("agents/deep.toml/x")).unwrap();
        for name in ["a.toml", "b.txt", "deep.toml/x/c.toml", "x.config.toml"] {
            fs::write(place("agents").join(name), "").unwrap();
        }
        let search = |own| Workspace::default().below(&place("agents"), own);
        let found = names(search(false).unwrap());
        let want = ["a.toml", "c.toml", "x.config.toml"].map(str::to_owned);
        assert_eq!(found, BTreeSet::from(want));
        symlink("..", place("agents/loop")).unwrap();
        assert!(error(search(false)).starts_with("links"));
        assert_eq!(names(search(true).unwrap()), found, "a circle ends");
        symlink("/", place("agents/root")).unwrap();
        assert!(!error(search(true)).is_empty());
        fs::create_dir_all(place("deep/1/2/3/4/5/6/7/8/9")).unwrap();
        let deep = Workspace::default().below(&place("deep"), false);
        assert_eq!(error(deep), "nested too deeply");
    }
}
