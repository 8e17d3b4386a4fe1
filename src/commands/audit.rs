//! `model-lock audit verify`: reports where a line of the audit file is missing or altered.

use std::path::Path;
use std::process::ExitCode;

use crate::{exit, output};

/// Prints what was found in an audit file and in its older parts.
pub(crate) fn verify(file: &Path) -> ExitCode {
    match observe::audit::verify(file) {
        Ok(report) if report.is_whole() => output::result(&report.to_string()),
        Ok(report) => output::result_with(&report.to_string(), exit::FAILED),
        Err(error) => output::failure(&error),
    }
}
