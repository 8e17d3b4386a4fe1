//! Runs a codex server and judges what its client requests.
//!
//! ```text
//! standard input → client: lines → lockpolicy → codex's standard input
//!                                     ↓ refused
//! codex's standard output → output: bytes → standard output
//! ```
//!
//! The shim stays as the parent, in the same process group, and codex ends with it. It forwards the end of the input,
//! signals and the exit status; where codex dies by a signal, the status is 128 and the signal's number, since a client
//! that asks for an orderly end should see one.
//!
//! Invariant: codex's output is forwarded byte for byte and in order; an answer of the shim's own is written
//! between two lines, never in one.

mod client;
mod lines;
mod output;
mod server;
mod signals;

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use crate::exec::Start;
use crate::{ShimError, bound};
use output::Output;

pub(crate) use client::Client;
pub use lines::CAP as LINE_CAP;

/// Runs the program with its client's lines judged, and returns its exit status.
pub(crate) fn run(program: PathBuf, start: &Start, client: Client) -> Result<u8, ShimError> {
    started(&program, start, client).map_err(|error| ShimError::NotRunnable(program, error))
}

fn started(program: &Path, start: &Start, client: Client) -> io::Result<u8> {
    // Before anything runs, so that no signal is lost.
    let signals = signals::Signals::catch()?;
    let input = own(io::stdin())?;
    let output = Arc::new(Output::new(own(io::stdout())?));
    let mut child = bound::command(program)?
        .args(&start.args)
        .envs(&start.env)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let over = signals.forward_to(&child);
    if let Some(to) = child.stdin.take() {
        let output = Arc::clone(&output);
        // Nobody waits for it: it may stand in a read that never ends.
        thread::spawn(move || client.forward(input, to, &output));
    }
    let server = child
        .stdout
        .take()
        .map(|from| server::forward(from, output));
    let status = child.wait();
    over.store(true, Ordering::Release);
    if let Some(server) = server {
        server.drain();
    }
    status.map(code)
}

/// Returns the stream itself, without the buffer of the standard library.
fn own(stream: impl AsFd) -> io::Result<File> {
    stream.as_fd().try_clone_to_owned().map(File::from)
}

fn code(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + (signal & 0x7f)));
    code.and_then(|code| u8::try_from(code & 0xff).ok())
        .unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_of_a_signal_is_128_and_its_number() {
        for (raw, expected) in [(0, 0), (1 << 8, 1), (255 << 8, 255), (9, 137), (15, 143)] {
            assert_eq!(code(ExitStatus::from_raw(raw)), expected);
        }
    }
}
