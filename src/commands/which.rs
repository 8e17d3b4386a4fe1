//! `model-lock which`: the codex that would run here, and everything else of that name.

use std::path::Path;
use std::process::ExitCode;

use lockpolicy::agents::codex::CODEX;
use shim::Process;

use crate::codex_on_path::{self, Reachable};
use crate::{exit, output};

/// Prints the real codex, then every codex on `PATH` in order.
pub(crate) fn which() -> ExitCode {
    let process = Process::current();
    let found = on_path(&process);
    let real = shim::find_real(&as_shim(process, &found), CODEX);
    let mut text = String::new();
    if let Ok(real) = &real {
        text.extend(["real: ", &real.to_string_lossy(), "\n"]);
    }
    for (index, codex) in found.iter().enumerate() {
        let whose = if codex.ours { "ours" } else { "not ours" };
        let first = if index == 0 { ", first on PATH" } else { "" };
        let path = codex.path.to_string_lossy();
        text.extend(["codex: ", &path, " (", whose, first, ")\n"]);
    }
    match real {
        Ok(_) => output::result(&text),
        Err(error) => {
            let told = output::result_with(&text, exit::NOT_FOUND);
            output::told(&error.line());
            told
        }
    }
}

/// Every codex on the `PATH` of a process.
pub(crate) fn on_path(process: &Process) -> Vec<Reachable> {
    let nowhere = Path::new("/");
    let path = process.variable("PATH").unwrap_or_default();
    let directory = process.directory.as_deref().unwrap_or(nowhere);
    let program = process.program.as_deref().unwrap_or(nowhere);
    codex_on_path::on_path(path, directory, program)
}

/// The process as the shim that stands first on `PATH` would see itself: that one looks behind its own place.
pub(crate) fn as_shim(process: Process, found: &[Reachable]) -> Process {
    let ours = found.iter().find(|codex| codex.ours);
    Process {
        program: ours.map(|codex| codex.path.clone()).or(process.program),
        ..process
    }
}
