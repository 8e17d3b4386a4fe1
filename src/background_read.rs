//! Reads a file again and again beside the runtime, and waits for it no longer than a time.

use std::time::Duration;

use tokio::task::{JoinHandle, spawn_blocking};

/// The time after which a file counts as one that does not answer, as on a network mount that is gone.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The error that a file did not answer in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the file system does not answer")]
pub(crate) struct NoAnswer;

/// One read at a time: while one does not return, no other is begun.
#[derive(Debug)]
pub(crate) struct BackgroundRead<T> {
    running: Option<JoinHandle<T>>,
    patience: Duration,
}

impl<T> Default for BackgroundRead<T> {
    fn default() -> Self {
        Self {
            running: None,
            patience: TIMEOUT,
        }
    }
}

impl<T: Send + 'static> BackgroundRead<T> {
    /// Reads, or waits for the read that still runs.
    ///
    /// # Errors
    ///
    /// Fails where it did not return in time; the next call waits for it again.
    pub(crate) async fn read(
        &mut self,
        read: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NoAnswer> {
        let running = self.running.get_or_insert_with(|| spawn_blocking(read));
        let Ok(done) = tokio::time::timeout(self.patience, running).await else {
            return Err(NoAnswer);
        };
        self.running = None;
        done.map_err(|_| NoAnswer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[tokio::test]
    async fn read_that_does_not_return_is_waited_for_again_and_not_repeated() {
        let mut file = BackgroundRead {
            patience: Duration::from_millis(10),
            ..BackgroundRead::default()
        };
        let (answer, answers) = mpsc::channel::<u8>();
        let waiting = move || answers.recv().unwrap();
        assert_eq!(file.read(waiting).await, Err(NoAnswer));
        assert_eq!(file.read(|| 2).await, Err(NoAnswer));
        answer.send(1).unwrap();
        file.patience = TIMEOUT;
        assert_eq!(file.read(|| 3).await, Ok(1));
        assert_eq!(file.read(|| 4).await, Ok(4));
    }
}
