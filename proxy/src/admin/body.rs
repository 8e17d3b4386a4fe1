//! The body of a response on the admin port: whole, or a stream.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::body::{Body, Frame};

/// The pieces of a response as they come. The next one is polled when the last one was written, so that nothing
/// is kept for a slow reader. It is dropped when the reader goes.
pub trait TextStream: fmt::Debug + Send {
    /// Returns the next piece; `None` is the end.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<String>>;
}

/// The body of a response.
pub(super) type AdminBody = Either<Full<Bytes>, StreamBody>;

/// A body in the pieces of a stream.
#[derive(Debug)]
pub(super) struct StreamBody(pub(super) Box<dyn TextStream>);

impl Body for StreamBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.0.poll_next(cx);
        piece.map(|piece| piece.map(|text| Ok(Frame::data(text.into()))))
    }
}

/// Returns a whole body.
pub(super) fn whole(bytes: impl Into<Bytes>) -> AdminBody {
    Either::Left(Full::new(bytes.into()))
}
