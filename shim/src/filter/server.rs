//! Carries codex's output to the client: bytes, as they come.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::output::Output;

/// The time without output, once codex has ended, after which no more is expected.
const SILENCE: Duration = Duration::from_millis(100);

/// The end of a stream that is being carried.
#[derive(Debug)]
pub(super) struct Transfer {
    ended: Receiver<()>,
    /// Odd while something is being read, even while it is being written.
    steps: Arc<AtomicU64>,
}

/// Carries a stream to its end, in a thread of its own.
pub(super) fn forward<R, W>(from: R, to: Arc<Output<W>>) -> Transfer
where
    R: Read + Send + 'static,
    W: Write + Send + 'static,
{
    let (sender, ended) = mpsc::channel();
    let steps = Arc::new(AtomicU64::new(0));
    let own = Arc::clone(&steps);
    thread::spawn(move || {
        // Where the client has ended, codex's next write fails, as it would without the shim.
        copy(from, &to, &own).unwrap_or_default();
        to.end();
        drop(sender);
    });
    Transfer { ended, steps }
}

fn copy(mut from: impl Read, to: &Output<impl Write>, steps: &AtomicU64) -> io::Result<()> {
    let mut chunk = vec![0; 64 << 10];
    loop {
        steps.fetch_add(1, Ordering::Relaxed);
        let length = match from.read(&mut chunk) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
            Err(error) => return Err(error),
            Ok(0) => return Ok(()),
            Ok(length) => length,
        };
        steps.fetch_add(1, Ordering::Relaxed);
        to.server(chunk.get(..length).unwrap_or_default())?;
    }
}

impl Transfer {
    /// Waits until codex's whole output is written. A program that codex started may hold
    /// the stream open for ever: then silence is the end.
    pub(super) fn drain(&self) {
        let mut before = 0;
        while self.ended.recv_timeout(SILENCE) == Err(RecvTimeoutError::Timeout) {
            let steps = self.steps.load(Ordering::Relaxed);
            if steps % 2 == 1 && steps == before {
                return;
            }
            before = steps;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::PipeReader;

    fn pipe(text: &[u8]) -> (PipeReader, io::PipeWriter) {
        let (reader, mut writer) = io::pipe().unwrap();
        writer.write_all(text).unwrap();
        (reader, writer)
    }

    #[test]
    fn output_is_written_though_the_stream_stays_open() {
        let (mut out, to) = io::pipe().unwrap();
        let (reader, writer) = pipe(b"one\ntwo");
        forward(reader, Arc::new(Output::new(to))).drain();
        let mut text = [0; 7];
        out.read_exact(&mut text).unwrap();
        assert_eq!(&text, b"one\ntwo");
        drop(writer);
    }
}
