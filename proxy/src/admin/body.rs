//! What is told on the admin port: whole, or in pieces as they come.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};

/// Pieces of an answer as they come. Asked for the next one when the last one has gone to the reader, so that
/// nothing has to be kept for a slow one; dropped when the reader goes.
pub trait Flow: fmt::Debug + Send {
    /// The next piece; `None` is the end.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<String>>;
}

/// The content of an answer.
#[derive(Debug)]
pub(super) enum Told {
    Whole(Full<Bytes>),
    Flow(Box<dyn Flow>),
}

impl Told {
    pub(super) fn whole(bytes: impl Into<Bytes>) -> Self {
        Self::Whole(Full::new(bytes.into()))
    }
}

impl Body for Told {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut *self {
            Self::Whole(body) => Pin::new(body).poll_frame(cx),
            Self::Flow(flow) => flow
                .poll(cx)
                .map(|piece| piece.map(|piece| Ok(Frame::data(piece.into())))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Flow(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Flow(_) => SizeHint::default(),
        }
    }
}
