//! A program that ends with its parent: this program is started first, asks the kernel for that, and becomes it.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use rustix::process::{Signal, getppid, set_parent_process_death_signal};

use crate::ShimError;
use crate::notice::print;

/// The verb of this program by which it becomes another one.
pub const VERB: &str = "bound-codex";

/// Returns the command that starts a program which ends with this one.
pub(crate) fn command(program: &Path) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(VERB).arg(std::process::id().to_string());
    command.arg("--").arg(program);
    Ok(command)
}

/// Becomes a program that ends with its parent. Returns only where that failed.
pub fn become_bound(parent: i32, program: &OsString, arguments: &[OsString]) -> ExitCode {
    let bound = end_with_parent(parent);
    let error = bound.map_or_else(
        |error| error,
        |()| Command::new(program).args(arguments).exec(),
    );
    let error = ShimError::NotRunnable(program.into(), error);
    print(&error.line());
    error.exit().into()
}

/// Lets the kernel end this process with its parent, with SIGTERM; the program that it becomes, too.
///
/// # Errors
///
/// The parent has ended already, or the kernel does not do it.
pub fn end_with_parent(parent: i32) -> io::Result<()> {
    set_parent_process_death_signal(Some(Signal::TERM))?;
    let now = getppid().map(|pid| pid.as_raw_nonzero().get());
    if now == Some(parent) {
        Ok(())
    } else {
        Err(io::Error::other("the program is gone that it was for"))
    }
}
