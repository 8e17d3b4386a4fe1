//! The lingering close of a connection (RFC 9112, section 9.6). A socket that is closed while a client still sends
//! makes the client's kernel discard a response that was not read yet.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// The bytes that are read at once, to be dropped.
const PIECE: usize = 16 << 10;

/// The end of a connection: nothing more is written, and what still arrives is read and dropped.
#[derive(Debug, Default)]
pub(super) struct Linger {
    /// Runs from the moment at which the writing side is shut.
    timer: Option<Pin<Box<Sleep>>>,
    /// The bytes that were dropped.
    dropped: u64,
}

/// How long what arrives is dropped.
#[derive(Clone, Copy, Debug)]
pub(super) struct LingerLimit {
    pub(super) time: Duration,
    pub(super) bytes: u64,
}

impl Linger {
    /// Shuts the writing side, then reads until the client closes its own, or up to the limit.
    pub(super) fn poll<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        socket: &mut S,
        limit: LingerLimit,
    ) -> Poll<io::Result<()>> {
        if self.timer.is_none() {
            ready!(Pin::new(&mut *socket).poll_shutdown(cx))?;
        }
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(sleep(limit.time)));
        let mut bytes = [0; PIECE];
        loop {
            if self.dropped > limit.bytes || timer.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Ok(()));
            }
            let mut piece = ReadBuf::new(&mut bytes);
            let read = ready!(Pin::new(&mut *socket).poll_read(cx, &mut piece));
            if read.is_err() || piece.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            self.dropped += piece.filled().len() as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::time::Instant;

    use super::*;

    const LIMIT: LingerLimit = LingerLimit {
        time: Duration::from_secs(30),
        bytes: 2 << 20,
    };

    #[tokio::test(start_paused = true)]
    async fn client_that_closes_ends_it_and_one_that_does_not_times_out() {
        for closes in [true, false] {
            let (mut client, mut socket) = duplex(1 << 10);
            let (mut linger, began) = (Linger::default(), Instant::now());
            let ending = poll_fn(|cx| linger.poll(cx, &mut socket, LIMIT));
            let sending = async {
                client.write_all(&vec![0; 1 << 20]).await.unwrap();
                assert_eq!(
                    client.read(&mut [0]).await.unwrap(),
                    0,
                    "nothing more comes"
                );
                if closes {
                    client.shutdown().await.unwrap();
                }
            };
            let (ended, ()) = tokio::join!(ending, sending);
            ended.unwrap();
            let expected = if closes { Duration::ZERO } else { LIMIT.time };
            assert_eq!(began.elapsed(), expected);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn client_that_sends_more_than_the_limit_ends_it() {
        let (mut client, mut socket) = duplex(1 << 10);
        let (mut linger, began) = (Linger::default(), Instant::now());
        let ending = async {
            let ended = poll_fn(|cx| linger.poll(cx, &mut socket, LIMIT)).await;
            drop(socket);
            ended
        };
        let more = vec![0; 3 << 20];
        let sending = client.write_all(&more);
        let (ended, sent) = tokio::join!(ending, sending);
        ended.unwrap();
        sent.unwrap_err();
        assert_eq!(began.elapsed(), Duration::ZERO);
    }
}
