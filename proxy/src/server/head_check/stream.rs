//! A connection whose heads are checked before anybody else reads them.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::chunk::Chunks;
use super::head::{self, Framing, HeadError};
use crate::cost::Exchanges;
use crate::server::frame_follower::FrameFollower;
use crate::server::half_close::HalfClose;
use crate::server::linger::{Linger, LingerLimit};

/// The head that hyper reads in place of a refused one. Its response is made by the service, which
/// finds the error in [`HeadVerdicts`].
const REFUSED: &[u8] = b"GET / HTTP/1.1\r\nhost: refused\r\nconnection: close\r\n\r\n";

/// The most that is read at once.
const PIECE: usize = 256 << 10;

/// The longest wait for the other side to close a connection on which no content is delimited: HTTP/2 or a `WebSocket`,
/// which say goodbye before.
const FAREWELL: Duration = Duration::from_secs(5);

/// The most that such a client has on its way when it hears of the end: a window of HTTP/2, and some frames.
const ON_ITS_WAY: u64 = 2 << 20;

/// The verdicts on a connection's heads, in the order in which hyper will serve them.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeadVerdicts(Arc<Verdicts>);

#[derive(Debug, Default)]
struct Verdicts {
    waiting: Mutex<VecDeque<Result<(), HeadError>>>,
    /// `true` while a content has begun that has not arrived to its end, or whose end cannot be told.
    is_content_open: AtomicBool,
    /// The number of heads that were handed on, and of those that are served.
    handed_on: AtomicUsize,
    served: AtomicUsize,
}

impl HeadVerdicts {
    fn waiting(&self) -> MutexGuard<'_, VecDeque<Result<(), HeadError>>> {
        self.0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, verdict: Result<(), HeadError>) {
        self.0.handed_on.fetch_add(1, Ordering::Relaxed);
        self.waiting().push_back(verdict);
    }

    /// Returns whether each head passed.
    #[cfg(feature = "fuzzing")]
    pub(crate) fn all(&self) -> Vec<bool> {
        self.waiting().iter().map(Result::is_ok).collect()
    }

    /// The verdict on the head that is served now.
    pub(crate) fn next(&self) -> Result<(), HeadError> {
        // hyper serves nothing that was not pushed; if it did, nothing would be known of it.
        self.0.served.fetch_add(1, Ordering::Relaxed);
        let next = self.waiting().pop_front();
        next.unwrap_or(Err(HeadError::Start))
    }

    /// Returns true while a part of the content of the request that is served may not have arrived. A response ends the connection then,
    /// unless it changes the protocol.
    pub(crate) fn is_content_open(&self) -> bool {
        // A content that is open may be that of a request which waits behind the one that is served.
        self.are_all_served() && self.0.is_content_open.load(Ordering::Relaxed)
    }

    /// Returns true if no head waits for its turn.
    fn are_all_served(&self) -> bool {
        self.0.handed_on.load(Ordering::Relaxed) == self.0.served.load(Ordering::Relaxed)
    }
}

/// A connection with its heads checked.
#[derive(Debug)]
pub(crate) struct HeadValidatingStream<S> {
    socket: S,
    heads: HeadVerdicts,
    state: State,
    /// Read from the socket and not yet looked at.
    raw: BytesMut,
    /// Looked at and not yet handed on.
    ready: BytesMut,
    /// The bytes of a head that were searched for its end already.
    searched: usize,
    limit: usize,
    timeout: Duration,
    timer: Pin<Box<Sleep>>,
    /// `true` if the empty line before a head was skipped.
    skipped: bool,
    /// `true` while the timer runs: from the first byte of a head to its last.
    timing: bool,
    /// What the client may still read after it has closed its writing side; `None` where that cannot be told.
    half_close: Option<HalfClose>,
    /// Follows what is no HTTP/1.1, if its parts have to arrive in time.
    frames: Option<FrameFollower>,
    linger: Linger,
    /// How long a client gets to read a response that it did not wait for.
    linger_limit: LingerLimit,
}

/// The limits of a connection of HTTP/1.1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StreamLimits {
    /// The bytes of a head.
    pub(crate) head: usize,
    /// The time for a head to arrive.
    pub(crate) header_timeout: Duration,
    /// The time for what a client sends after the last response.
    pub(crate) linger_timeout: Duration,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Chunked(Chunks),
    Head,
    Length(u64),
    /// Nothing more is read: what follows cannot be delimited.
    Over,
    /// Everything is handed on: it is no HTTP/1.1.
    Unframed,
}

impl<S> HeadValidatingStream<S> {
    /// Wraps a socket from which `read` has been taken already.
    pub(crate) fn new(socket: S, read: BytesMut, limits: StreamLimits) -> (Self, HeadVerdicts) {
        let heads = HeadVerdicts::default();
        let stream = Self {
            socket,
            heads: heads.clone(),
            state: State::Head,
            raw: read,
            ready: BytesMut::new(),
            searched: 0,
            limit: limits.head,
            timeout: limits.header_timeout,
            timer: Box::pin(tokio::time::sleep(limits.header_timeout)),
            skipped: false,
            timing: true,
            half_close: None,
            frames: None,
            linger: Linger::default(),
            linger_limit: LingerLimit {
                time: limits.linger_timeout,
                bytes: u64::MAX,
            },
        };
        (stream, heads)
    }

    /// Wraps a socket whose bytes are HTTP/2, with those that were read from it already, a preface first. Frames of the
    /// client have to arrive in time.
    pub(crate) fn unchecked(
        socket: S,
        read: BytesMut,
        (preface, timeout): (usize, Duration),
    ) -> Self {
        let limits = StreamLimits {
            head: 0,
            header_timeout: timeout,
            linger_timeout: FAREWELL,
        };
        let (mut stream, _) = Self::new(socket, read, limits);
        (stream.state, stream.frames) = (State::Unframed, Some(FrameFollower::new(preface)));
        stream.linger_limit.bytes = ON_ITS_WAY;
        stream
    }

    /// Lets a client read the responses to its requests where it has closed its writing side.
    pub(crate) fn with_half_close(mut self, exchanges: Exchanges) -> Self {
        self.half_close = Some(HalfClose::new(exchanges));
        self
    }

    /// Looks at what was read and moves on what may be handed on.
    fn advance(&mut self) -> io::Result<()> {
        while !self.raw.is_empty() && self.ready.is_empty() {
            match self.state {
                State::Head => {
                    if !self.head() {
                        return Ok(());
                    }
                }
                State::Length(left) => self.hand_on(left),
                State::Unframed => {
                    self.ready = self.raw.split();
                    if let Some(frames) = &mut self.frames {
                        frames.follow(&self.ready);
                    }
                }
                State::Chunked(mut chunks) => {
                    let count = chunks
                        .follow(&self.raw)
                        .map_err(|_| bad("malformed chunk"))?;
                    self.ready = self.raw.split_to(count);
                    self.follow(if chunks.is_done() {
                        State::Head
                    } else {
                        State::Chunked(chunks)
                    });
                }
                State::Over => self.raw.clear(),
            }
        }
        Ok(())
    }

    fn hand_on(&mut self, left: u64) {
        let count = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(self.raw.len());
        self.ready = self.raw.split_to(count);
        self.follow(after(left - count as u64));
    }

    /// Goes on to a state, and tells whoever responds whether the content is whole.
    fn follow(&mut self, state: State) {
        self.state = state;
        let is_open = matches!(
            state,
            State::Length(_) | State::Chunked(_) | State::Unframed
        );
        self.heads
            .0
            .is_content_open
            .store(is_open, Ordering::Relaxed);
    }

    /// Takes a head if all of it is there; `false` asks for more.
    fn head(&mut self) -> bool {
        // One empty line before a request line is skipped (RFC 9112 section 2.2), however it is cut into reads.
        if self.raw.starts_with(b"\r\n") && !self.skipped {
            self.raw.advance(2);
            self.skipped = true;
        }
        if self.raw.starts_with(b"\r\n") {
            self.refuse(HeadError::Start);
            return true;
        }
        // What was searched before is not searched again, but for the beginning of an end.
        let from = self.searched.min(self.raw.len()).saturating_sub(3);
        let new = self.raw.get(from..).unwrap_or_default();
        let end = new.windows(4).position(|end| end == b"\r\n\r\n");
        let is_bare = end.is_none() && new.windows(2).any(|pair| pair == b"\n\n");
        self.searched = self.raw.len();
        let end = end.map(|at| from + at + 4);
        match end.filter(|end| *end <= self.limit) {
            Some(end) => {
                let head = self.raw.split_to(end);
                self.take(head);
                true
            }
            None if self.raw.len() > self.limit => {
                self.refuse(HeadError::Size);
                true
            }
            None if is_bare => {
                self.refuse(HeadError::Line);
                true
            }
            None => false,
        }
    }

    fn take(&mut self, head: BytesMut) {
        self.searched = 0;
        (self.timing, self.skipped) = (false, false);
        if let Some(half_close) = &mut self.half_close {
            half_close.request(is_http_1_1(&head), self.heads.are_all_served());
        }
        match head::check(&head) {
            Ok(framing) => {
                self.heads.push(Ok(()));
                self.ready = head;
                self.follow(match framing {
                    Framing::Chunked => State::Chunked(Chunks::default()),
                    Framing::Length(length) => after(length),
                    // A refused upgrade closes the connection, so nothing behind it is read as a request.
                    Framing::Upgrade => State::Unframed,
                });
            }
            Err(error) => self.refuse(error),
        }
    }

    fn refuse(&mut self, error: HeadError) {
        self.heads.push(Err(error));
        self.ready = BytesMut::from(REFUSED);
        self.raw.clear();
        self.follow(State::Over);
        self.timing = false;
    }

    fn drain(&mut self, buf: &mut ReadBuf<'_>) {
        let count = self.ready.len().min(buf.remaining());
        buf.put_slice(&self.ready.split_to(count));
    }
}

fn after(left: u64) -> State {
    if left == 0 {
        State::Head
    } else {
        State::Length(left)
    }
}

fn is_http_1_1(head: &[u8]) -> bool {
    let line = head.split(|byte| *byte == b'\r').next();
    line.is_some_and(|line| line.ends_with(b"HTTP/1.1"))
}

fn bad(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl<S: AsyncRead + Unpin> HeadValidatingStream<S> {
    /// Reads content straight into the reader's buffer, no further than it goes.
    fn poll_length(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
        left: u64,
    ) -> Poll<io::Result<()>> {
        // Safe code can only lend initialized bytes; the bound keeps what is cleared small.
        let most = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(buf.remaining())
            .min(PIECE);
        let mut part = ReadBuf::new(buf.initialize_unfilled_to(most));
        ready!(Pin::new(&mut self.socket).poll_read(cx, &mut part))?;
        let count = part.filled().len();
        buf.advance(count);
        self.follow(after(left - count as u64));
        Poll::Ready(Ok(()))
    }

    /// Reads what is no HTTP/1.1. Where a frame has begun, its end has to come in time.
    fn poll_unframed(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.socket).poll_read(cx, buf);
        let Some(frames) = &mut self.frames else {
            return read;
        };
        let whole = frames.whole();
        frames.follow(buf.filled().get(before..).unwrap_or_default());
        let is_open = frames.is_open();
        if is_open && (!self.timing || frames.whole() != whole) {
            self.timer.as_mut().reset(Instant::now() + self.timeout);
        }
        self.timing = is_open;
        if read.is_pending() && is_open && self.timer.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }

    fn poll_raw(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.raw.reserve(8 << 10);
        tokio_util::io::poll_read_buf(Pin::new(&mut self.socket), cx, &mut self.raw)
    }

    /// Starts the clock at the first byte of a head and says whether it has run out.
    fn late(&mut self, cx: &mut Context<'_>) -> bool {
        if matches!(self.state, State::Head) && !self.raw.is_empty() && !self.timing {
            self.timing = true;
            let deadline = Instant::now() + self.timeout;
            self.timer.as_mut().reset(deadline);
        }
        self.timing && self.timer.as_mut().poll(cx).is_ready()
    }
}

impl<S: AsyncWrite + Unpin> HeadValidatingStream<S> {
    /// Says that the client has closed its writing side; while a request of it runs, not before it is gone.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let is_whole = matches!(self.state, State::Head) && self.raw.is_empty();
        let Some(half_close) = self.half_close.as_mut().filter(|_| is_whole) else {
            return Poll::Ready(Ok(()));
        };
        let all_served = || self.heads.are_all_served();
        half_close.poll(cx, &mut self.socket, all_served)
    }

    /// Notes the result of writing a part of a response.
    fn wrote<T>(&mut self, written: Poll<T>) -> Poll<T> {
        if let Some(half_close) = &mut self.half_close {
            half_close.wrote(written.is_pending());
        }
        written
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for HeadValidatingStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let stream = &mut *self;
        loop {
            stream.advance()?;
            if !stream.ready.is_empty() {
                stream.drain(buf);
                return Poll::Ready(Ok(()));
            }
            match stream.state {
                State::Length(left) => return stream.poll_length(cx, buf, left),
                State::Unframed => return stream.poll_unframed(cx, buf),
                State::Chunked(_) | State::Head | State::Over => {}
            }
            if stream.late(cx) {
                if stream.raw.is_empty() {
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
                stream.refuse(HeadError::Timeout);
                continue;
            }
            if ready!(stream.poll_raw(cx))? == 0 {
                return stream.poll_end(cx);
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for HeadValidatingStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(cx, buf);
        self.wrote(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(cx, bufs);
        self.wrote(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    /// Where a request may be on its way that is not answered, what still arrives is read before the socket is closed.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stream = &mut *self;
        let mut limit = stream.linger_limit;
        match stream.state {
            State::Head if stream.raw.is_empty() => {
                return Pin::new(&mut stream.socket).poll_shutdown(cx);
            }
            State::Unframed => limit.time = limit.time.min(FAREWELL),
            State::Chunked(_) | State::Head | State::Length(_) | State::Over => {}
        }
        stream.linger.poll(cx, &mut stream.socket, limit)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    const REQUEST: &[u8] = b"GET /v1/models HTTP/1.1\r\nhost: h\r\n\r\n";

    /// Returns what passes of a connection that is cut into two reads, and the verdict on its first head.
    async fn validated(whole: &[u8], cut: usize) -> (Vec<u8>, Result<(), HeadError>) {
        let (one, other) = whole.split_at(cut);
        let limits = StreamLimits {
            head: 1024,
            header_timeout: Duration::from_mins(1),
            linger_timeout: Duration::ZERO,
        };
        let socket = tokio::io::join(AsyncReadExt::chain(one, other), tokio::io::sink());
        let (mut stream, heads) = HeadValidatingStream::new(socket, BytesMut::new(), limits);
        let mut passed = Vec::new();
        stream.read_to_end(&mut passed).await.unwrap();
        (passed, heads.next())
    }

    #[tokio::test]
    async fn empty_lines_in_one_read_or_two_are_skipped_once_and_rejected_twice() {
        let one = [b"\r\n", REQUEST].concat();
        let two = [b"\r\n\r\n", REQUEST].concat();
        for cut in 0..5 {
            assert_eq!(validated(&one, cut).await, (REQUEST.to_vec(), Ok(())));
            let rejected = (REFUSED.to_vec(), Err(HeadError::Start));
            assert_eq!(validated(&two, cut).await, rejected);
        }
    }
}
