//! Every codex on a `PATH`, in order, and which of them are this program.
//!
//! The shim knows itself by device and inode, because it must never mistake anything else for itself. A
//! person asks for more: an installed copy is ours too, although it is another file.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use shim::Process;

use lockpolicy::agents::codex::CODEX;

/// A codex that could be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reachable {
    /// The path of the file.
    pub(crate) path: PathBuf,
    /// True if it is this program.
    pub(crate) ours: bool,
}

impl Reachable {
    /// Returns the program that can be started at this path, if there is one.
    pub(crate) fn at(path: PathBuf, program: &Path) -> Option<Self> {
        let file = fs::metadata(&path).ok()?;
        let runs = file.is_file() && file.permissions().mode() & 0o111 != 0;
        let ours = runs && is_ours(&path, program);
        runs.then_some(Self { path, ours })
    }
}

/// Every codex on `path`, the first one first.
fn on_path(path: &OsStr, directory: &Path, program: &Path) -> Vec<Reachable> {
    let places =
        std::env::split_paths(path).map(|entry| directory.join(entry).join(CODEX.executable));
    places
        .filter_map(|place| Reachable::at(place, program))
        .collect()
}

/// Every codex on the `PATH` of a process.
pub(crate) fn of_process(process: &Process) -> Vec<Reachable> {
    let nowhere = Path::new("/");
    let path = process.variable("PATH").unwrap_or_default();
    let directory = process.directory.as_deref().unwrap_or(nowhere);
    let program = process.program.as_deref().unwrap_or(nowhere);
    on_path(path, directory, program)
}

/// The process as the shim that stands first on `PATH` would see itself: that one looks behind its own place.
pub(crate) fn as_shim(process: Process, found: &[Reachable]) -> Process {
    let ours = found.iter().find(|codex| codex.ours);
    Process {
        program: ours.map(|codex| codex.path.clone()).or(process.program),
        ..process
    }
}

/// Returns true if a file is this program or a copy of it, by name or by content.
fn is_ours(path: &Path, program: &Path) -> bool {
    let named = path
        .canonicalize()
        .is_ok_and(|file| file.file_name() == Some(OsStr::new("model-lock")));
    named || is_same(path, program).unwrap_or(false)
}

fn is_same(one: &Path, other: &Path) -> io::Result<bool> {
    let (first, second) = (fs::metadata(one)?, fs::metadata(other)?);
    if (first.dev(), first.ino()) == (second.dev(), second.ino()) {
        return Ok(true);
    }
    Ok(first.len() == second.len() && fs::read(one)? == fs::read(other)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn codex_on_path_is_found_in_order_and_ours_is_recognized() {
        let root = tempfile::tempdir().unwrap();
        let place = |name: &str| {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            path
        };
        let write = |name: &str, content: &str, mode: u32| {
            fs::write(place(name), content).unwrap();
            fs::set_permissions(place(name), fs::Permissions::from_mode(mode)).unwrap();
        };
        write("program", "ours", 0o755);
        write("copy/codex", "ours", 0o755);
        write("installed/model-lock", "an older copy of ours", 0o755);
        symlink("model-lock", place("installed/codex")).unwrap();
        symlink("../program", place("link/codex")).unwrap();
        write("real/codex", "real", 0o755);
        write("same-length/codex", "ourz", 0o755);
        write("plain/codex", "x", 0o644);
        place("folder/codex/x");
        let entries = [
            "plain",
            "real",
            "copy",
            "folder",
            "installed",
            "nowhere",
            "link",
            "same-length",
        ];
        let path = std::env::join_paths(entries).unwrap();
        let found = on_path(&path, root.path(), &place("program"));
        let found: Vec<(PathBuf, bool)> = found.into_iter().map(|it| (it.path, it.ours)).collect();
        let expected = [
            ("real", false),
            ("copy", true),
            ("installed", true),
            ("link", true),
            ("same-length", false),
        ];
        assert_eq!(
            found,
            expected.map(|(name, ours)| (place(name).join("codex"), ours))
        );
    }
}
