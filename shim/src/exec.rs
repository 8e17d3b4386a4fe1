//! The last step: becoming the real program.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use crate::{GUARD, ShimError};

/// Becomes the program: same process, same standard streams, same environment but for the guard. Returns only
/// when that failed.
pub(crate) fn exec(program: PathBuf, args: &[OsString], depth: u32) -> ShimError {
    let error = Command::new(&program)
        .args(args)
        .env(GUARD, depth.to_string())
        .exec();
    ShimError::NotRunnable(program, error)
}
