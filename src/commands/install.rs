//! `model-lock install`: one file on disk serves as both commands.
//!
//! Everything is written beside its place and renamed into it, so that whoever runs `codex` meanwhile
//! finds the old one or the new one, never half of one.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, symlink};
use std::path::{Path, PathBuf};

use lockpolicy::agents::codex::CODEX;

/// The name of the program itself.
const PROGRAM: &str = "model-lock";
/// The name it stands in for.
const LINK: &str = CODEX.executable;

/// Why nothing was installed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InstallError {
    /// A file could not be made.
    #[error("cannot write {path}")]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something else is called `codex` there.
    #[error("{0} is not ours: choose another directory, and put it before this one on PATH")]
    NotOurs(PathBuf),
    /// The running program could not be read.
    #[error("cannot read the running program")]
    Program(#[source] io::Error),
}

/// Copies `program` into `directory` and links `codex` to it. Running it again changes nothing.
///
/// # Errors
///
/// [`InstallError`]; a `codex` that is not ours is left as it is, and then nothing is written at all.
pub(crate) fn install(program: &Path, directory: &Path) -> Result<(), InstallError> {
    let link = directory.join(LINK);
    let linked = is_ours(&link)?;
    make(directory).map_err(|source| InstallError::Write {
        path: directory.to_owned(),
        source,
    })?;
    let copy = directory.join(PROGRAM);
    put_program(program, &copy)?;
    if !linked {
        symlink(PROGRAM, &link).map_err(|source| InstallError::Write { path: link, source })?;
    }
    Ok(())
}

/// Takes out of `directory` what [`install`] put there: the link, if it is ours, and the program that it
/// led to. Says what went, one line each; where nothing was left to take out, nothing.
///
/// # Errors
///
/// [`InstallError`] where a file cannot be removed, or the `codex` there is not ours: nothing is removed then.
pub(crate) fn uninstall(directory: &Path) -> Result<Vec<String>, InstallError> {
    let link = directory.join(LINK);
    let mut removed = Vec::new();
    if is_ours(&link)? {
        remove(&link, &mut removed)?;
    }
    let program = directory.join(PROGRAM);
    if program.symlink_metadata().is_ok_and(|file| file.is_file()) {
        remove(&program, &mut removed)?;
    }
    Ok(removed)
}

fn remove(path: &Path, removed: &mut Vec<String>) -> Result<(), InstallError> {
    fs::remove_file(path).map_err(|source| InstallError::Write {
        path: path.to_owned(),
        source,
    })?;
    removed.push(format!("removed {}\n", path.display()));
    Ok(())
}

fn make(directory: &Path) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o755)
        .create(directory)
}

/// Whether the link stands already; an error where something else stands in its place.
fn is_ours(link: &Path) -> Result<bool, InstallError> {
    match fs::read_link(link) {
        Ok(target) if target == Path::new(PROGRAM) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) if error.kind() != io::ErrorKind::InvalidInput => Err(InstallError::Write {
            path: link.to_owned(),
            source: error,
        }),
        Ok(_) | Err(_) => Err(InstallError::NotOurs(link.to_owned())),
    }
}

fn put_program(program: &Path, copy: &Path) -> Result<(), InstallError> {
    let mut from = fs::File::open(program).map_err(InstallError::Program)?;
    let fresh = copy.with_file_name(format!(".{PROGRAM}.{}", std::process::id()));
    let written = write(&mut from, &fresh).and_then(|()| fs::rename(&fresh, copy));
    written.map_err(|source| {
        // The copy is of no use to anybody; where even that fails, the first error is the one to tell.
        drop(fs::remove_file(&fresh));
        InstallError::Write {
            path: copy.to_owned(),
            source,
        }
    })
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
    fn installing_twice_is_installing_once() {
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join("program");
        let to = directory.path().join("a/b");
        for content in ["one", "two"] {
            fs::write(&program, content).unwrap();
            install(&program, &to).unwrap();
            assert_eq!(fs::read_to_string(to.join("codex")).unwrap(), content);
        }
        assert_eq!(fs::read_dir(&to).unwrap().count(), 2);
    }

    #[test]
    fn the_installed_program_can_install_itself_again() {
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join(PROGRAM);
        fs::write(&program, "one").unwrap();
        install(&program, directory.path()).unwrap();
        assert_eq!(fs::read_to_string(&program).unwrap(), "one");
    }

    #[test]
    fn a_codex_that_is_not_ours_stays() {
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join("program");
        fs::write(&program, "ours").unwrap();
        let codex = directory.path().join("codex");
        fs::write(&codex, "real").unwrap();
        assert!(matches!(
            install(&program, directory.path()),
            Err(InstallError::NotOurs(_))
        ));
        fs::remove_file(&codex).unwrap();
        symlink("../lib/codex.js", &codex).unwrap();
        assert!(matches!(
            install(&program, directory.path()),
            Err(InstallError::NotOurs(_))
        ));
        assert!(
            !directory.path().join(PROGRAM).exists(),
            "nothing is written then"
        );
    }

    #[test]
    fn uninstalling_takes_out_what_was_installed_and_no_more() {
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join("program");
        fs::write(&program, "ours").unwrap();
        let bin = directory.path().join("bin");
        install(&program, &bin).unwrap();
        fs::write(bin.join("other"), "").unwrap();
        assert_eq!(uninstall(&bin).unwrap().len(), 2);
        assert_eq!(uninstall(&bin).unwrap().len(), 0);
        assert_eq!(
            uninstall(&directory.path().join("nowhere")).unwrap().len(),
            0
        );
        let left: Vec<_> = fs::read_dir(&bin)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(left, ["other"]);
    }

    #[test]
    fn uninstalling_leaves_a_codex_that_is_not_ours() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(LINK), "real").unwrap();
        fs::write(directory.path().join(PROGRAM), "program").unwrap();
        assert!(matches!(
            uninstall(directory.path()),
            Err(InstallError::NotOurs(_))
        ));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
        fs::remove_file(directory.path().join(LINK)).unwrap();
        symlink("../lib/codex.js", directory.path().join(LINK)).unwrap();
        assert!(matches!(
            uninstall(directory.path()),
            Err(InstallError::NotOurs(_))
        ));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    }
}
