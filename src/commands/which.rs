//! `model-lock which`: the codex that would run here, and everything else of that name.

use std::process::ExitCode;

use lockpolicy::agents::codex::CODEX;
use shim::Process;

use crate::codex_on_path;
use crate::{exit, output};

/// Prints the real codex, then every codex on `PATH` in order.
pub(crate) fn which() -> ExitCode {
    let process = Process::current();
    let found = codex_on_path::of_process(&process);
    let real = shim::find_real(&codex_on_path::as_shim(process, &found), CODEX);
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
            let status = output::result_with(&text, exit::NOT_FOUND);
            output::line(&error.line());
            status
        }
    }
}
