//! A client that has closed its writing side after a request. It may read on, or be gone altogether: TCP shows the
//! difference when something is written.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::AsyncWrite;
use tokio::time::{Instant, Sleep, sleep};

/// An interim response, which every client of HTTP/1.1 has to be able to read (RFC 9110, section 15.2). The system of a
/// client that is gone answers it with a reset.
const QUESTION: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// The time between two questions.
const ASK: Duration = Duration::from_secs(2);

/// The time between two looks for the reset: nobody is told of it who has read the end already.
const LOOK: Duration = Duration::from_millis(20);

/// The wait for a response that a client which has closed its writing side may still read.
#[derive(Debug, Default)]
pub(super) struct HalfClose {
    /// The next look, and the next question.
    next: Option<(Pin<Box<Sleep>>, Instant)>,
}

impl HalfClose {
    /// Returns true if the client was asked whether it reads on.
    pub(super) fn is_begun(&self) -> bool {
        self.next.is_some()
    }

    /// Waits until the client is gone, or until `is_over`. It may be asked as long as nothing is written of the response.
    ///
    /// # Errors
    ///
    /// The client is gone.
    pub(super) fn poll<S: AsyncWrite + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        socket: &mut S,
        (may_ask, is_over): (bool, impl Fn() -> bool),
    ) -> Poll<io::Result<()>> {
        let begin = || (Box::pin(sleep(Duration::ZERO)), Instant::now());
        let (look, question) = self.next.get_or_insert_with(begin);
        loop {
            if is_over() {
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
