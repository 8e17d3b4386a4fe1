//! `model-lock uninstall`: removes what `install` put into a directory, and only that.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use super::install::{InstallError, LINK, PROGRAM, is_ours};
use crate::output::{self, WriteError};

/// Removes the program and its link, and says what it removed.
pub(crate) fn uninstall(directory: &Path) -> ExitCode {
    match remove_ours(directory) {
        Ok(removed) => output::result(&removed.concat()),
        Err(error) => output::failure(&error),
    }
}

/// Takes out of `directory` what `install` put there: the link, if it is ours, and the program that it
/// led to. Says what went, one line each; where nothing was left to take out, nothing.
///
/// # Errors
///
/// [`InstallError`] where a file cannot be removed, or the `codex` there is not ours: nothing is removed then.
fn remove_ours(directory: &Path) -> Result<Vec<String>, InstallError> {
    let link = directory.join(LINK);
    let mut removed = Vec::new();
    if is_ours(&link).map_err(InstallError::when_removing)? {
        remove(&link, &mut removed)?;
    }
    let program = directory.join(PROGRAM);
    if program.symlink_metadata().is_ok_and(|file| file.is_file()) {
        remove(&program, &mut removed)?;
    }
    Ok(removed)
}

fn remove(path: &Path, removed: &mut Vec<String>) -> Result<(), InstallError> {
    fs::remove_file(path).map_err(WriteError::at(path))?;
    removed.push(format!("removed {}\n", path.display()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::install::copy_and_link;
    use super::*;

    #[test]
    fn uninstall_removes_what_was_installed_alone() {
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join("program");
        fs::write(&program, "ours").unwrap();
        let bin = directory.path().join("bin");
        copy_and_link(&program, &bin).unwrap();
        fs::write(bin.join("other"), "").unwrap();
        assert_eq!(remove_ours(&bin).unwrap().len(), 2);
        assert_eq!(remove_ours(&bin).unwrap().len(), 0);
        assert_eq!(
            remove_ours(&directory.path().join("nowhere"))
                .unwrap()
                .len(),
            0
        );
        let left: Vec<_> = fs::read_dir(&bin)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(left, ["other"]);
    }

    #[test]
    fn uninstall_leaves_a_codex_that_is_not_ours() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(LINK), "real").unwrap();
        fs::write(directory.path().join(PROGRAM), "program").unwrap();
        assert!(matches!(
            remove_ours(directory.path()),
            Err(InstallError::NotOursToRemove(_))
        ));
        let error = remove_ours(directory.path()).unwrap_err().to_string();
        assert!(
            error.contains("nothing was removed") && error.contains("--from"),
            "{error}"
        );
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
        fs::remove_file(directory.path().join(LINK)).unwrap();
        std::os::unix::fs::symlink("../lib/codex.js", directory.path().join(LINK)).unwrap();
        assert!(matches!(
            remove_ours(directory.path()),
            Err(InstallError::NotOursToRemove(_))
        ));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    }
}
