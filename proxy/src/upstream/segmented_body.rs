//! The content of a request that goes to a provider.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use crate::cost::Lease;
use crate::error::BodyError;

/// The longest content that is kept until the provider responds, so that it can be sent again. A longer one is kept
/// until it was sent.
const KEPT: usize = 4 << 20;

/// A request's content in the pieces that it was cut into; none is copied.
#[derive(Clone, Debug, Default)]
pub(crate) struct SegmentedBody {
    pieces: VecDeque<Bytes>,
    /// The memory that the content holds until it was sent.
    _lease: Option<Arc<Lease>>,
    kept: Option<Kept>,
}

/// A content that can be sent again, as long as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Kept(Arc<Mutex<Option<SegmentedBody>>>);

impl Kept {
    /// Takes the content, where it is still kept.
    pub(crate) fn take(&self) -> Option<SegmentedBody> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.take()
    }
}

impl SegmentedBody {
    pub(crate) fn new(pieces: impl IntoIterator<Item = Bytes>) -> Self {
        let pieces = pieces.into_iter().filter(|piece| !piece.is_empty());
        Self {
            pieces: pieces.collect(),
            _lease: None,
            kept: None,
        }
    }

    /// Returns the number of bytes.
    pub(crate) fn length(&self) -> usize {
        self.pieces.iter().map(Bytes::len).sum()
    }

    /// Returns the content with the memory that it holds.
    pub(crate) fn holding(self, lease: Lease) -> Self {
        Self {
            _lease: Some(Arc::new(lease)),
            ..self
        }
    }

    /// Keeps the content, so that it can be sent again.
    pub(crate) fn keep(&mut self) -> Kept {
        let kept = Kept(Arc::new(Mutex::new(Some(self.clone()))));
        self.kept = (self.length() > KEPT).then(|| kept.clone());
        kept
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
        if self.pieces.is_empty() {
            // It was sent: nothing more than the pieces on their way holds its memory.
            drop(self.kept.take().and_then(|kept| kept.take()));
        }
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length() as u64)
    }
}
