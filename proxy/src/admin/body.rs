//! What is told on the admin port: whole, or in pieces as they come.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use super::page::Flow;

/// The content of an answer.
#[derive(Debug)]
pub(super) enum Told {
    Whole(Option<Bytes>),
    Flow(Box<dyn Flow>),
}

impl Told {
    pub(super) fn whole(bytes: impl Into<Bytes>) -> Self {
        Self::Whole(Some(bytes.into()))
    }
}

impl Body for Told {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let frame = |bytes: Bytes| Ok(Frame::data(bytes));
        match &mut *self {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(frame)),
            Self::Flow(flow) => flow
                .poll(cx)
                .map(|piece| piece.map(|piece| frame(piece.into()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Self::Flow(_) => SizeHint::default(),
        }
    }
}
