//! The end of a recursion in which the shim starts itself.
//!
//! Comparing files tells a link to the shim from the real program, but not a copy, nor a script that
//! calls `codex` again. So the shim counts the depth of calls of itself: in a variable, and in files in memory that
//! stay open, one of each call, for programs in between that drop variables. A codex that an agent starts inside a
//! codex counts too, hence the limit is not one.

use std::fs;
use std::os::fd::IntoRawFd as _;

use rustix::fs::{MemfdFlags, memfd_create};

use crate::{Process, ShimError};

/// The variable that holds the depth.
pub const DEPTH: &str = "MODEL_LOCK_DEPTH";

/// The depth at which the recursion is certain.
const LIMIT: u32 = 16;

/// Returns the depth of the program that is started next.
pub(crate) fn next_depth(process: &Process) -> Result<u32, ShimError> {
    let depth = process
        .variable(DEPTH)
        .and_then(|depth| depth.to_str()?.parse::<u32>().ok())
        .unwrap_or(0);
    let depth = depth.max(inherited());
    if depth >= LIMIT {
        Err(ShimError::MetItself)
    } else {
        Ok(depth.saturating_add(1))
    }
}

/// Leaves a file open for the programs that this process becomes and starts, as a mark of this call.
pub(crate) fn mark() {
    // Where there is no such file, the variable counts alone.
    if let Ok(file) = memfd_create(MARK, MemfdFlags::empty()) {
        let _open = file.into_raw_fd();
    }
}

/// Returns the number of marks that were inherited.
fn inherited() -> u32 {
    let files = fs::read_dir("/proc/self/fd")
        .into_iter()
        .flatten()
        .flatten();
    let mark = format!("/memfd:{MARK} ");
    let is_mark = |file: &fs::DirEntry| {
        let target = fs::read_link(file.path()).unwrap_or_default();
        target.to_string_lossy().starts_with(&mark)
    };
    u32::try_from(files.filter(is_mark).count()).unwrap_or(LIMIT)
}

/// The name of the files that mark calls.
const MARK: &str = "model-lock-call";

#[cfg(test)]
mod tests {
    use super::*;

    fn at(depth: &str) -> Option<u32> {
        let env = [(DEPTH.into(), depth.into())].into();
        next_depth(&Process {
            env,
            ..Process::default()
        })
        .ok()
    }

    #[test]
    fn depth_counts_to_the_limit() {
        assert_eq!(next_depth(&Process::default()).ok(), Some(1));
        assert_eq!(
            (at("1"), at("15"), at("16"), at("4294967295")),
            (Some(2), Some(16), None, None)
        );
        assert_eq!((at(""), at("x"), at("-1")), (Some(1), Some(1), Some(1)));
    }
}
