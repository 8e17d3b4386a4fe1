//! The exchanges of one connection: whether one runs, and since when none does.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// The exchanges of one connection.
#[derive(Clone, Debug)]
pub(crate) struct Exchanges(Arc<watch::Sender<Count>>);

#[derive(Clone, Copy, Debug)]
struct Count {
    open: usize,
    /// How many of them wait for the head of their response.
    waiting: usize,
    /// When the last one ended, or the connection began.
    since: Instant,
}

impl Default for Exchanges {
    fn default() -> Self {
        let since = Instant::now();
        Self(Arc::new(watch::Sender::new(Count {
            open: 0,
            waiting: 0,
            since,
        })))
    }
}

impl Exchanges {
    /// Begins one; it ends when what is returned is dropped.
    pub(crate) fn begin(&self) -> Exchange {
        self.0.send_modify(|count| {
            count.open += 1;
            count.waiting += 1;
        });
        Exchange {
            exchanges: self.clone(),
            is_waiting: true,
        }
    }

    /// Returns true if one waits for the head of its response.
    pub(crate) fn is_one_waiting(&self) -> bool {
        self.0.borrow().waiting > 0
    }

    /// Returns since when none runs; `None` where one does.
    pub(crate) fn idle_since(&self) -> Option<Instant> {
        let count = *self.0.borrow();
        (count.open == 0).then_some(count.since)
    }

    /// Waits until none has run for `time`.
    pub(crate) async fn idle_for(&self, time: Duration) {
        let mut seen = self.0.subscribe();
        loop {
            let Count { open, since, .. } = *seen.borrow_and_update();
            let changed = seen.changed();
            if open > 0 {
                // The sender lives as long as this.
                drop(changed.await);
                continue;
            }
            tokio::select! {
                () = sleep_until(since + time) => return,
                _ = changed => {}
            }
        }
    }
}

/// One exchange, from the head of its request to the end of its response.
#[derive(Debug)]
pub(crate) struct Exchange {
    exchanges: Exchanges,
    is_waiting: bool,
}

impl Exchange {
    /// Returns the content of the response, with which the exchange ends.
    pub(crate) fn until_end_of<B>(mut self, body: B) -> LastBody<B> {
        self.is_waiting = false;
        // Nobody waits for that.
        self.exchanges.0.send_if_modified(|count| {
            count.respond();
            false
        });
        LastBody {
            body,
            _exchange: self,
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.exchanges.0.send_modify(|count| {
            if self.is_waiting {
                count.respond();
            }
            count.open = count.open.saturating_sub(1);
            count.since = Instant::now();
        });
    }
}

impl Count {
    fn respond(&mut self) {
        self.waiting = self.waiting.saturating_sub(1);
    }
}

/// The content of a response, with which its exchange ends.
#[derive(Debug)]
pub(crate) struct LastBody<B> {
    body: B,
    _exchange: Exchange,
}

impl<B: Body + Unpin> Body for LastBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Duration = Duration::from_mins(1);

    #[tokio::test(start_paused = true)]
    async fn connection_is_idle_from_the_end_of_its_last_exchange() {
        let exchanges = Exchanges::default();
        let (first, began) = (exchanges.begin(), Instant::now());
        assert_eq!(exchanges.idle_since(), None);
        let second = exchanges.begin();
        drop(first);
        let ending = async {
            tokio::time::advance(10 * TIME).await;
            drop(second);
        };
        tokio::join!(exchanges.idle_for(TIME), ending);
        assert_eq!(began.elapsed(), 11 * TIME);
    }
}
