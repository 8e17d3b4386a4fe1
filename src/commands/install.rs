//! `model-lock install`: one file on disk serves as both commands.
//!
//! Everything is written beside its place and renamed into it, so that whoever runs `codex` meanwhile
//! finds the old one or the new one, never half of one.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::output::{self, WriteError};

use lockpolicy::agents::codex::CODEX;

/// The name of the program itself.
pub(super) const PROGRAM: &str = "model-lock";
/// The name it stands in for.
pub(super) const LINK: &str = CODEX.executable;

/// The reason why nothing was installed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InstallError {
    /// A file could not be made.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Something else is called `codex` there.
    #[error("{0} is not ours: choose another directory, and put it before this one on PATH")]
    NotOurs(PathBuf),
    /// Something else is called `codex` where ours was to be removed.
    #[error(
        "{0} is not ours, so nothing was removed: name the directory of `install --to` with --from"
    )]
    NotOursToRemove(PathBuf),
    /// The running program could not be read.
    #[error("cannot read the running program")]
    Program(#[source] io::Error),
}

impl InstallError {
    /// Returns the error of who wanted to remove what is there.
    pub(super) fn when_removing(self) -> Self {
        match self {
            Self::NotOurs(path) => Self::NotOursToRemove(path),
            Self::NotOursToRemove(_) | Self::Program(_) | Self::Write(_) => self,
        }
    }
}

/// Installs the running program, and says what to do next.
pub(crate) fn install(directory: &Path) -> ExitCode {
    // A relative entry on PATH would mean another directory after the next `cd`.
    let installed = std::env::current_exe()
        .and_then(|program| Ok((program, std::path::absolute(directory)?)))
        .map_err(InstallError::Program)
        .and_then(|(program, to)| copy_and_link(&program, &to).map(|()| to));
    match installed {
        Ok(to) => output::result(&format!(
            "{0}/codex -> model-lock\nput it first: export PATH=\"{0}:$PATH\"\n",
            to.display()
        )),
        Err(error) => output::failure(&error),
    }
}

/// Copies `program` into `directory` and links `codex` to it. Running it again changes nothing.
///
/// # Errors
///
/// [`InstallError`]; a `codex` that is not ours is left as it is, and then nothing is written at all.
pub(super) fn copy_and_link(program: &Path, directory: &Path) -> Result<(), InstallError> {
    let link = directory.join(LINK);
    let linked = is_ours(&link)?;
    create_directory(directory).map_err(WriteError::at(directory))?;
    let copy = directory.join(PROGRAM);
    put_program(program, &copy)?;
    if !linked {
        symlink(PROGRAM, &link).map_err(WriteError::at(&link))?;
    }
    Ok(())
}

/// Creates a directory that everyone may read, with those above it.
pub(super) fn create_directory(directory: &Path) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o755)
        .create(directory)
}

/// Returns true if the link stands already, and an error if something else stands in its place.
pub(super) fn is_ours(link: &Path) -> Result<bool, InstallError> {
    match fs::read_link(link) {
        Ok(target) if target == Path::new(PROGRAM) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) if error.kind() != io::ErrorKind::InvalidInput => {
            Err(WriteError::at(link)(error).into())
        }
        Ok(_) | Err(_) => Err(InstallError::NotOurs(link.to_owned())),
    }
}

fn put_program(program: &Path, copy: &Path) -> Result<(), InstallError> {
    let mut from = fs::File::open(program).map_err(InstallError::Program)?;
    replace_file(copy, |fresh| write(&mut from, fresh)).map_err(WriteError::at(copy))?;
    Ok(())
}

/// Writes a file beside its place, and renames it into it.
pub(super) fn replace_file(
    path: &Path,
    write: impl FnOnce(&Path) -> io::Result<()>,
) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let fresh = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = write(&fresh).and_then(|()| fs::rename(&fresh, path));
    if written.is_err() {
        // It is of no use to anybody; where even that fails, the first error is the one to tell.
        drop(fs::remove_file(&fresh));
    }
    written
}

fn write(from: &mut fs::File, fresh: &Path) -> io::Result<()> {
    let mut to = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o755)
        .open(fresh)?;
    io::copy(from, &mut to)?;
    // Before the rename: a machine that stops must not leave an empty program under the name.
    to.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn second_install_changes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join("program");
        let to = directory.path().join("a/b");
        for content in ["one", "two"] {
            fs::write(&program, content).unwrap();
            copy_and_link(&program, &to).unwrap();
            assert_eq!(fs::read_to_string(to.join("codex")).unwrap(), content);
        }
        assert_eq!(fs::read_dir(&to).unwrap().count(), 2);
    }

    #[test]
    fn installed_program_installs_itself_again() {
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join(PROGRAM);
        fs::write(&program, "one").unwrap();
        copy_and_link(&program, directory.path()).unwrap();
        assert_eq!(fs::read_to_string(&program).unwrap(), "one");
    }

    #[test]
    fn codex_that_is_not_ours_stays() {
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join("program");
        fs::write(&program, "ours").unwrap();
        let codex = directory.path().join("codex");
        fs::write(&codex, "real").unwrap();
        assert!(matches!(
            copy_and_link(&program, directory.path()),
            Err(InstallError::NotOurs(_))
        ));
        fs::remove_file(&codex).unwrap();
        symlink("../lib/codex.js", &codex).unwrap();
        assert!(matches!(
            copy_and_link(&program, directory.path()),
            Err(InstallError::NotOurs(_))
        ));
        assert!(
            !directory.path().join(PROGRAM).exists(),
            "nothing is written then"
        );
    }
}
