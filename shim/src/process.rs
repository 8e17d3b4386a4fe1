//! The process as a value, so that everything but the last step can be tested without one.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// The process that the shim is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// The arguments behind the program's name.
    pub args: Vec<OsString>,
    /// The environment.
    pub env: BTreeMap<OsString, OsString>,
    /// The current directory; `None` where it was deleted.
    pub directory: Option<PathBuf>,
    /// The program that it runs: the shim itself.
    pub program: Option<PathBuf>,
}

impl Process {
    /// This process.
    pub fn current() -> Self {
        // A link to the running file itself, which also holds where the file was replaced since.
        let running = PathBuf::from("/proc/self/exe");
        let program = if running.exists() {
            Some(running)
        } else {
            std::env::current_exe().ok()
        };
        Self {
            args: std::env::args_os().skip(1).collect(),
            env: std::env::vars_os().collect(),
            directory: std::env::current_dir().ok(),
            program,
        }
    }

    /// A variable, where it is set to anything.
    pub fn variable(&self, name: &str) -> Option<&OsStr> {
        let value = self.env.get(OsStr::new(name))?;
        (!value.is_empty()).then_some(value)
    }
}
