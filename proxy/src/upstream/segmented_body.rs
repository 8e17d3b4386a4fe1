//! The content of a request that goes to a provider.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use crate::error::BodyError;

/// A request's content in the pieces that it was cut into; none is copied.
#[derive(Debug, Default)]
pub(crate) struct SegmentedBody(VecDeque<Bytes>);

impl SegmentedBody {
    pub(crate) fn new(pieces: impl IntoIterator<Item = Bytes>) -> Self {
        Self(
            pieces
                .into_iter()
                .filter(|piece| !piece.is_empty())
                .collect(),
        )
    }
}

impl Body for SegmentedBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        Poll::Ready(self.0.pop_front().map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.iter().map(|piece| piece.len() as u64).sum())
    }
}
