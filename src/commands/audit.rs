//! `model-lock audit verify`: reports where a line of the audit file is missing or altered.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::{exit, output};

/// Prints what was found in an audit file and in its older parts.
pub(crate) fn verify(file: &Path) -> ExitCode {
    match observe::audit::verify(file) {
        Ok(report) if report.is_whole() => output::result(&report.to_string()),
        Ok(report) => output::result_with(&report.to_string(), exit::FAILED),
        Err(source) => output::failure(&Unreadable {
            file: file.to_owned(),
            source,
        }),
    }
}

/// An audit file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}", file.display())]
struct Unreadable {
    file: PathBuf,
    source: io::Error,
}
