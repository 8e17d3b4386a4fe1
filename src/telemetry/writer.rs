//! Standard error that never holds up a request: lines wait in a queue, and what does not fit is
//! dropped and counted.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

use super::metrics::Counts;

/// How many lines may wait.
const QUEUE: usize = 4096;
/// How long the end may wait for a reader of standard error.
const PATIENCE: Duration = Duration::from_secs(1);

enum Item {
    Line(Vec<u8>),
    /// Says that everything before it is written.
    Mark(SyncSender<()>),
}

/// The way into the queue.
#[derive(Clone, Debug)]
pub(crate) struct Lines {
    queue: SyncSender<Item>,
    counts: Arc<Counts>,
}

impl Lines {
    /// Starts the thread that writes.
    ///
    /// # Errors
    ///
    /// Where the machine has no thread to give.
    pub(crate) fn start(counts: Arc<Counts>) -> io::Result<Self> {
        Self::onto(io::stderr(), counts, QUEUE)
    }

    fn onto(
        out: impl Write + Send + 'static,
        counts: Arc<Counts>,
        room: usize,
    ) -> io::Result<Self> {
        let (queue, items) = mpsc::sync_channel(room);
        std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || write_all(out, &items))?;
        Ok(Self { queue, counts })
    }

    /// Waits until everything is written, but not for long.
    pub(crate) fn finish(&self) {
        let (done, written) = mpsc::sync_channel(1);
        let marked = self.queue.try_send(Item::Mark(done)).is_ok();
        if marked && written.recv_timeout(PATIENCE).is_err() {
            self.counts.dropped();
        }
    }
}

fn write_all(mut out: impl Write, items: &Receiver<Item>) {
    for item in items {
        match item {
            // Where standard error is gone, nobody can be told.
            Item::Line(line) => drop(out.write_all(&line)),
            Item::Mark(done) => drop(done.try_send(())),
        }
    }
}

impl Write for &Lines {
    /// Takes whole lines: the formatter writes each with one call.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match self.queue.try_send(Item::Line(line.to_vec())) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => self.counts.dropped(),
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
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
        let counts = Arc::new(Counts::default());
        let slow = Slow::default();
        let lines = Lines::onto(slow.clone(), Arc::clone(&counts), 2).unwrap();
        let held = slow.0.lock().unwrap();
        for _ in 0..10 {
            (&lines).write_all(b"line\n").unwrap();
        }
        drop(held);
        lines.finish();
        let page = super::super::prometheus::page(&counts);
        let line = page
            .lines()
            .find_map(|line| line.strip_prefix("model_lock_log_lines_dropped_total "));
        let dropped: u64 = line.unwrap().parse().unwrap();
        // Two wait in the queue, and one may be in the writer's hand.
        assert!((7..=8).contains(&dropped), "{dropped}");
    }
}
