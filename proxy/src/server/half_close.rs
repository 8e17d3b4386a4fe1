//! A client that has closed its writing side after a request. It may read on, or be gone altogether: TCP shows the
//! difference when something is written.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::AsyncWrite;
use tokio::time::{Instant, Sleep, sleep};

use crate::cost::Exchanges;

/// An interim response, which every client of HTTP/1.1 has to be able to read (RFC 9110, section 15.2). The system of a
/// client that is gone answers it with a reset.
const QUESTION: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// The time between two questions.
const ASK: Duration = Duration::from_secs(2);

/// The time between two looks for the reset: nobody is told of it who has read the end already.
const LOOK: Duration = Duration::from_millis(20);

/// The wait for the responses that a client which has closed its writing side may still read.
#[derive(Debug)]
pub(super) struct HalfClose {
    exchanges: Exchanges,
    /// `true` from the head of a lone request of HTTP/1.1 until something is written: an interim response may be.
    may_ask: bool,
    /// `true` while a part of a response waits for the client to read on.
    is_blocked: bool,
    /// The next look, and the next question.
    next: Option<(Pin<Box<Sleep>>, Instant)>,
}

impl HalfClose {
    pub(super) fn new(exchanges: Exchanges) -> Self {
        Self {
            exchanges,
            may_ask: false,
            is_blocked: false,
            next: None,
        }
    }

    /// Notes the head of a request. Where an earlier one is not answered yet, a question could stand in its response.
    pub(super) fn request(&mut self, reads_interim: bool, is_alone: bool) {
        self.may_ask = reads_interim && is_alone && self.exchanges.idle_since().is_some();
    }

    /// Notes that a part of a response was written, or could not be yet.
    pub(super) fn wrote(&mut self, is_blocked: bool) {
        (self.may_ask, self.is_blocked) = (false, is_blocked);
    }

    /// Waits until the client is gone, or until each of its requests is answered; `all_served` says that none waits for
    /// its turn. A client that closes its writing side only once its last response has begun has left: that is how most
    /// do, and a stream that nobody reads has to end.
    ///
    /// # Errors
    ///
    /// The client is gone.
    pub(super) fn poll<S: AsyncWrite + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        socket: &mut S,
        all_served: impl Fn() -> bool,
    ) -> Poll<io::Result<()>> {
        if self.next.is_none() && all_served() && !self.exchanges.is_one_waiting() {
            return Poll::Ready(Ok(()));
        }
        let may_ask = self.may_ask && !self.is_blocked;
        let begin = || (Box::pin(sleep(Duration::ZERO)), Instant::now());
        let (look, question) = self.next.get_or_insert_with(begin);
        loop {
            if all_served() && self.exchanges.idle_since().is_some() {
                return Poll::Ready(Ok(()));
            }
            ready!(look.as_mut().poll(cx));
            let now = Instant::now();
            let is_due = may_ask && now >= *question;
            // Writing nothing fails where nothing can be written.
            let text = if is_due { QUESTION } else { b"" };
            match Pin::new(&mut *socket).poll_write(cx, text) {
                Poll::Ready(Ok(count)) if count < text.len() => return Poll::Ready(Err(cut())),
                Poll::Ready(written) => drop(written?),
                Poll::Pending if is_due => return Poll::Ready(Err(cut())),
                Poll::Pending => {}
            }
            if is_due {
                *question = now + ASK;
            }
            look.as_mut().reset(now + LOOK);
        }
    }
}

/// A client of which so much is unread that not even a question is taken.
fn cut() -> io::Error {
    io::ErrorKind::ConnectionAborted.into()
}
