//! Finds the real program of an agent: the first one of that name behind the shim on `PATH` that is not the shim.
//!
//! The shim recognizes itself by device and inode, through links, and another install of it by the name of its file or by
//! its content: two of them in a row would judge what the first has put in. It searches the entries behind its own
//! first, so that a second copy of it cannot send it back, and those before only if there is nothing
//! behind.

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use lockpolicy::agents::Agent;

use crate::{Process, ShimError};

/// The name of the file that is installed; the names of agents are links to it.
const PROGRAM: &str = "model-lock";

/// The value of `PATH` where it is not set, as in a shell.
const DEFAULT_PATH: &str = "/usr/bin:/bin";

/// Returns the path of the agent's real program.
///
/// # Errors
///
/// Returns [`ShimError::NotFound`], [`ShimError::NotThere`] or [`ShimError::NotRunnable`] for what is missing;
/// [`ShimError::MetItself`] where the variable of the agent names the shim.
pub fn find_real(process: &Process, agent: Agent) -> Result<PathBuf, ShimError> {
    let program = process.program.as_deref().map(fs::metadata);
    let me = program.and_then(|file| Some(identity(&file.ok()?)));
    if let Some(real) = process.variable(agent.real_path_variable) {
        return fixed(absolute(process, Path::new(real)), me);
    }
    let mut search = Search {
        me,
        program: process.program.clone(),
        ..Search::default()
    };
    let path = process
        .env
        .get(OsStr::new("PATH"))
        .map_or(OsStr::new(DEFAULT_PATH), |path| path.as_os_str());
    for entry in std::env::split_paths(path) {
        search.look(absolute(process, &entry).join(agent.executable));
    }
    match (search.behind.or(search.before), search.refused) {
        (Some(real), _) => Ok(real),
        (None, Some((path, error))) => Err(ShimError::NotRunnable(path, error)),
        (None, None) => Err(ShimError::NotFound),
    }
}

/// Returns the program that the operator names.
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

/// Resolves an empty or relative entry from the current directory, as in a shell.
fn absolute(process: &Process, path: &Path) -> PathBuf {
    let directory = process.directory.as_deref();
    directory.unwrap_or(Path::new("/")).join(path)
}

#[derive(Default)]
struct Search {
    me: Option<Identity>,
    program: Option<PathBuf>,
    before: Option<PathBuf>,
    behind: Option<PathBuf>,
    refused: Option<(PathBuf, io::Error)>,
    /// True where the shim itself was seen.
    passed: bool,
}

impl Search {
    /// Returns true where a file is another install of the shim.
    fn is_installed_again(&self, path: &Path, file: &Metadata) -> bool {
        let named = |file: PathBuf| file.file_name() == Some(OsStr::new(PROGRAM));
        path.canonicalize().is_ok_and(named)
            || self
                .program
                .as_deref()
                .is_some_and(|own| is_same(own, path, file))
    }

    fn look(&mut self, path: PathBuf) {
        match runnable(&path) {
            Ok(file) if Some(identity(&file)) == self.me => self.passed = true,
            Ok(file) if self.is_installed_again(&path, &file) => {}
            Ok(_) if self.passed => drop(self.behind.get_or_insert(path)),
            Ok(_) => drop(self.before.get_or_insert(path)),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                self.refused.get_or_insert((path, error));
            }
            // Missing, a directory, a loop of links: the next entry may have it.
            Err(_) => {}
        }
    }
}

/// Returns true where a program has the content of another file.
fn is_same(own: &Path, path: &Path, file: &Metadata) -> bool {
    let length = fs::metadata(own).map(|own| own.len());
    let content = || Ok::<_, io::Error>(fs::read(own)? == fs::read(path)?);
    length.is_ok_and(|length| length == file.len()) && content().unwrap_or(false)
}

/// Returns the file of a path, where it can be run.
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
    use lockpolicy::agents::codex::CODEX;
    use std::os::unix::fs::symlink;
    use tempfile::TempDir;

    struct Host {
        root: TempDir,
    }

    impl Host {
        /// `shim/codex`, the shim itself.
        fn new() -> Self {
            let host = Self {
                root: TempDir::new().unwrap(),
            };
            host.file("shim/codex", 0o755);
            host.path("cwd/x");
            host
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

        /// The program that is found, relative to the root, or the exit status.
        fn find(&self, entries: &[&str]) -> Result<String, u8> {
            let found = find_real(&self.process(entries), CODEX).map_err(|error| error.exit())?;
            Ok(found
                .strip_prefix(self.root.path())
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned())
        }
    }

    #[test]
    fn program_behind_the_shim_is_found() {
        let host = Host::new();
        host.file("real/codex", 0o755);
        host.file("later/codex", 0o755);
        assert_eq!(
            host.find(&["shim", "real", "later"]),
            Ok("real/codex".into())
        );
        assert_eq!(
            host.find(&["shim", "nowhere", "later", "real"]),
            Ok("later/codex".into())
        );
        assert_eq!(
            host.find(&["real", "shim", "later"]),
            Ok("later/codex".into())
        );
        assert_eq!(host.find(&["real", "shim"]), Ok("real/codex".into()));
        assert_eq!(host.find(&["real"]), Ok("real/codex".into()));
        assert_eq!(host.find(&["shim"]), Err(127));
        assert_eq!(host.find(&[]), Err(127));
    }

    #[test]
    fn shim_is_recognized_through_links() {
        let host = Host::new();
        host.file("real/codex", 0o755);
        host.link("shim/codex", "link/codex");
        host.link("link/codex", "chain/codex");
        fs::hard_link(host.path("shim/codex"), host.path("hard/codex")).unwrap();
        host.link("loop/codex", "loop/codex");
        assert_eq!(
            host.find(&["shim", "link", "chain", "hard", "loop", "real"]),
            Ok("real/codex".into())
        );
        assert_eq!(host.find(&["link", "shim"]), Err(127));
        host.link("real/codex", "alias/codex");
        assert_eq!(host.find(&["shim", "alias"]), Ok("alias/codex".into()));
    }

    #[test]
    fn copy_of_the_shim_cannot_send_it_back() {
        let host = Host::new();
        host.file("copy/codex", 0o755);
        host.file("real/codex", 0o755);
        assert_eq!(
            host.find(&["shim", "copy", "real"]),
            Ok("copy/codex".into())
        );
        assert_eq!(
            host.find(&["copy", "shim", "real"]),
            Ok("real/codex".into())
        );
    }

    #[test]
    fn other_install_of_the_shim_is_passed_over() {
        let host = Host::new();
        host.file("real/codex", 0o755);
        host.file("installed/model-lock", 0o755);
        host.link("installed/model-lock", "installed/codex");
        fs::copy(host.path("shim/codex"), host.path("second/codex")).unwrap();
        for before in ["installed", "second"] {
            assert_eq!(
                host.find(&["shim", before, "real"]),
                Ok("real/codex".into())
            );
            assert_eq!(host.find(&[before, "shim"]), Err(127), "{before}");
        }
    }

    #[test]
    fn program_that_cannot_be_run_is_skipped() {
        let host = Host::new();
        host.file("plain/codex", 0o644);
        host.path("directory/codex/x");
        host.file("real/codex", 0o755);
        assert_eq!(
            host.find(&["shim", "plain", "directory", "real"]),
            Ok("real/codex".into())
        );
        assert_eq!(host.find(&["shim", "plain"]), Err(126));
        assert_eq!(host.find(&["shim", "directory"]), Err(127));
    }

    #[test]
    fn empty_or_relative_entry_counts_from_the_directory() {
        let host = Host::new();
        host.file("cwd/codex", 0o755);
        host.file("cwd/bin/codex", 0o755);
        assert_eq!(host.find(&["shim", ""]), Ok("cwd/codex".into()));
        assert_eq!(host.find(&["shim", "./bin"]), Ok("cwd/./bin/codex".into()));
        assert_eq!(
            host.find(&["shim", "../shim", "../cwd"]),
            Ok("cwd/../cwd/codex".into())
        );
    }

    #[test]
    fn fixed_path_is_taken_as_it_is() {
        let host = Host::new();
        host.file("plain/codex", 0o644);
        host.file("real/anything", 0o755);
        host.link("shim/codex", "link/codex");
        let with = |real: &Path| {
            let mut process = host.process(&["shim"]);
            let variable = CODEX.real_path_variable.into();
            process.env.insert(variable, real.into());
            find_real(&process, CODEX).map_err(|error| error.exit())
        };
        assert_eq!(
            with(&host.path("real/anything")),
            Ok(host.path("real/anything"))
        );
        assert_eq!(with(&host.path("link/codex")), Err(70));
        assert_eq!(with(&host.path("plain/codex")), Err(126));
        assert_eq!(with(&host.path("real")), Err(126));
        assert_eq!(with(&host.path("nowhere/codex")), Err(127));
        assert_eq!(
            with(Path::new("../real/anything")),
            Ok(host.root.path().join("cwd/../real/anything"))
        );
        assert_eq!(with(Path::new("")), Err(127));
    }
}
