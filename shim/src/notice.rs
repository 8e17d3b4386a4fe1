//! What the shim says itself: lines on standard error.

use std::io::Write as _;

/// Writes one line. Where standard error is gone, nobody can read it.
pub(crate) fn print(line: &str) {
    drop(writeln!(std::io::stderr().lock(), "model-lock: {line}"));
}
