//! The body of a response on the admin port: whole, or a stream.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};

/// The pieces of a response as they come. The next one is polled when the last one was written, so that nothing
/// is kept for a slow reader. It is dropped when the reader goes.
pub trait TextStream: fmt::Debug + Send {
    /// Returns the next piece; `None` is the end.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<String>>;
}

/// The content of a response.
#[derive(Debug)]
pub(super) enum AdminBody {
    Whole(Full<Bytes>),
    Stream(Box<dyn TextStream>),
}

impl AdminBody {
    pub(super) fn whole(bytes: impl Into<Bytes>) -> Self {
        Self::Whole(Full::new(bytes.into()))
    }
}

impl Body for AdminBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut *self {
            Self::Whole(body) => Pin::new(body).poll_frame(cx),
            Self::Stream(stream) => stream
                .poll_next(cx)
                .map(|piece| piece.map(|piece| Ok(Frame::data(piece.into())))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Stream(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Stream(_) => SizeHint::default(),
        }
    }
}
