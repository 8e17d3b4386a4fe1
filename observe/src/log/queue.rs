//! Standard error that never holds up a request: lines wait together, one thread writes them, and what does not fit
//! is dropped and counted.
//!
//! Waking a thread costs more than a line: the writer is woken for the first, and takes what comes soon after along.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

use crate::metrics::Metrics;

/// How many lines may wait or be written.
const ROOM: usize = 4096;
/// How long the first line waits for others.
const GATHER: Duration = Duration::from_millis(2);
/// How long the end may wait for a reader of standard error.
const PATIENCE: Duration = Duration::from_secs(1);
/// What a pipe takes as one, so that lines of several processes do not mix: `PIPE_BUF` of Linux.
const PIECE: usize = 4096;

/// The way to the writer.
#[derive(Clone, Debug)]
pub struct LogQueue(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    waiting: Mutex<Waiting>,
    room: usize,
    /// The first line has come.
    come: Condvar,
    /// Nobody waits for more lines any longer.
    hurry: Condvar,
    /// Everything is written.
    gone: Condvar,
    metrics: Arc<Metrics>,
}

#[derive(Debug, Default)]
struct Waiting {
    text: Vec<u8>,
    lines: usize,
    /// How many lines the writer has in its hand.
    writing: usize,
    ending: bool,
}

impl LogQueue {
    /// Starts the thread that writes.
    ///
    /// # Errors
    ///
    /// Where the machine has no thread to give.
    pub fn start(metrics: Arc<Metrics>) -> io::Result<Self> {
        Self::onto(io::stderr(), metrics, ROOM)
    }

    fn onto(
        out: impl Write + Send + 'static,
        metrics: Arc<Metrics>,
        room: usize,
    ) -> io::Result<Self> {
        let lines = Self(Arc::new(Shared {
            waiting: Mutex::default(),
            room,
            come: Condvar::new(),
            hurry: Condvar::new(),
            gone: Condvar::new(),
            metrics,
        }));
        let own = lines.clone();
        std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || own.follow(out))?;
        Ok(lines)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        let waiting = self.0.waiting.lock();
        waiting.unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until everything is written, but not for long.
    pub fn finish(&self) {
        self.waiting().ending = true;
        self.0.hurry.notify_one();
        let busy = |waiting: &mut Waiting| waiting.writing > 0 || waiting.lines > 0;
        let gone = &self.0.gone;
        let waited = gone.wait_timeout_while(self.waiting(), PATIENCE, busy);
        let late = waited.unwrap_or_else(PoisonError::into_inner).1.timed_out();
        if late {
            self.0.metrics.log_lines_dropped.add((), 1);
        }
    }

    fn follow(&self, mut out: impl Write) {
        let mut text = Vec::new();
        loop {
            self.take(&mut text);
            // Where standard error is gone, nobody can be told.
            pieces(&text).for_each(|piece| out.write_all(piece).unwrap_or_default());
            self.waiting().writing = 0;
            self.0.gone.notify_all();
        }
    }

    /// Puts what has come in the place of what is written.
    fn take(&self, text: &mut Vec<u8>) {
        text.clear();
        text.shrink_to(PIECE);
        let none = |waiting: &mut Waiting| waiting.lines == 0;
        let waited = self.0.come.wait_while(self.waiting(), none);
        let waiting = waited.unwrap_or_else(PoisonError::into_inner);
        let calm = |waiting: &mut Waiting| !waiting.ending && waiting.lines < self.0.room;
        let gathered = self.0.hurry.wait_timeout_while(waiting, GATHER, calm);
        let mut waiting = gathered.unwrap_or_else(PoisonError::into_inner).0;
        std::mem::swap(text, &mut waiting.text);
        waiting.writing = std::mem::take(&mut waiting.lines);
    }
}

/// Whole lines, as many at once as a pipe takes as one.
fn pieces(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let ends = |byte: &u8| *byte == b'\n';
        let fitting = rest.get(..PIECE).unwrap_or(rest);
        let last = fitting.iter().rposition(ends);
        let end = last.or_else(|| rest.iter().position(ends));
        let (piece, left) = rest.split_at_checked(end.map_or(rest.len(), |end| end + 1))?;
        rest = left;
        Some(piece).filter(|piece| !piece.is_empty())
    })
}

impl Write for &LogQueue {
    /// Takes whole lines: the formatter writes each with one call.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut waiting = self.waiting();
        if waiting.lines + waiting.writing >= self.0.room {
            self.0.metrics.log_lines_dropped.add((), 1);
            return Ok(line.len());
        }
        waiting.text.extend_from_slice(line);
        waiting.lines += 1;
        let (first, full) = (waiting.lines == 1, waiting.lines == self.0.room);
        let idle = waiting.writing == 0;
        drop(waiting);
        if first && idle {
            self.0.come.notify_one();
        }
        if full {
            self.0.hurry.notify_one();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LogQueue {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> Self::Writer {
        self
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Takes nothing while somebody holds it.
    #[derive(Clone, Default)]
    struct Slow(Arc<Mutex<Vec<u8>>>);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_does_not_read_costs_lines_and_no_time() {
        let metrics = Arc::new(Metrics::default());
        let slow = Slow::default();
        let lines = LogQueue::onto(slow.clone(), Arc::clone(&metrics), 2).unwrap();
        let held = slow.0.lock().unwrap();
        for _ in 0..10 {
            (&lines).write_all(b"line\n").unwrap();
        }
        drop(held);
        lines.finish();
        let page = crate::metrics::render(&metrics);
        let line = page
            .lines()
            .find_map(|line| line.strip_prefix("model_lock_log_lines_dropped_total "));
        let dropped: u64 = line.unwrap().parse().unwrap();
        // Two wait, or are in the writer's hand.
        assert_eq!(dropped, 8);
        assert_eq!(*slow.0.lock().unwrap(), b"line\nline\n");
    }

    #[test]
    fn lines_stay_whole_and_in_order() {
        let slow = Slow::default();
        let lines = LogQueue::onto(slow.clone(), Arc::default(), ROOM).unwrap();
        let wanted: Vec<String> = (0..ROOM)
            .map(|number| format!("{number} {}\n", "x".repeat(number)))
            .collect();
        for line in &wanted {
            (&lines).write_all(line.as_bytes()).unwrap();
        }
        lines.finish();
        assert!(*slow.0.lock().unwrap() == wanted.concat().as_bytes());
    }

    #[test]
    fn a_piece_is_lines_and_no_longer_than_a_pipe_takes() {
        let line = |length: usize| format!("{}\n", "x".repeat(length - 1));
        let text = [
            line(PIECE),
            line(1),
            line(PIECE),
            line(PIECE + 1),
            line(9),
            line(7),
        ]
        .concat();
        let lengths: Vec<usize> = pieces(text.as_bytes()).map(<[u8]>::len).collect();
        assert_eq!(lengths, [PIECE, 1, PIECE, PIECE + 1, 16]);
        assert_eq!(pieces(b"no end").collect::<Vec<_>>(), [b"no end"]);
    }
}
