//! The text that a command writes to standard output and standard error, outside the log.

use std::fmt::Display;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lockpolicy::Problem;
use serde::Serialize;

use crate::exit::{self, Exit};

/// Tells everything that is wrong with the settings, one line each.
pub(crate) fn problems(problems: &[Problem]) -> ExitCode {
    for problem in problems {
        line(problem);
    }
    exit::CONFIG.into()
}

/// Tells what went wrong, with its causes, in one line.
pub(crate) fn failure(error: &dyn std::error::Error) -> ExitCode {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let cause_text = error.to_string();
        // Some libraries tell their cause twice: in their text and as their source.
        if !text.ends_with(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        cause = error.source();
    }
    line(&text);
    exit::FAILED.into()
}

/// A file that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {path}")]
pub(crate) struct WriteError {
    path: PathBuf,
    source: io::Error,
}

impl WriteError {
    /// Returns a function that adds the path of the file to a cause.
    pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self { path, source }
    }
}

/// Writes a result to standard output.
pub(crate) fn result(text: &str) -> ExitCode {
    result_with(text, exit::DONE)
}

/// Writes a result to standard output, and ends with a status that says more of it.
pub(crate) fn result_with(text: &str, status: Exit) -> ExitCode {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Ok(()) => status.into(),
        Err(error) => failure(&error),
    }
}

/// Writes a result as one line of JSON to standard output, and ends with a status that says more of it.
pub(crate) fn json(result: &impl Serialize, status: Exit) -> ExitCode {
    match serde_json::to_string(result) {
        Ok(text) => result_with(&format!("{text}\n"), status),
        Err(error) => failure(&error),
    }
}

/// Replaces what could break a line or control a terminal.
pub(crate) fn one_line(text: &str) -> String {
    let plain = |c: char| if c.is_control() { '?' } else { c };
    text.chars().map(plain).collect()
}

/// Writes one line to standard error. Where that is gone, nobody reads it.
pub(crate) fn line(text: &dyn Display) {
    let text = one_line(&text.to_string());
    drop(writeln!(io::stderr().lock(), "model-lock: {text}"));
}
