//! The last step: the process becomes the real program.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use crate::ShimError;

/// The arguments and variables that the real program is started with.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) args: Vec<OsString>,
    /// The variables that differ from the shim's own environment.
    pub(crate) env: BTreeMap<&'static str, OsString>,
}

/// Becomes the program: same process, same standard streams, same environment but for the proxy. Returns only
/// where that failed.
pub(crate) fn exec(program: PathBuf, start: &Start) -> ShimError {
    let error = Command::new(&program)
        .args(&start.args)
        .envs(&start.env)
        .exec();
    ShimError::NotRunnable(program, error)
}
