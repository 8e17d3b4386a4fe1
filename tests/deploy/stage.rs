//! A place for one script to run in: programs of its own first on its `PATH`, and nothing of our environment.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use fake_provider::fixture::TempDir;
use fake_provider::process::{self, Finished};

pub(crate) struct Stage {
    scratch: TempDir,
    variables: Vec<(String, String)>,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let scratch = TempDir::new(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap();
        for name in ["bin", "tmp"] {
            scratch.subdirectory(name).unwrap();
        }
        Self {
            scratch,
            variables: Vec::new(),
        }
    }

    pub(crate) fn place(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    /// Writes a file, and the directories on the way to it.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let place = self.place(name);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, text).unwrap();
    }

    /// Writes a program.
    pub(crate) fn program(&self, name: &str, text: &str) {
        self.write(name, text);
        fs::set_permissions(self.place(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub(crate) fn link(&self, name: &str, to: impl AsRef<Path>) {
        let place = self.place(name);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        symlink(to, place).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.place(name)).unwrap()
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.retain(|(set, _)| set != name);
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn unset(&mut self, name: &str) {
        self.variables.retain(|(set, _)| set != name);
    }

    pub(crate) fn command(&self, program: impl AsRef<Path>, arguments: &[&str]) -> Command {
        let mut command = Command::new(program.as_ref());
        let path = format!("{}:/usr/bin:/bin", self.place("bin").display());
        command.args(arguments).env_clear().env("PATH", path);
        command
            .current_dir(self.scratch.path())
            .env("TMPDIR", self.place("tmp"))
            .envs(self.variables.iter().cloned());
        command
    }

    pub(crate) fn run(&self, program: impl AsRef<Path>, arguments: &[&str]) -> Finished {
        process::run(&mut self.command(program, arguments), LONG).unwrap()
    }
}

/// A file of the repository.
pub(crate) fn of_the_repository(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The lines of a log, each a whole JSON object of texts.
pub(crate) fn lines(finished: &Finished) -> Vec<BTreeMap<String, String>> {
    let output = finished.err();
    let lines = output.lines();
    lines
        .map(|line| serde_json::from_str(line).expect(line))
        .collect()
}

/// Level and message of each line.
pub(crate) fn log_entries(finished: &Finished) -> Vec<(String, String)> {
    let mut lines = lines(finished);
    let mut text = |line: usize, name: &str| {
        let line = lines.get_mut(line)?;
        Some(line.remove(name).unwrap_or_default())
    };
    (0..)
        .map_while(|line| Some((text(line, "level")?, text(line, "message")?)))
        .collect()
}

/// How long a script may take on a busy machine.
const LONG: Duration = Duration::from_mins(2);
