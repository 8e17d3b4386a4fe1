//! The last step: becoming the real program.

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use crate::{ShimError, Start};

/// Becomes the program: same process, same standard streams, same environment but for what leads it. Returns only
/// when that failed.
pub(crate) fn exec(program: PathBuf, start: &Start) -> ShimError {
    let error = Command::new(&program)
        .args(&start.args)
        .envs(&start.env)
        .exec();
    ShimError::NotRunnable(program, error)
}
