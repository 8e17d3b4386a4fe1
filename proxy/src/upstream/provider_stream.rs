//! A connection to a provider that may respond, or close, while a request is still on its way.
//!
//! A response that arrived is read also where the rest of the request can no longer be written. After the end it is
//! found out whether the provider had the whole request.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper_util::client::legacy::connect::{Connected, Connection};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

/// The longest wait for the reset that answers a request which came after the provider had closed: some round trips.
const RESET_TIME: Duration = Duration::from_secs(1);

/// The time between two looks for it. The kernel tells nobody about it who has read the end already.
const LOOK: Duration = Duration::from_millis(5);

/// The longest message by which TLS ends: what is read of it is no response.
const ALERT: usize = 64;

/// What is known of a connection after its end.
#[derive(Clone, Debug, Default)]
pub(super) struct Ending(Arc<AtomicBool>);

impl Ending {
    /// Returns true if the provider had closed before it had a request to its end: the kernel of the provider has
    /// answered the last bytes of the request with a reset, after it had announced the end.
    pub(super) fn is_before_request(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A connection to a provider.
#[derive(Debug)]
pub(crate) struct ProviderStream {
    socket: TcpStream,
    ending: Ending,
    /// The error of the first write that failed. What is written then is dropped.
    broken: Option<io::ErrorKind>,
    /// True if something was written, and the number of bytes that were read since.
    written: bool,
    answered: usize,
    /// The end of the wait for a reset, once the end was read, and the next look for it.
    wait: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl ProviderStream {
    pub(super) fn new(socket: TcpStream) -> Self {
        Self {
            socket,
            ending: Ending::default(),
            broken: None,
            written: false,
            answered: 0,
            wait: None,
        }
    }

    /// Waits after the end until it is known whether it came before the request.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let begin = || (Instant::now() + RESET_TIME, Box::pin(sleep(Duration::ZERO)));
        let (last, look) = self.wait.get_or_insert_with(begin);
        loop {
            let is_reset = match self.broken {
                // The end had arrived before the reset (RFC 9293, section 3.10.7.4).
                Some(kind) => kind == io::ErrorKind::BrokenPipe,
                None => matches!(self.socket.take_error(), Ok(Some(_))),
            };
            if is_reset {
                self.ending.0.store(true, Ordering::Relaxed);
            }
            if is_reset || self.broken.is_some() || Instant::now() >= *last {
                return Poll::Ready(());
            }
            ready!(look.as_mut().poll(cx));
            look.as_mut().reset(Instant::now() + LOOK);
        }
    }

    /// Takes what cannot be written for written: what was read of a response counts.
    fn written(&mut self, written: Poll<io::Result<usize>>, all: usize) -> Poll<io::Result<usize>> {
        match ready!(written) {
            Err(error) if is_gone(&error) => {
                self.broken = self.broken.or(Some(error.kind()));
                Poll::Ready(Ok(all))
            }
            result => {
                (self.written, self.answered) = (true, 0);
                Poll::Ready(result)
            }
        }
    }
}

fn is_gone(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, NotConnected};
    matches!(error.kind(), BrokenPipe | ConnectionReset | NotConnected)
}

impl AsyncRead for ProviderStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        if self.wait.is_none() {
            ready!(Pin::new(&mut self.socket).poll_read(cx, buf))?;
            let count = buf.filled().len() - before;
            self.answered += count;
            if count > 0 || buf.remaining() == 0 || !self.written || self.answered > ALERT {
                return Poll::Ready(Ok(()));
            }
        }
        self.poll_end(cx).map(Ok)
    }
}

impl AsyncWrite for ProviderStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.broken.is_some() {
            return Poll::Ready(Ok(buf.len()));
        }
        let written = Pin::new(&mut self.socket).poll_write(cx, buf);
        self.written(written, buf.len())
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let all = bufs.iter().map(|buf| buf.len()).sum();
        if self.broken.is_some() {
            return Poll::Ready(Ok(all));
        }
        let written = Pin::new(&mut self.socket).poll_write_vectored(cx, bufs);
        self.written(written, all)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

impl Connection for ProviderStream {
    fn connected(&self) -> Connected {
        Connected::new().extra(self.ending.clone())
    }
}
