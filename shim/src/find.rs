//! The real codex: the first program of that name behind the shim on `PATH`, that is not the shim.
//!
//! The shim knows itself by device and inode, through links. It looks behind the place where it
//! stands first, so that a second copy of it cannot send it back, and before that place only if
//! nothing stands behind.

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::{Process, ShimError};

/// What the real program is called.
const NAME: &str = "codex";

/// The variable that names the real program.
const REAL: &str = "MODEL_LOCK_REAL_CODEX";

/// What is searched where there is no `PATH`, as a shell does.
const DEFAULT_PATH: &str = "/usr/bin:/bin";

/// The path of the real codex.
///
/// # Errors
///
/// [`ShimError::NotFound`], [`ShimError::NotThere`] and [`ShimError::NotRunnable`] say what is missing;
/// [`ShimError::MetItself`] where `MODEL_LOCK_REAL_CODEX` names the shim.
pub fn find(process: &Process) -> Result<PathBuf, ShimError> {
    let me = process
        .program
        .as_deref()
        .and_then(|program| fs::metadata(program).ok())
        .map(|file| identity(&file));
    if let Some(real) = process.variable(REAL) {
        return fixed(absolute(process, Path::new(real)), me);
    }
    let mut search = Search {
        me,
        before: None,
        behind: None,
        refused: None,
        passed: false,
    };
    let path = process
        .env
        .get(OsStr::new("PATH"))
        .map_or(OsStr::new(DEFAULT_PATH), |path| path.as_os_str());
    for entry in std::env::split_paths(path) {
        search.look(absolute(process, &entry).join(NAME));
    }
    match (search.behind.or(search.before), search.refused) {
        (Some(real), _) => Ok(real),
        (None, Some((path, error))) => Err(ShimError::NotRunnable(path, error)),
        (None, None) => Err(ShimError::NotFound),
    }
}

/// The program that the operator named.
fn fixed(real: PathBuf, me: Option<Identity>) -> Result<PathBuf, ShimError> {
    match runnable(&real) {
        Ok(file) if Some(identity(&file)) == me => Err(ShimError::MetItself),
        Ok(_) => Ok(real),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(ShimError::NotThere(real)),
        Err(error) => Err(ShimError::NotRunnable(real, error)),
    }
}

type Identity = (u64, u64);

fn identity(file: &Metadata) -> Identity {
    (file.dev(), file.ino())
}

/// An empty or relative entry counts from where the process was started, as in a shell.
fn absolute(process: &Process, path: &Path) -> PathBuf {
    process
        .directory
        .as_deref()
        .unwrap_or(Path::new("/"))
        .join(path)
}

struct Search {
    me: Option<Identity>,
    before: Option<PathBuf>,
    behind: Option<PathBuf>,
    refused: Option<(PathBuf, io::Error)>,
    /// Whether the shim itself was seen.
    passed: bool,
}

impl Search {
    fn look(&mut self, path: PathBuf) {
        match runnable(&path) {
            Ok(file) if Some(identity(&file)) == self.me => self.passed = true,
            Ok(_) if self.passed => drop(self.behind.get_or_insert(path)),
            Ok(_) => drop(self.before.get_or_insert(path)),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                self.refused.get_or_insert((path, error));
            }
            // Not there, a directory, a loop of links: the next entry may have it.
            Err(_) => {}
        }
    }
}

/// The file behind the path, where it can be run.
fn runnable(path: &Path) -> io::Result<Metadata> {
    let file = fs::metadata(path)?;
    if !file.is_file() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if file.permissions().mode() & 0o111 == 0 {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use tempfile::TempDir;

    struct Place {
        root: TempDir,
    }

    impl Place {
        /// `shim/codex`, the shim itself.
        fn new() -> Self {
            let place = Self {
                root: TempDir::new().unwrap(),
            };
            place.file("shim/codex", 0o755);
            place.path("cwd/x");
            place
        }

        fn path(&self, name: &str) -> PathBuf {
            let path = self.root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            path
        }

        fn file(&self, name: &str, mode: u32) {
            fs::write(self.path(name), name).unwrap();
            fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
        }

        fn link(&self, to: &str, name: &str) {
            symlink(self.path(to), self.path(name)).unwrap();
        }

        fn process(&self, entries: &[&str]) -> Process {
            let entry = |entry: &&str| {
                if entry.is_empty() || entry.starts_with('.') {
                    entry.into()
                } else {
                    self.root.path().join(entry)
                }
            };
            let path = std::env::join_paths(entries.iter().map(entry)).unwrap();
            Process {
                env: [("PATH".into(), path)].into(),
                directory: Some(self.root.path().join("cwd")),
                program: Some(self.path("shim/codex")),
                ..Process::default()
            }
        }

        /// What is found, relative to the place, or the exit status.
        fn find(&self, entries: &[&str]) -> Result<String, u8> {
            let found = find(&self.process(entries)).map_err(|error| error.exit())?;
            Ok(found
                .strip_prefix(self.root.path())
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned())
        }
    }

    #[test]
    fn the_program_behind_the_shim_is_found() {
        let place = Place::new();
        place.file("real/codex", 0o755);
        place.file("later/codex", 0o755);
        assert_eq!(
            place.find(&["shim", "real", "later"]),
            Ok("real/codex".into())
        );
        assert_eq!(
            place.find(&["shim", "nowhere", "later", "real"]),
            Ok("later/codex".into())
        );
        assert_eq!(
            place.find(&["real", "shim", "later"]),
            Ok("later/codex".into())
        );
        assert_eq!(place.find(&["real", "shim"]), Ok("real/codex".into()));
        assert_eq!(place.find(&["real"]), Ok("real/codex".into()));
        assert_eq!(place.find(&["shim"]), Err(127));
        assert_eq!(place.find(&[]), Err(127));
    }

    #[test]
    fn the_shim_is_known_through_links_and_twice() {
        let place = Place::new();
        place.file("real/codex", 0o755);
        place.link("shim/codex", "link/codex");
        place.link("link/codex", "chain/codex");
        fs::hard_link(place.path("shim/codex"), place.path("hard/codex")).unwrap();
        place.link("loop/codex", "loop/codex");
        assert_eq!(
            place.find(&["shim", "link", "chain", "hard", "loop", "real"]),
            Ok("real/codex".into())
        );
        assert_eq!(place.find(&["link", "shim"]), Err(127));
        place.link("real/codex", "alias/codex");
        assert_eq!(place.find(&["shim", "alias"]), Ok("alias/codex".into()));
    }

    #[test]
    fn a_copy_of_the_shim_cannot_send_it_back() {
        let place = Place::new();
        place.file("copy/codex", 0o755);
        place.file("real/codex", 0o755);
        assert_eq!(
            place.find(&["shim", "copy", "real"]),
            Ok("copy/codex".into())
        );
        assert_eq!(
            place.find(&["copy", "shim", "real"]),
            Ok("real/codex".into())
        );
    }

    #[test]
    fn what_cannot_be_run_is_passed_over() {
        let place = Place::new();
        place.file("plain/codex", 0o644);
        place.path("directory/codex/x");
        place.file("real/codex", 0o755);
        assert_eq!(
            place.find(&["shim", "plain", "directory", "real"]),
            Ok("real/codex".into())
        );
        assert_eq!(place.find(&["shim", "plain"]), Err(126));
        assert_eq!(place.find(&["shim", "directory"]), Err(127));
    }

    #[test]
    fn empty_and_relative_entries_count_from_the_directory() {
        let place = Place::new();
        place.file("cwd/codex", 0o755);
        place.file("cwd/bin/codex", 0o755);
        assert_eq!(place.find(&["shim", ""]), Ok("cwd/codex".into()));
        assert_eq!(place.find(&["shim", "./bin"]), Ok("cwd/./bin/codex".into()));
        assert_eq!(
            place.find(&["shim", "../shim", "../cwd"]),
            Ok("cwd/../cwd/codex".into())
        );
    }

    #[test]
    fn a_fixed_path_is_taken_as_it_is() {
        let place = Place::new();
        place.file("plain/codex", 0o644);
        place.file("real/anything", 0o755);
        place.link("shim/codex", "link/codex");
        let with = |real: &Path| {
            let mut process = place.process(&["shim"]);
            process.env.insert(REAL.into(), real.into());
            find(&process).map_err(|error| error.exit())
        };
        assert_eq!(
            with(&place.path("real/anything")),
            Ok(place.path("real/anything"))
        );
        assert_eq!(with(&place.path("link/codex")), Err(70));
        assert_eq!(with(&place.path("plain/codex")), Err(126));
        assert_eq!(with(&place.path("real")), Err(126));
        assert_eq!(with(&place.path("nowhere/codex")), Err(127));
        assert_eq!(
            with(Path::new("../real/anything")),
            Ok(place.root.path().join("cwd/../real/anything"))
        );
        assert_eq!(with(Path::new("")), Err(127));
    }
}
