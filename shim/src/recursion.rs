//! The end of a recursion in which the shim starts itself.
//!
//! Comparing files tells a link to the shim from the real program, but not a copy, nor a script that
//! calls `codex` again. So the shim counts the depth of calls of itself. A codex that an
//! agent starts inside a codex counts too, hence the limit is not one.

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
    if depth >= LIMIT {
        Err(ShimError::MetItself)
    } else {
        Ok(depth.saturating_add(1))
    }
}

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
