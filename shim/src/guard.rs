//! What stops the shim from meeting itself for ever.
//!
//! Looking at files tells a link to the shim from the real program, but not a copy, nor a script that
//! calls `codex` again. So the shim counts how deep it stands in calls of itself. A codex that an
//! agent starts inside a codex counts too, hence a limit and not one.

use crate::{Process, ShimError};

/// The variable that counts.
pub const GUARD: &str = "MODEL_LOCK_DEPTH";

/// How deep is deep enough to be sure.
const LIMIT: u32 = 16;

/// The depth of the program that is started next.
///
/// # Errors
///
/// [`ShimError::MetItself`] at the limit.
pub(crate) fn deeper(process: &Process) -> Result<u32, ShimError> {
    let depth = process
        .variable(GUARD)
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
        let env = [(GUARD.into(), depth.into())].into();
        deeper(&Process {
            env,
            ..Process::default()
        })
        .ok()
    }

    #[test]
    fn it_counts_to_the_limit() {
        assert_eq!(deeper(&Process::default()).ok(), Some(1));
        assert_eq!(
            (at("1"), at("15"), at("16"), at("4294967295")),
            (Some(2), Some(16), None, None)
        );
        assert_eq!((at(""), at("x"), at("-1")), (Some(1), Some(1), Some(1)));
    }
}
