//! The content of a request that goes to a provider.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use crate::cost::Lease;
use crate::error::BodyError;

/// A request's content in the pieces that it was cut into; none is copied.
#[derive(Debug, Default)]
pub(crate) struct SegmentedBody {
    pieces: VecDeque<Bytes>,
    /// The memory that the content holds until it was sent.
    _lease: Option<Lease>,
}

impl SegmentedBody {
    pub(crate) fn new(pieces: impl IntoIterator<Item = Bytes>) -> Self {
        let pieces = pieces.into_iter().filter(|piece| !piece.is_empty());
        Self {
            pieces: pieces.collect(),
            _lease: None,
        }
    }

    /// Returns the number of bytes.
    pub(crate) fn length(&self) -> usize {
        self.pieces.iter().map(Bytes::len).sum()
    }

    /// Returns the content with the memory that it holds.
    pub(crate) fn holding(self, lease: Lease) -> Self {
        Self {
            _lease: Some(lease),
            ..self
        }
    }
}

impl Body for SegmentedBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let piece = self.pieces.pop_front();
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length() as u64)
    }
}
