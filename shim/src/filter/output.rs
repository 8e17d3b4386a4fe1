//! Standard output, which both codex and the shim write to, the shim where it refuses.

use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The most bytes that may wait for codex to end a line.
const WAITING: usize = 1 << 20;

/// One writer for both.
#[derive(Debug)]
pub(super) struct Output<W> {
    state: Mutex<State<W>>,
    freed: Condvar,
}

#[derive(Debug)]
struct State<W> {
    to: W,
    /// True where the bytes that were written end with a line feed.
    whole: bool,
    /// Answers that wait for that.
    waiting: Vec<u8>,
    /// True where codex writes nothing more.
    ended: bool,
}

impl<W: Write> Output<W> {
    pub(super) fn new(to: W) -> Self {
        Self {
            state: Mutex::new(State {
                to,
                whole: true,
                waiting: Vec::new(),
                ended: false,
            }),
            freed: Condvar::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State<W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes codex's bytes. None is held back; where a line ends, the answers that wait are written.
    pub(super) fn server(&self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        let Some(end) = bytes.iter().rposition(|byte| *byte == b'\n') else {
            state.whole = state.whole && bytes.is_empty();
            return state.to.write_all(bytes);
        };
        let (lines, rest) = bytes.split_at(end.saturating_add(1));
        state.to.write_all(lines)?;
        let waiting = std::mem::take(&mut state.waiting);
        state.to.write_all(&waiting)?;
        self.freed.notify_all();
        state.whole = rest.is_empty();
        state.to.write_all(rest)
    }

    /// Writes an answer of the shim's own, a line with its end, as soon as codex is between two lines.
    pub(super) fn answer(&self, line: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        while !state.whole && !state.ended && state.waiting.len() > WAITING {
            state = self
                .freed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if state.whole {
            return state.to.write_all(line);
        }
        if !state.ended {
            state.waiting.extend_from_slice(line);
        }
        Ok(())
    }

    /// Notes that codex writes nothing more. Answers that still wait are behind a line that has no end, so they
    /// are lost.
    pub(super) fn end(&self) {
        self.state().ended = true;
        self.freed.notify_all();
    }

    #[cfg(test)]
    fn written(self) -> W {
        let state = self.state.into_inner();
        state.unwrap_or_else(PoisonError::into_inner).to
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answer_is_written_between_two_lines() {
        let output = Output::new(Vec::new());
        let server = |text: &str| output.server(text.as_bytes()).unwrap();
        let answer = |text: &str| output.answer(text.as_bytes()).unwrap();
        answer("0\n");
        server("aa");
        answer("1\n");
        server("");
        answer("2\n");
        server("a");
        server("a\nbb\ncc");
        answer("3\n");
        server("\n");
        answer("4\n");
        server("dd");
        output.end();
        answer("5\n");
        let written = String::from_utf8(output.written()).unwrap();
        assert_eq!(written, "0\naaaa\nbb\n1\n2\ncc\n3\n4\ndd");
    }
}
