//! Standard error that never holds up a request: lines wait together, one thread writes them, and what does
//! not fit is dropped and counted.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

use crate::metrics::Metrics;
use crate::queue::{Bounds, Queue};

/// The number of lines that may wait or be written.
const CAPACITY: usize = 4096;
/// The time that the first line waits for others.
const GATHER: Duration = Duration::from_millis(2);
/// The time that the end may wait for a reader of standard error.
const TIMEOUT: Duration = Duration::from_secs(1);
/// The most that a pipe takes as one, so that lines of several processes do not mix: `PIPE_BUF` of Linux.
const PIECE: usize = 4096;

/// The queue of log lines.
#[derive(Clone, Debug)]
pub struct LogQueue {
    queue: Queue,
    metrics: Arc<Metrics>,
}

impl LogQueue {
    /// Starts the thread that writes.
    ///
    /// # Errors
    ///
    /// Fails where the machine has no thread to give.
    pub fn start(metrics: Arc<Metrics>) -> io::Result<Self> {
        Self::onto(io::stderr(), metrics, CAPACITY)
    }

    fn onto(
        mut out: impl Write + Send + 'static,
        metrics: Arc<Metrics>,
        capacity: usize,
    ) -> io::Result<Self> {
        let bounds = Bounds {
            capacity,
            batch: capacity,
            gather: GATHER,
            patience: Duration::ZERO,
        };
        let write = move |lines: &[u8], _| write_lines(&mut out, lines);
        let queue = Queue::start("log", bounds, write)?;
        Ok(Self { queue, metrics })
    }

    /// Waits until everything is written, but not for long.
    pub fn finish(&self) {
        if !self.queue.finish(TIMEOUT) {
            self.metrics.log_lines_dropped.add((), 1);
        }
    }
}

/// Writes whole lines, as many at once as a pipe takes as one. Where the reader is gone, nobody can be told.
fn write_lines(out: &mut impl Write, mut lines: &[u8]) {
    while let Some((piece, rest)) = lines.split_at_checked(piece_length(lines)) {
        if piece.is_empty() {
            return;
        }
        out.write_all(piece).unwrap_or_default();
        lines = rest;
    }
}

/// Returns the length of the whole lines that a pipe takes as one, and at least of the first line.
fn piece_length(lines: &[u8]) -> usize {
    let ends = |byte: &u8| *byte == b'\n';
    let fitting = lines.get(..PIECE).unwrap_or(lines);
    let last = fitting.iter().rposition(ends);
    let end = last.or_else(|| lines.iter().position(ends));
    end.map_or(lines.len(), |end| end + 1)
}

impl Write for &LogQueue {
    /// Takes a whole line: the formatter writes each with one call.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        if !self.queue.push(text) {
            self.metrics.log_lines_dropped.add((), 1);
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
    fn reader_that_does_not_read_costs_lines_and_no_time() {
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
    fn lines_of_several_threads_stay_whole_and_in_order() {
        let slow = Slow::default();
        let lines = LogQueue::onto(slow.clone(), Arc::default(), CAPACITY).unwrap();
        let wanted: Vec<String> = (0..CAPACITY)
            .map(|number| format!("{number} {}\n", "x".repeat(number)))
            .collect();
        for line in &wanted {
            (&lines).write_all(line.as_bytes()).unwrap();
        }
        lines.finish();
        assert!(*slow.0.lock().unwrap() == wanted.concat().as_bytes());
    }

    /// Keeps the length of each write.
    #[derive(Default)]
    struct Lengths(Vec<usize>);

    impl Write for Lengths {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.push(bytes.len());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn write_to_a_pipe_is_whole_lines_and_no_longer_than_a_pipe_takes() {
        let line = |length: usize| [&vec![b'x'; length - 1][..], b"\n"].concat();
        let lines = [PIECE, 1, PIECE, PIECE + 1, 9, 7].map(line);
        let mut lengths = Lengths::default();
        write_lines(&mut lengths, &lines.concat());
        assert_eq!(lengths.0, [PIECE, 1, PIECE, PIECE + 1, 16]);
    }
}
